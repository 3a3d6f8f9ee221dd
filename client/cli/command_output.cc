#include "client/cli/command_output.h"

#include "client/cli/json_report.h"
#include "client/cli/report.h"

namespace order1688 {

bool WantsColour(const CliIo& io, bool to_terminal) {
  return to_terminal && io.environment("NO_COLOR").empty() && io.environment("TERM") != "dumb";
}

CallFailure NotSent(const absl::Status& why) {
  CallFailure failure;
  failure.code = static_cast<grpc::StatusCode>(why.raw_code());
  failure.message = std::string(why.message());
  return failure;
}

ExitCode ExitCodeOfNotSent(const absl::Status& why) {
  if (absl::IsUnauthenticated(why)) return ExitCode::kAuthentication;
  if (absl::IsUnavailable(why)) return ExitCode::kCannotConnect;
  return ExitCode::kUsage;
}

ExitCode ReportFailedOperation(const absl::Status& status, const std::string& subject,
                               const GlobalOptions& global, const CliIo& io) {
  const CallFailure failure = FailureOf(status);
  const ExitCode code = ExitCodeOfOperation(failure);
  io.err << RenderFailure(subject, code, failure);
  if (global.json) io.out << ErrorJson(subject, code, failure);
  return code;
}

ExitCode ReportNotSent(const absl::Status& why, const GlobalOptions& global, const CliIo& io) {
  const ExitCode code = ExitCodeOfNotSent(why);
  io.err << RenderFailure("", code, NotSent(why)) << "Nothing was sent.\n";
  if (code == ExitCode::kCannotConnect && !global.plaintext) {
    io.err << "If the service has no TLS: --plaintext.\n";
  }
  if (global.json) io.out << ErrorJson("", code, NotSent(why));
  return code;
}

}  // namespace order1688
