// Answers of the service as JSON for scripts (--json), each one line ended by a newline.
#ifndef ORDER1688_CLIENT_CLI_JSON_REPORT_H_
#define ORDER1688_CLIENT_CLI_JSON_REPORT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/call_failure.h"
#include "client/cli/exit_code.h"
#include "client/cli/place_answer.h"
#include "google/protobuf/message.h"

namespace order1688 {

// The message as protobuf JSON.
std::string MessageJson(const google::protobuf::Message& message);

// {"error": {"code", "reason", "message", "requestId", "outcomeKnown", "orderMayExist", "next",
// "replayed", "metadata", "violations", "totalViolations", "exitCode"}}. `code` is the gRPC name.
// `reason` and `next` are empty where the service said nothing. Unlike ErrorInfo's, this
// `orderMayExist` speaks of every call under the request id that this process knows of.
std::string ErrorJson(absl::string_view request_id, ExitCode code, const CallFailure& failure);

// One of several files: {"file", "requestId", "exitCode", "response" or "error"}.
std::string AnswerJson(const PlaceAnswer& answer);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_JSON_REPORT_H_
