#include "client/cli/get_command.h"

#include "client/cli/command_output.h"
#include "client/cli/connected_client.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"
#include "client/cli/saved_ids.h"
#include "client/cli/shell_command.h"

namespace order1688 {

ExitCode ReportGetFailure(const absl::Status& status, const GlobalOptions& global,
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

void AdviseAfterGet(ExitCode code, const GlobalOptions& global, const std::string& request_id,
                    const CliIo& io) {
  if (code == ExitCode::kPlaced || code == ExitCode::kPartlyPlaced) {
    io.err << "Creating an order does not pay it: see its status.\n";
  } else if (code == ExitCode::kUnknown || code == ExitCode::kInProgress) {
    io.err << "Not settled: an order MAY exist. Never place these goods under another request id. "
              "Ask again later:\n  "
           << GetCommandLine(global, request_id) << "\n";
  }
}

void LearnFromGet(const v1::Placement& placement, const CliIo& io) {
  const SystemClock clock;
  std::optional<RequestIdStore> store = FindSavedIds(io, clock);
  if (!store.has_value() || !io.out.good()) return;
  // If this fails, the next `place` asks under the same id again: safe.
  store->Learn(placement.request_id(), LearntFrom(placement.state()), placement.environment())
      .IgnoreError();
}

ExitCode RunGet(const GlobalOptions& global, const GetOptions& get, const CliIo& io) {
  const absl::StatusOr<std::unique_ptr<OrderClient>> client = MakeConnectedClient(global, io);
  if (!client.ok()) return ReportNotSent(client.status(), global, io);
  v1::GetPlacementRequest request;
  request.set_request_id(get.request_id);
  request.set_caller(get.caller);
  request.set_include_raw_answer(get.raw);
  absl::StatusOr<v1::GetPlacementResponse> response = (*client)->GetPlacement(request);
  if (!response.ok()) return ReportGetFailure(response.status(), global, get.request_id, io);

  const v1::Placement& placement = response->placement();
  const ExitCode code = ExitCodeOf(placement.state());
  const AnswerOrigin origin = OriginOf(global.server, placement);
  const bool shows = !global.json && !get.raw;
  std::ostream& head = shows ? io.out : io.err;
  head << Describe(origin, WantsColour(io, shows ? io.out_is_terminal : io.err_is_terminal))
       << "\n";
  if (global.json) {
    io.out << MessageJson(*response);
  } else if (get.raw) {
    io.out << response->raw_answer();
  } else {
    io.out << RenderPlacement(placement, false);
  }
  io.out << std::flush;
  AdviseAfterGet(code, global, get.request_id, io);
  // Saved ids are this caller's own.
  if (get.caller.empty()) LearnFromGet(placement, io);
  return code;
}

}  // namespace order1688
