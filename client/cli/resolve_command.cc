#include "client/cli/resolve_command.h"

#include <string>

#include "absl/strings/ascii.h"
#include "client/cli/command_output.h"
#include "client/cli/connected_client.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"

namespace order1688 {
namespace {

v1::ResolvePlacementRequest RequestOf(const ResolveOptions& resolve) {
  v1::ResolvePlacementRequest request;
  request.set_caller(resolve.caller);
  request.set_request_id(resolve.request_id);
  request.set_verdict(resolve.not_placed ? v1::PLACEMENT_STATE_NOT_PLACED
                      : resolve.closed   ? v1::PLACEMENT_STATE_CLOSED
                                         : v1::PLACEMENT_STATE_PLACED);
  request.mutable_order_ids()->Assign(resolve.placed.begin(), resolve.placed.end());
  request.set_reason(resolve.reason);
  return request;
}

absl::string_view MeaningOf(v1::PlacementState verdict) {
  switch (verdict) {
    case v1::PLACEMENT_STATE_NOT_PLACED:
      return "NOT_PLACED: no order exists. The same request id will place the goods AGAIN.";
    case v1::PLACEMENT_STATE_CLOSED:
      return "CLOSED: it is never sent, whatever exists.";
    default:
      return "PLACED: these orders buy every line.";
  }
}

bool Confirms(const ResolveOptions& resolve, const CliIo& io) {
  io.err << "Type the request id to confirm: " << std::flush;
  std::string line;
  std::getline(io.in, line);
  return absl::StripAsciiWhitespace(line) == resolve.request_id;
}

}  // namespace

ExitCode RunResolve(const GlobalOptions& global, const ResolveOptions& resolve, const CliIo& io) {
  if (!resolve.yes && !io.in_is_terminal) {
    return ReportNotSent(
        absl::InvalidArgumentError("the standard input is no terminal to confirm at: give --yes"),
        global, io);
  }
  const absl::StatusOr<std::unique_ptr<OrderClient>> client = MakeConnectedClient(global, io);
  if (!client.ok()) return ReportNotSent(client.status(), global, io);
  v1::GetPlacementRequest get;
  get.set_request_id(resolve.request_id);
  get.set_caller(resolve.caller);
  const absl::StatusOr<v1::GetPlacementResponse> before = (*client)->GetPlacement(get);
  if (!before.ok()) return ReportFailedOperation(before.status(), resolve.request_id, global, io);

  v1::ResolvePlacementRequest request = RequestOf(resolve);
  // The verdict is about what is shown here.
  request.set_attempt(before->placement().attempt());
  io.err << Describe(OriginOf(global.server, before->placement()),
                     WantsColour(io, io.err_is_terminal))
         << "\n"
         << RenderPlacement(before->placement(), false) << "verdict "
         << MeaningOf(request.verdict()) << "\n";
  if (!resolve.yes && !Confirms(resolve, io)) {
    io.err << "Not confirmed: nothing was changed.\n";
    return ExitCode::kUsage;
  }
  const absl::StatusOr<v1::ResolvePlacementResponse> after = (*client)->ResolvePlacement(request);
  if (!after.ok()) return ReportFailedOperation(after.status(), resolve.request_id, global, io);
  io.out << (global.json ? MessageJson(*after) : RenderPlacement(after->placement(), false))
         << std::flush;
  return ExitCode::kPlaced;
}

}  // namespace order1688
