// `order1688 account NAME`: shows or changes a gateway account.
#ifndef ORDER1688_CLIENT_CLI_ACCOUNT_COMMAND_H_
#define ORDER1688_CLIENT_CLI_ACCOUNT_COMMAND_H_

#include "client/cli/cli_io.h"
#include "client/cli/cli_options.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// Shows the account, after the change if one is asked for. kPlaced (0) when it is done.
ExitCode RunAccount(const GlobalOptions& global, const AccountOptions& account, const CliIo& io);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_ACCOUNT_COMMAND_H_
