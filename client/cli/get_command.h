// `order1688 get ID`: shows one placement. It sends no order.
#ifndef ORDER1688_CLIENT_CLI_GET_COMMAND_H_
#define ORDER1688_CLIENT_CLI_GET_COMMAND_H_

#include <string>

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Reads the placement and prints it. The exit code tells its state. If the id is one that `place`
// saved, what was learnt is saved too.
ExitCode RunGet(const GlobalOptions& global, const std::string& request_id, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_GET_COMMAND_H_
