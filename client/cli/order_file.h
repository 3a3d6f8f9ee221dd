// Reads what to order from a file.
#ifndef ORDER1688_CLIENT_CLI_ORDER_FILE_H_
#define ORDER1688_CLIENT_CLI_ORDER_FILE_H_

#include <istream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {

// Largest order file.
inline constexpr size_t kLargestOrderFile = 1024 * 1024;

// What a file says: a whole request, or only its batch if the file is the REST body.
struct OrderFile {
  std::string name;  // as given; "-" is the standard input
  v1::PlaceOrdersRequest request;
};

// Reads the whole file, or `standard_input` for "-". INVALID_ARGUMENT, naming the file: it cannot
// be read, or is larger than kLargestOrderFile.
absl::StatusOr<std::string> ReadOrderText(const std::string& name, std::istream& standard_input);

// Understands text as the documented REST body, or as PlaceOrdersRequest in protobuf JSON if a
// top-level key is a field of it
// (`batch`, `requestId` ...). INVALID_ARGUMENT, naming the file, the place in it and the key: see
// CheckJson; also a value of the wrong type, an empty requestId, and a batch without cargo lines.
// Everything else is for the service to judge, which names every violation at once.
absl::StatusOr<OrderFile> ParseOrderFile(const std::string& name, absl::string_view text);

// SHA-256 of what the batch says, as 64 hex digits: the same for files that differ in spaces or in
// the order of keys.
std::string HashOf(const v1::OrderBatch& batch);

// SHA-256 of text, as 64 hex digits.
std::string Sha256Hex(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_ORDER_FILE_H_
