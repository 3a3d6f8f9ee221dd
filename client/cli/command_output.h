// What the commands print alike.
#ifndef ORDER1688_CLIENT_CLI_COMMAND_OUTPUT_H_
#define ORDER1688_CLIENT_CLI_COMMAND_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "client/call_failure.h"
#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// True if `io.out` may get colours.
bool WantsColour(const CliIo& io, bool to_terminal);

// A failure before the call, as the commands report it.
CallFailure NotSent(const absl::Status& why);

// The exit code of a failure before the call: kAuthentication, kCannotConnect or kUsage.
ExitCode ExitCodeOfNotSent(const absl::Status& why);

// Reports a failure before the call on `io.err`, and with --json also on `io.out`; returns its exit
// code.
ExitCode ReportNotSent(const absl::Status& why, const GlobalOptions& global, const CliIo& io);

// Reports a failed ListPlacements, ResolvePlacement or call about an account on `io.err`, and with
// --json also on `io.out`; returns its exit code. `subject` is a request id or the name of an
// account; empty if there is none.
ExitCode ReportFailedOperation(const absl::Status& status, const std::string& subject,
                               const GlobalOptions& global, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_COMMAND_OUTPUT_H_
