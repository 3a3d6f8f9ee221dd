// A message as the gateway's JSON text. Called by whoever sends a body to the gateway; the opposite
// of json_decoder.h.

#ifndef ORDER1688_COMMON_JSON_ENCODER_H_
#define ORDER1688_COMMON_JSON_ENCODER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/json_plan.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace order1688 {

// Writes `message`, whose type must be the one that `plan` was compiled from, as one JSON object
// without spaces.
//  - Keys come in the order in which the .proto declares the fields.
//  - Not written: an absent optional field or message, an empty repeated field, a plain scalar that
//  is 0, false or "".
//    There are no nulls. An optional field that is set to "" or 0 is written.
//  - Integers and amounts are bare numbers; a double is the shortest text that gives the same
//  double, without an
//    exponent (1, 0.125). Non-ASCII text is written as it is.
// INVALID_ARGUMENT, naming the JSON path but never the value: a string that is not UTF-8, a NaN or
// infinity, a Money or Timestamp that breaks its type's rules, or objects nested deeper than 32.
// Nothing is sent then; the caller's request is at fault. Thread-safe; keeps nothing.
absl::StatusOr<std::string> EncodeJson(const JsonPlan& plan,
                                       const google::protobuf::Message& message);

// The same of a message that protobuf has serialised: `wire` must be of the plan's type.
// INVALID_ARGUMENT too if it cannot be read.
absl::StatusOr<std::string> EncodeJson(const JsonPlan& plan, absl::string_view wire);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_ENCODER_H_
