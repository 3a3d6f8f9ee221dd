// The options of the commands that read and settle what is there: get, list, watch, resolve,
// account.
#ifndef ORDER1688_CLIENT_CLI_OPERATOR_OPTIONS_H_
#define ORDER1688_CLIENT_CLI_OPERATOR_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "client/cli/cli_options.h"

namespace order1688 {

// Each adds its command to `app`; what is given lands in the second argument, which must outlive
// the parsing.
CLI::App* AddGet(CLI::App* app, GetOptions* get);
CLI::App* AddList(CLI::App* app, ListOptions* list);
CLI::App* AddWatch(CLI::App* app, std::string* request_id);
CLI::App* AddResolve(CLI::App* app, ResolveOptions* resolve);
CLI::App* AddAccount(CLI::App* app, AccountOptions* account);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_OPERATOR_OPTIONS_H_
