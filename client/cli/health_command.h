// `order1688 health`: asks whether the service takes orders. It sends no order and no token.
#ifndef ORDER1688_CLIENT_CLI_HEALTH_COMMAND_H_
#define ORDER1688_CLIENT_CLI_HEALTH_COMMAND_H_

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// kPlaced (0) if it is SERVING, kNotSent if it answers anything else, kCannotConnect if there is no
// answer.
ExitCode RunHealth(const GlobalOptions& global, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_HEALTH_COMMAND_H_
