#include "client/cli/health_command.h"

#include <chrono>

#include "client/cli/command_output.h"
#include "client/cli/connection.h"
#include "client/cli/json_report.h"
#include "client/cli/text_width.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace order1688 {

ExitCode RunHealth(const GlobalOptions& global, const CliIo& io) {
  absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = MakeChannel(global, io);
  if (!channel.ok()) return ReportNotSent(channel.status(), global, io);
  if (absl::Status connected = Connect(*channel, global); !connected.ok()) {
    return ReportNotSent(connected, global, io);
  }
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(global.timeout_seconds));
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(*channel)->Check(&context, {}, &response);
  if (!status.ok()) {
    const absl::Status why(static_cast<absl::StatusCode>(status.error_code()),
                           status.error_message());
    io.err << "order1688: no health answer of " << global.server << ": "
           << SafeForTerminal(status.error_message()) << "\n";
    if (global.json) io.out << ErrorJson("", ExitCode::kCannotConnect, NotSent(why));
    return ExitCode::kCannotConnect;
  }
  using Response = grpc::health::v1::HealthCheckResponse;
  if (global.json) {
    io.out << MessageJson(response);
  } else {
    io.out << "server " << global.server << " · " << Response::ServingStatus_Name(response.status())
           << "\n";
  }
  return response.status() == Response::SERVING ? ExitCode::kPlaced : ExitCode::kNotSent;
}

}  // namespace order1688
