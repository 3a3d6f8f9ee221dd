#include "client/cli/account_command.h"

#include <utility>

#include "client/cli/command_output.h"
#include "client/cli/connected_client.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"

namespace order1688 {
namespace {

template <typename Response>
absl::StatusOr<v1::Account> AccountOf(absl::StatusOr<Response> response) {
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_account());
}

template <typename Request>
Request RequestOf(const AccountOptions& account) {
  Request request;
  request.set_name(account.name);
  request.set_reason(account.reason);
  return request;
}

absl::StatusOr<v1::Account> Ask(const OrderClient& client, const AccountOptions& account) {
  if (account.pause) {
    return AccountOf(client.PauseAccount(RequestOf<v1::PauseAccountRequest>(account)));
  }
  if (account.resume) {
    return AccountOf(client.ResumeAccount(RequestOf<v1::ResumeAccountRequest>(account)));
  }
  if (!account.refusal_code.empty()) {
    auto request = RequestOf<v1::DeclareRefusalCodeRequest>(account);
    request.set_code(account.refusal_code);
    return AccountOf(client.DeclareRefusalCode(request));
  }
  v1::GetAccountRequest request;
  request.set_name(account.name);
  return AccountOf(client.GetAccount(request));
}

}  // namespace

ExitCode RunAccount(const GlobalOptions& global, const AccountOptions& account, const CliIo& io) {
  const bool changes = account.pause || account.resume || !account.refusal_code.empty();
  if (changes == account.reason.empty()) {
    return ReportNotSent(
        absl::InvalidArgumentError(changes ? "a change needs --reason"
                                           : "--reason needs --pause, --resume or --refusal-code"),
        global, io);
  }
  const absl::StatusOr<std::unique_ptr<OrderClient>> client = MakeConnectedClient(global, io);
  if (!client.ok()) return ReportNotSent(client.status(), global, io);
  absl::StatusOr<v1::Account> shown = Ask(**client, account);
  if (!shown.ok()) return ReportFailedOperation(shown.status(), account.name, global, io);
  if (global.json) {
    v1::GetAccountResponse response;
    *response.mutable_account() = *std::move(shown);
    io.out << MessageJson(response) << std::flush;
  } else {
    io.out << RenderAccount(*shown) << std::flush;
  }
  return ExitCode::kPlaced;
}

}  // namespace order1688
