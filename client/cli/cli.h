// The command line tool order1688.
#ifndef ORDER1688_CLIENT_CLI_CLI_H_
#define ORDER1688_CLIENT_CLI_CLI_H_

#include <string>
#include <vector>

#include "client/cli/cli_io.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Runs the tool: `arguments[0]` is how it was called. Wrong options are told on `io.err`.
ExitCode RunCli(const std::vector<std::string>& arguments, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_CLI_H_
