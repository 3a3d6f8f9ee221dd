#include "client/cli/get_command.h"

#include "client/cli/command_output.h"
#include "client/cli/connection.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"
#include "client/cli/saved_ids.h"
#include "client/cli/shell_command.h"
#include "client/order_client.h"

namespace order1688 {
namespace {

ExitCode ReportFailure(const absl::Status& status, const GlobalOptions& global,
                       const std::string& request_id, const CliIo& io) {
  const CallFailure failure = FailureOf(status);
  const ExitCode code = ExitCodeOfGet(failure);
  io.err << RenderFailure(request_id, code, failure);
  io.err << Describe(OriginOf(global.server, failure), WantsColour(io, io.err_is_terminal)) << "\n";
  if (code == ExitCode::kNotSent) {
    io.err << "This server has no placement of this caller under that request id.\n";
  }
  if (code == ExitCode::kUnknown) {
    io.err << "This tells nothing about the placement. Ask again:\n  "
           << GetCommandLine(global, request_id) << "\n";
  }
  if (global.json) io.out << ErrorJson(request_id, code, failure);
  return code;
}

void Advise(ExitCode code, const GlobalOptions& global, const std::string& request_id,
            const CliIo& io) {
  if (code == ExitCode::kPlaced || code == ExitCode::kPartlyPlaced) {
    io.err << "Creating an order does not pay it: see its status.\n";
  } else if (code == ExitCode::kUnknown || code == ExitCode::kInProgress) {
    io.err << "Not settled: an order MAY exist. Never place these goods under another request id. "
              "Ask again later:\n  "
           << GetCommandLine(global, request_id) << "\n";
  }
}

}  // namespace

ExitCode RunGet(const GlobalOptions& global, const std::string& request_id, const CliIo& io) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = MakeChannel(global, io);
  if (!channel.ok()) return ReportNotSent(channel.status(), global, io);
  absl::StatusOr<std::string> token = ReadToken(global, io);
  if (!token.ok()) return ReportNotSent(token.status(), global, io);
  if (absl::Status connected = Connect(*channel, global); !connected.ok()) {
    return ReportNotSent(connected, global, io);
  }
  OrderClientOptions options;
  options.token = *token;
  options.timeout = absl::Seconds(global.timeout_seconds);
  options.sleep = io.sleep;
  const OrderClient client(*channel, options);
  absl::StatusOr<v1::GetPlacementResponse> response = client.GetPlacement(request_id);
  if (!response.ok()) return ReportFailure(response.status(), global, request_id, io);

  const v1::Placement& placement = response->placement();
  const ExitCode code = ExitCodeOf(placement.state());
  const AnswerOrigin origin = OriginOf(global.server, placement);
  if (global.json) {
    io.out << MessageJson(*response);
    io.err << Describe(origin, WantsColour(io, io.err_is_terminal)) << "\n";
  } else {
    io.out << Describe(origin, WantsColour(io, io.out_is_terminal)) << "\n"
           << RenderPlacement(placement, false);
  }
  io.out << std::flush;
  Advise(code, global, request_id, io);
  const SystemClock clock;
  if (std::optional<RequestIdStore> store = FindSavedIds(io, clock);
      store.has_value() && io.out.good()) {
    // If this fails, the next `place` asks under the same id again: safe.
    store->Learn(request_id, LearntFrom(placement.state()), placement.environment()).IgnoreError();
  }
  return code;
}

}  // namespace order1688
