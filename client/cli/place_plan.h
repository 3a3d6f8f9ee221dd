// What `place` is going to send, before anything is sent.
#ifndef ORDER1688_CLIENT_CLI_PLACE_PLAN_H_
#define ORDER1688_CLIENT_CLI_PLACE_PLAN_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/cli_options.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {

// One file of `place`, checked, with the options put into its request.
struct PlannedOrder {
  std::string file;
  // request_id is empty if one has to be made and saved (a single file without one).
  v1::PlaceOrdersRequest request;
  std::string batch_hash;
};

// Reads all files. With several files each gets `<prefix>-<first 12 hex digits of its content's
// hash>`, so that a file keeps its id wherever it stands in the list. INVALID_ARGUMENT with one
// line per problem, of all files together:
// - a file is wrong (see ParseOrderFile), or says something else than an option;
// - several files and no --request-id-prefix where a file has no requestId; --request-id for
// several files;
// - two files with the same content, or with the same request id: they would be one purchase.
absl::StatusOr<std::vector<PlannedOrder>> PlanOrders(const PlaceOptions& options,
                                                     std::istream& standard_input);

// True if a request id can begin with `prefix` and end with the dash and the hash.
bool IsRequestIdPrefix(absl::string_view prefix);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_PLACE_PLAN_H_
