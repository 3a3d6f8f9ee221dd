// slow_gateway: gives the sample answer to every request, --delay-ms later. Runs until it is
// killed.
#include <chrono>
#include <cstdio>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "tests/bench/gateway/slow_gateway.h"
#include "tests/bench/port_file.h"
#include "tests/bench/raise_file_limit.h"
#include "tests/bench/sample_order.h"

namespace order1688 {
namespace {

int Main(int argc, char** argv) {
  CLI::App app{"slow_gateway: gives the sample answer to every request after a fixed time."};
  std::string listen;
  int delay_ms = 100;
  std::string port_file;
  app.add_option("--listen", listen, "ADDRESS:PORT, IPv4; port 0: any free one")->required();
  app.add_option("--delay-ms", delay_ms, "from the request to its answer; default 100")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--port-file", port_file, "write the bound port there, as JSON")->required();
  CLI11_PARSE(app, argc, argv);

  RaiseFileLimit();
  SlowGateway gateway(SampleAnswerText(1), std::chrono::milliseconds(delay_ms));
  const absl::StatusOr<int> port = gateway.Listen(listen);
  if (!port.ok()) {
    std::fprintf(stderr, "slow_gateway: %s\n", port.status().ToString().c_str());
    return 1;
  }
  if (!WritePortFile(port_file, *port)) {
    std::fprintf(stderr, "slow_gateway: cannot write %s\n", port_file.c_str());
    return 1;
  }
  gateway.Run();
}

}  // namespace
}  // namespace order1688

int main(int argc, char** argv) { return order1688::Main(argc, argv); }
