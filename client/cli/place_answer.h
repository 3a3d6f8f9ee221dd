// What became of one file of `place`.
#ifndef ORDER1688_CLIENT_CLI_PLACE_ANSWER_H_
#define ORDER1688_CLIENT_CLI_PLACE_ANSWER_H_

#include <optional>
#include <string>

#include "client/call_failure.h"
#include "client/cli/exit_code.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {

// Exactly one of `response` and `failure` is set.
struct PlaceAnswer {
  std::string file;
  std::string request_id;  // empty if none was chosen before the failure
  ExitCode code = ExitCode::kUnknown;
  std::optional<v1::PlaceOrdersResponse> response;
  std::optional<CallFailure> failure;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_PLACE_ANSWER_H_
