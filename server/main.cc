// order1688-server: the program. See --help.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "common/clock.h"
#include "common/log.h"
#include "server/config.h"
#include "server/explain.h"
#include "server/ops/grpc_log.h"
#include "server/probe.h"
#include "server/process_limits.h"
#include "server/server_app.h"
#include "server/stderr_log.h"

namespace order1688 {
namespace {

struct Options {
  std::string config_file;
  std::string port_file;
  std::string explain_file;
  std::string account;
  std::string probe_account;
  bool check_config = false;
};

// Written whole or not at all, so that a script that waits for it never reads half.
bool WritePortFile(const std::string& path, const ServerApp& app) {
  const std::string unfinished = path + ".tmp";
  std::ofstream file(unfinished);
  file << "{\"port\":" << app.port() << ",\"ops_port\":" << app.ops_port() << "}\n";
  file.close();
  return file.good() && std::rename(unfinished.c_str(), path.c_str()) == 0;
}

int Serve(const Options& options, const Config& config) {
  // Before any thread starts, so that every thread leaves these signals to sigwait below.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  SetProcessLimits();

  const SystemClock clock;
  const Log log = MakeStderrLog(config.proto.log().level());
  SendGrpcMessagesTo(log);
  absl::StatusOr<std::unique_ptr<ServerApp>> app = ServerApp::Start(config, clock, log);
  if (!app.ok()) {
    std::cerr << "order1688-server: not started, nothing was sent: " << app.status().message()
              << "\n";
    return 1;
  }
  if (!options.port_file.empty() && !WritePortFile(options.port_file, **app)) {
    std::cerr << "order1688-server: cannot write " << options.port_file << "\n";
    return 1;
  }
  int signal = 0;
  sigwait(&stop_signals, &signal);
  log.Info("stopping", {{"signal", signal}});
  (*app)->Stop();
  log.Info("stopped");
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app{
      "order1688-server: places orders on 1688 for callers of its gRPC API, each at most once."};
  Options options;
  app.add_option(
         "--config", options.config_file,
         "configuration, protobuf text format (protos/order1688/config/v1/server_config.proto)")
      ->required();
  app.add_flag("--check-config", options.check_config,
               "check the configuration, print what is in force without secrets, and end");
  app.add_option("--port-file", options.port_file,
                 "write the bound ports there, as JSON, when ready");
  app.add_option("--explain", options.explain_file,
                 "print the body and the text to sign (without the secret) for the request in "
                 "FILE, and end; sends nothing");
  app.add_option("--account", options.account, "account for --explain; default: the first");
  app.add_option("--probe", options.probe_account,
                 "send one read of the order list of this account per form of the signature, print "
                 "which are accepted and the clock's skew, and end; orders nothing");
  app.set_version_flag("--version", std::string("order1688-server ") + ORDER1688_VERSION);
  CLI11_PARSE(app, argc, argv);

  // CurlTransport asks for it, for --probe too.
  std::signal(SIGPIPE, SIG_IGN);
  // Set by systemd for a unit with LoadCredential=.
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  absl::StatusOr<Config> config =
      LoadConfig(options.config_file, credentials == nullptr ? "" : credentials);
  if (!config.ok()) {
    std::cerr << "order1688-server: the configuration is wrong; nothing was started\n"
              << config.status().message() << "\n";
    return 1;
  }
  if (options.check_config) {
    std::cout << DescribeConfig(*config);
    return 0;
  }
  if (!options.explain_file.empty())
    return Explain(*config, options.account, options.explain_file, std::cout, std::cerr);
  if (!options.probe_account.empty())
    return Probe(*config, options.probe_account, std::cout, std::cerr);
  return Serve(options, *config);
}

}  // namespace
}  // namespace order1688

int main(int argc, char** argv) { return order1688::Main(argc, argv); }
