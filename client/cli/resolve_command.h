// `order1688 resolve ID`: records a person's verdict on a placement in doubt.
#ifndef ORDER1688_CLIENT_CLI_RESOLVE_COMMAND_H_
#define ORDER1688_CLIENT_CLI_RESOLVE_COMMAND_H_

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Shows the placement, asks for confirmation unless --yes, and records the verdict on the attempt
// that was shown. kPlaced (0) when it is recorded; kUsage if it was not confirmed: then nothing was
// changed.
ExitCode RunResolve(const GlobalOptions& global, const ResolveOptions& resolve, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_RESOLVE_COMMAND_H_
