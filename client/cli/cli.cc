#include "client/cli/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/cli/account_command.h"
#include "client/cli/cli_options.h"
#include "client/cli/get_command.h"
#include "client/cli/health_command.h"
#include "client/cli/list_command.h"
#include "client/cli/operator_options.h"
#include "client/cli/place_command.h"
#include "client/cli/place_plan.h"
#include "client/cli/resolve_command.h"
#include "client/cli/watch_command.h"
#include "common/request_id.h"

namespace order1688 {
namespace {

constexpr char kDefaultServer[] = "127.0.0.1:50051";

constexpr char kExamples[] =
    "Examples:\n"
    "  export ORDER1688_TOKEN=...\n"
    "  order1688 --server orders.example:50051 --ca ca.pem place order.json\n"
    "  order1688 --plaintext place --validate-only order.json\n"
    "  order1688 --plaintext place order.json --request-id shop-7-2025-04-23\n"
    "  order1688 --plaintext place monday/*.json --request-id-prefix monday\n"
    "  order1688 --plaintext --json get shop-7-2025-04-23\n"
    "  order1688 --plaintext list --in-doubt\n"
    "  order1688 --plaintext resolve shop-7-2025-04-23 --placed 2540608320348880794 "
    "--reason 'seen on 1688'\n"
    "Creating an order does not pay it.\n"
    "With --json every command prints one JSON line: the response message or {\"error\": ...}; "
    "`place` with several files prints\n"
    "one line per file, `list` one per page, `watch` one per change. Data goes to the standard "
    "output, everything else to the standard "
    "error.\n\n";

constexpr char kPlaceNotes[] =
    "FILE is the documented REST body as it is, or a PlaceOrdersRequest as protobuf JSON; `-` is "
    "the standard input.\n"
    "Without a request id one is made, saved under $XDG_STATE_HOME/order1688 (or "
    "~/.local/state/order1688) and printed before\n"
    "anything is sent. The same content uses it again until its outcome is settled. After that, "
    "the same file is a NEW purchase.\n";

void AddGlobalOptions(CLI::App* app, GlobalOptions* global) {
  app->add_option("--server", global->server,
                  absl::StrCat("Address of the service, HOST:PORT (or ORDER1688_SERVER) [",
                               kDefaultServer, "]"));
  app->add_option("--token-file", global->token_file,
                  "File with the token (default: the variable ORDER1688_TOKEN)");
  app->add_option("--ca", global->ca_file,
                  "PEM file with the authorities to trust (default: the system's)");
  app->add_option("--cert", global->cert_file,
                  "PEM file with the client's certificate, for mutual TLS");
  app->add_option("--key", global->key_file, "PEM file with the client's key");
  app->add_flag("--plaintext", global->plaintext, "No TLS: for a service on this machine");
  app->add_option("--timeout", global->timeout_seconds,
                  "Seconds for one order with all its tries [60]")
      ->check(CLI::Range(1, 3600));
  app->add_flag("--json", global->json, "Print JSON");
}

CLI::App* AddPlace(CLI::App* app, PlaceOptions* place) {
  CLI::App* command =
      app->add_subcommand("place", "Place the orders of one or more files, each at most once");
  command->add_option("FILE", place->files, "What to order")->required();
  // An empty value is most often an unset variable of a script: making an id for it would buy again
  // at every run.
  command
      ->add_option("--request-id", place->request_id, "Your own id of this purchase; kept for ever")
      ->check([](const std::string& id) {
        return IsRequestId(id) ? "" : "--request-id must be 1 to 64 characters of [A-Za-z0-9._-]";
      });
  command
      ->add_option("--request-id-prefix", place->request_id_prefix,
                   "Several files: each gets PREFIX-<hash of its content>, so a file keeps its id")
      ->check([](const std::string& prefix) {
        return IsRequestIdPrefix(prefix)
                   ? ""
                   : "--request-id-prefix must be 1 to 51 characters of [A-Za-z0-9._-]";
      });
  command->add_option("--account", place->account, "Which of your gateway accounts to use");
  command->add_option("--reference", place->reference,
                      "Your own note; stored, not sent to the gateway");
  command->add_flag("--validate-only", place->validate_only,
                    "Check everything and print the body; send nothing");
  command->footer(kPlaceNotes);
  return command;
}

ExitCode OfParseError(const CLI::App& app, const CLI::ParseError& error, const CliIo& io) {
  // Help and version are "errors" of CLI11 with code 0.
  return app.exit(error, io.out, io.err) == 0 ? ExitCode::kPlaced : ExitCode::kUsage;
}

}  // namespace

ExitCode RunCli(const std::vector<std::string>& arguments, const CliIo& io) {
  GlobalOptions global;
  PlaceOptions place;
  GetOptions get;
  ListOptions list;
  std::string watched;
  ResolveOptions resolve;
  AccountOptions account;
  if (!arguments.empty()) global.program = arguments[0];

  CLI::App app("Places orders on 1688 through the order1688 service.", "order1688");
  app.set_version_flag("--version", "order1688 " ORDER1688_VERSION);
  app.footer(absl::StrCat(kExamples, ExitCodeTable()));
  app.require_subcommand(1);
  app.fallthrough();
  AddGlobalOptions(&app, &global);
  const CLI::App* place_command = AddPlace(&app, &place);
  const CLI::App* get_command = AddGet(&app, &get);
  const CLI::App* list_command = AddList(&app, &list);
  const CLI::App* watch_command = AddWatch(&app, &watched);
  const CLI::App* resolve_command = AddResolve(&app, &resolve);
  const CLI::App* account_command = AddAccount(&app, &account);
  app.add_subcommand("health", "Ask whether the service takes orders");

  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  if (!reversed.empty()) reversed.pop_back();
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return OfParseError(app, error, io);
  }
  if (global.server.empty()) global.server = io.environment("ORDER1688_SERVER");
  if (global.server.empty()) global.server = kDefaultServer;
  if (place_command->parsed()) return RunPlace(global, place, io);
  if (get_command->parsed()) return RunGet(global, get, io);
  if (list_command->parsed()) return RunList(global, list, io);
  if (watch_command->parsed()) return RunWatch(global, watched, io);
  if (resolve_command->parsed()) return RunResolve(global, resolve, io);
  if (account_command->parsed()) return RunAccount(global, account, io);
  return RunHealth(global, io);
}

}  // namespace order1688
