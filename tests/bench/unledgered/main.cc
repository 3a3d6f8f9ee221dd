// order1688-server for the benchmark, without a ledger and without pacing: what all the rest costs.
// Never place a real order with it: it would send the same order as often as it is asked to.
#include <csignal>
#include <cstdio>
#include <limits>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "common/clock.h"
#include "server/config.h"
#include "server/process_limits.h"
#include "server/server_app.h"
#include "server/stderr_log.h"
#include "tests/bench/port_file.h"
#include "tests/bench/unledgered/no_ledger.h"

namespace order1688 {
namespace {

int Fail(absl::string_view why) {
  std::fprintf(stderr, "unledgered_server: %.*s\n", static_cast<int>(why.size()), why.data());
  return 1;
}

bool AreOnThisMachine(const Config& config) {
  for (const auto& [account, host] : config.gateway_hosts) {
    if (host != "127.0.0.1") return false;
  }
  return true;
}

// What the configuration would not take: no limit that the load could meet.
void StopPacing(config::v1::ServerConfig* config) {
  for (config::v1::Account& account : *config->mutable_accounts()) {
    account.set_orders_per_second(std::numeric_limits<int>::max());
  }
}

int Serve(const Config& config, const std::string& port_file) {
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  SetProcessLimits();
  const SystemClock clock;
  const Log log = MakeStderrLog(config.proto.log().level());
  absl::StatusOr<std::unique_ptr<ServerApp>> app =
      ServerApp::StartOver(std::make_unique<NoLedger>(), config, clock, log);
  if (!app.ok()) return Fail(app.status().message());
  if (!WritePortFile(port_file, (*app)->port())) return Fail("cannot write the port file");
  int signal = 0;
  sigwait(&stop_signals, &signal);
  (*app)->Stop();
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app{"unledgered_server: order1688-server without ledger and pacing, for the benchmark."};
  std::string config_file;
  std::string port_file;
  app.add_option("--config", config_file, "configuration; its ledger is not used")->required();
  app.add_option("--port-file", port_file, "write the bound port there, as JSON")->required();
  CLI11_PARSE(app, argc, argv);
  absl::StatusOr<Config> config = LoadConfig(config_file);
  if (!config.ok()) return Fail(config.status().message());
  if (!AreOnThisMachine(*config)) return Fail("its gateways must be on 127.0.0.1");
  StopPacing(&config->proto);
  return Serve(*config, port_file);
}

}  // namespace
}  // namespace order1688

int main(int argc, char** argv) { return order1688::Main(argc, argv); }
