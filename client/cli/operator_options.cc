#include "client/cli/operator_options.h"

#include <CLI/CLI.hpp>

namespace order1688 {

CLI::App* AddGet(CLI::App* app, GetOptions* get) {
  CLI::App* command =
      app->add_subcommand("get", "Show what became of a placement; sends nothing to the gateway");
  command->add_option("ID", get->request_id, "The request id that it was placed with")->required();
  command->add_option("--caller", get->caller,
                      "Whose placement it is, if not yours (permission RESOLVE)");
  command->add_flag("--raw", get->raw,
                    "Print the gateway's answer as it came (permission READ_RAW; personal data)");
  return command;
}

CLI::App* AddList(CLI::App* app, ListOptions* list) {
  CLI::App* command = app->add_subcommand("list", "Show placements, oldest change first");
  command->add_flag("--in-doubt", list->in_doubt, "Only those whose outcome is in doubt");
  command->add_option("--state", list->states, "Only those in this state, e.g. PLACED; repeatable")
      ->expected(1)
      ->take_all();
  command->add_option("--since", list->since,
                      "Only what changed later: 2026-01-02T03:04:05Z, or how long ago: 36h");
  command->add_option("--caller", list->caller,
                      "Whose, if not yours; - for all (permission RESOLVE)");
  command->add_option("--limit", list->limit, "At most so many")->check(CLI::PositiveNumber);
  command->footer("With --json: one line per page, each a ListPlacementsResponse.\n");
  return command;
}

CLI::App* AddWatch(CLI::App* app, std::string* request_id) {
  CLI::App* command =
      app->add_subcommand("watch", "Follow a placement until it is settled; Ctrl-C ends it");
  command->add_option("ID", *request_id, "The request id that it was placed with")->required();
  return command;
}

CLI::App* AddResolve(CLI::App* app, ResolveOptions* resolve) {
  CLI::App* command = app->add_subcommand(
      "resolve", "Record your verdict on a placement in doubt (permissions READ and RESOLVE)");
  command->add_option("ID", resolve->request_id, "The request id that it was placed with")
      ->required();
  CLI::Option_group* verdict = command->add_option_group("verdict", "Exactly one of");
  verdict->add_option("--placed", resolve->placed,
                      "The ids of the orders that buy every line, as 1688 shows them");
  verdict->add_flag("--not-placed", resolve->not_placed,
                    "No order exists: the same request id will place the goods again");
  verdict->add_flag("--closed", resolve->closed, "It must never be sent");
  verdict->require_option(1);
  command->add_option("--reason", resolve->reason, "Why you are sure; kept for ever")->required();
  command->add_option("--caller", resolve->caller, "Whose placement it is, if not yours");
  command->add_flag("--yes", resolve->yes, "Do not ask for confirmation");
  command->footer("Look the orders up on 1688 first.\n");
  return command;
}

CLI::App* AddAccount(CLI::App* app, AccountOptions* account) {
  CLI::App* command =
      app->add_subcommand("account", "Show or change a gateway account (permission RESOLVE)");
  command->add_option("NAME", account->name, "The configured name")->required();
  CLI::Option_group* change = command->add_option_group("change", "At most one of");
  change->add_flag("--pause", account->pause, "Take no new placements");
  change->add_flag("--resume", account->resume, "Take new placements again");
  change->add_option("--refusal-code", account->refusal_code,
                     "This gateway code means for certain that no order was made; for ever");
  change->require_option(0, 1);
  command->add_option("--reason", account->reason, "Why; kept for ever");
  return command;
}

}  // namespace order1688
