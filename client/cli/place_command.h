// `order1688 place FILE...`: places the orders of files, each at most once.
#ifndef ORDER1688_CLIENT_CLI_PLACE_COMMAND_H_
#define ORDER1688_CLIENT_CLI_PLACE_COMMAND_H_

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Reads and checks every file before the first is sent; one that is wrong stops all. Then sends
// them one after the other and returns the worst exit code. After a missing connection or a wrong
// token the files that are left are not sent.
ExitCode RunPlace(const GlobalOptions& global, const PlaceOptions& place, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_PLACE_COMMAND_H_
