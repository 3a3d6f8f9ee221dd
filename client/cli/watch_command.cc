#include "client/cli/watch_command.h"

#include "client/cli/command_output.h"
#include "client/cli/connected_client.h"
#include "client/cli/get_command.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"

namespace order1688 {

ExitCode RunWatch(const GlobalOptions& global, const std::string& request_id, const CliIo& io) {
  const absl::StatusOr<std::unique_ptr<OrderClient>> client = MakeConnectedClient(global, io);
  if (!client.ok()) return ReportNotSent(client.status(), global, io);
  bool first = true;
  const absl::StatusOr<v1::Placement> last =
      (*client)->WatchPlacement(request_id, [&](const v1::Placement& placement) {
        std::ostream& head = global.json ? io.err : io.out;
        const bool to_terminal = global.json ? io.err_is_terminal : io.out_is_terminal;
        if (first) {
          head << Describe(OriginOf(global.server, placement), WantsColour(io, to_terminal))
               << "\n";
        }
        first = false;
        if (global.json) {
          v1::WatchPlacementResponse line;
          *line.mutable_placement() = placement;
          io.out << MessageJson(line);
        } else {
          io.out << RenderPlacement(placement, false);
        }
        io.out << std::flush;
      });
  if (!last.ok()) return ReportGetFailure(last.status(), global, request_id, io);
  const ExitCode code = ExitCodeOf(last->state());
  AdviseAfterGet(code, global, request_id, io);
  LearnFromGet(*last, io);
  return code;
}

}  // namespace order1688
