// `order1688 list`: shows placements. It sends no order.
#ifndef ORDER1688_CLIENT_CLI_LIST_COMMAND_H_
#define ORDER1688_CLIENT_CLI_LIST_COMMAND_H_

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Reads every page, up to the limit, and prints one table; with --json one line per page, each a
// ListPlacementsResponse, as it comes. kPlaced (0) when all was read.
ExitCode RunList(const GlobalOptions& global, const ListOptions& list, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_LIST_COMMAND_H_
