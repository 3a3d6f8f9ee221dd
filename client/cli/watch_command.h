// `order1688 watch ID`: follows one placement until it is settled. It sends no order.
#ifndef ORDER1688_CLIENT_CLI_WATCH_COMMAND_H_
#define ORDER1688_CLIENT_CLI_WATCH_COMMAND_H_

#include <string>

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Prints the placement and each change of it; with --json one line each, a WatchPlacementResponse.
// The exit code tells the last state. What was learnt is saved, as by `get`.
ExitCode RunWatch(const GlobalOptions& global, const std::string& request_id, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_WATCH_COMMAND_H_
