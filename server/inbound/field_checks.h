// Checks of fields that several methods of the API have. Each adds what it finds; texts never
// repeat a value.
#ifndef ORDER1688_SERVER_INBOUND_FIELD_CHECKS_H_
#define ORDER1688_SERVER_INBOUND_FIELD_CHECKS_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "common/error.h"
#include "google/protobuf/message.h"

namespace order1688 {

// `request_id` is required and well formed.
void CheckRequestId(absl::string_view request_id, std::vector<FieldViolation>* violations);

// `caller` is empty or the id of a caller.
void CheckCaller(absl::string_view caller, std::vector<FieldViolation>* violations);

// `reason` is 1 to 500 code points.
void CheckReason(absl::string_view reason, std::vector<FieldViolation>* violations);

// The request carries no field that this version does not know: it could mean something else.
void CheckUnknownFields(const google::protobuf::Message& request,
                        std::vector<FieldViolation>* violations);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_FIELD_CHECKS_H_
