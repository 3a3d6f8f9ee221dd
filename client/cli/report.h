// Answers of the service as text for people. Everything from outside is made safe for a terminal.
#ifndef ORDER1688_CLIENT_CLI_REPORT_H_
#define ORDER1688_CLIENT_CLI_REPORT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/call_failure.h"
#include "client/cli/exit_code.h"
#include "client/cli/place_answer.h"
#include "order1688/v1/account_service.pb.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// Where an answer came from; empty parts are not known.
struct AnswerOrigin {
  std::string server;
  std::string account;
  std::string gateway_host;
  std::string environment;  // SANDBOX or REAL
};
AnswerOrigin OriginOf(absl::string_view server, const v1::Placement& placement);
AnswerOrigin OriginOf(absl::string_view server, const CallFailure& failure);

// One line, e.g. "server 127.0.0.1:50051 · account main · gateway localhost · SANDBOX"; what is not
// known is said so. With `colour`, REAL and SANDBOX stand out.
std::string Describe(const AnswerOrigin& origin, bool colour);

// An exact amount, e.g. "23.00 CNY" or "-0.125 CNY": at least two decimals, never rounded.
std::string FormatMoney(const v1::Money& money);

// State of a placement, who settled it, its candidates, and a table of its orders.
std::string RenderPlacement(const v1::Placement& placement, bool replayed);

// One row for each placement, without their orders.
std::string RenderList(const std::vector<v1::Placement>& placements);

// A gateway account, in one line, and its refusal codes.
std::string RenderAccount(const v1::Account& account);

// One table over the answers of several files.
std::string RenderAnswers(const std::vector<PlaceAnswer>& answers);

// Why a call failed: one line, then one for each violation.
std::string RenderFailure(absl::string_view subject, ExitCode code, const CallFailure& failure);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_REPORT_H_
