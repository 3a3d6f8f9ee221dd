// Brings a request into its one normal form, so that an absent and an empty field mean the same
// everywhere after it.
#ifndef ORDER1688_SERVER_INBOUND_REQUEST_NORMALIZER_H_
#define ORDER1688_SERVER_INBOUND_REQUEST_NORMALIZER_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {

// A request in its normal form.
struct NormalForm {
  std::string wire;                         // serialised
  std::vector<std::string> unknown_fields;  // as UnknownFieldPaths; `wire` holds them too
};

// Brings `request` into its normal form.
NormalForm Normalize(v1::PlaceOrdersRequest* request);

// The serialised batch inside NormalForm::wire; empty if there is none or it is empty. A view into
// `wire`.
absl::string_view BatchOf(absl::string_view wire);

// Clears every optional text field that is set but empty, at any depth.
void ClearEmptyOptionals(google::protobuf::Message* message);

// Where the message, at any depth, carries fields that this version does not know, such as
// `batch.cargo_lines[2].999` (their numbers are all that is known of them), each once. Dropping
// them silently could buy something else than the caller meant.
std::vector<std::string> UnknownFieldPaths(const google::protobuf::Message& message);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_REQUEST_NORMALIZER_H_
