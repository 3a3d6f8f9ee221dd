// Commands that a person can paste into a shell.
#ifndef ORDER1688_CLIENT_CLI_SHELL_COMMAND_H_
#define ORDER1688_CLIENT_CLI_SHELL_COMMAND_H_

#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/cli_options.h"

namespace order1688 {

// One word for a POSIX shell; text with control characters in the $'…' form of bash.
std::string ShellQuote(absl::string_view text);

// The command that asks again what became of a placement: the same file, account and reference
// under the same request id. Holds no token: that stays in ORDER1688_TOKEN or the token file.
std::string PlaceAgainCommand(const GlobalOptions& global, const PlaceOptions& place,
                              const std::string& file, const std::string& request_id);

// The command that reads the placement.
std::string GetCommandLine(const GlobalOptions& global, const std::string& request_id);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_SHELL_COMMAND_H_
