// order1688-load: calls PlaceOrders in a closed loop (so many calls are always under way) or in an
// open one (so many are started each second), and prints how many orders a second there were and
// how long they took. Every call has a request_id of its own. Exit code 1 if any call failed: such
// a run measured nothing.
#include <cstdio>
#include <fstream>
#include <string>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_format.h"
#include "tests/bench/load/latency.h"
#include "tests/bench/load/load_run.h"
#include "tests/bench/load/numbered_request.h"

namespace order1688 {
namespace {

struct Options {
  std::string token_file;
  std::string request_file;
  std::string mode;
  double seconds = 10;
  double warmup = 2;
  bool json = false;
  LoadPlan plan;
};

void Print(const Options& options, const LoadFigures& figures) {
  const LatencySummary latency = Summarize(figures.latencies_us);
  const double rate = static_cast<double>(figures.orders) / options.seconds;
  if (options.json) {
    absl::PrintF(
        "{\"orders\":%d,\"all_orders\":%d,\"seconds\":%g,\"orders_per_second\":%.1f,\"p50_us\":%d,"
        "\"p90_us\":%d,"
        "\"p99_us\":%d,\"max_us\":%d,\"failed\":%d}\n",
        figures.orders, figures.all_orders, options.seconds, rate, latency.p50_us, latency.p90_us,
        latency.p99_us, latency.max_us, figures.failed);
  } else {
    absl::PrintF(
        "%d orders in %g s: %.1f a second; p50 %d us, p90 %d us, p99 %d us, max %d us; %d failed\n",
        figures.orders, options.seconds, rate, latency.p50_us, latency.p90_us, latency.p99_us,
        latency.max_us, figures.failed);
  }
}

int Run(Options& options) {
  absl::StatusOr<v1::PlaceOrdersRequest> request = ReadRequest(options.request_file);
  if (!request.ok()) {
    std::fprintf(stderr, "order1688-load: %s\n", request.status().ToString().c_str());
    return 2;
  }
  options.plan.request = *std::move(request);
  if (!options.token_file.empty()) {
    std::ifstream file(options.token_file);
    for (std::string token; file >> token;) options.plan.tokens.push_back(token);
  }
  options.plan.warmup = std::chrono::duration<double>(options.warmup);
  options.plan.measured = std::chrono::duration<double>(options.seconds);
  if (options.mode == "open") options.plan.in_flight = 0;
  const absl::StatusOr<LoadFigures> figures = RunLoad(options.plan);
  if (!figures.ok()) {
    std::fprintf(stderr, "order1688-load: %s\n", figures.status().ToString().c_str());
    return 2;
  }
  Print(options, *figures);
  if (figures->failed == 0) return 0;
  std::fprintf(stderr, "order1688-load: the first failure: %s\n", figures->first_error.c_str());
  return 1;
}

int Main(int argc, char** argv) {
  CLI::App app{"order1688-load: how many orders a second, and how long each took."};
  Options options;
  options.plan.in_flight = 1;
  app.add_option("--server", options.plan.server, "HOST:PORT, without TLS")->required();
  app.add_option("--token", options.plan.tokens, "the caller's token");
  app.add_option(
         "--token-file", options.token_file,
         "read the tokens of one or more callers from there, one a line; calls take them in turn")
      ->excludes("--token");
  app.add_option("--request", options.request_file,
                 "a PlaceOrdersRequest: protobuf JSON if the name ends in .json, else binary; its "
                 "request_id is replaced")
      ->required();
  app.add_option("--mode", options.mode, "closed or open")
      ->required()
      ->check(CLI::IsMember({"closed", "open"}));
  app.add_option("--in-flight", options.plan.in_flight, "closed loop: calls under way; default 1")
      ->check(CLI::PositiveNumber);
  app.add_option("--rate", options.plan.calls_per_second, "open loop: calls started each second")
      ->check(CLI::PositiveNumber);
  app.add_option("--channels", options.plan.channels, "connections; default 4")
      ->check(CLI::PositiveNumber);
  app.add_option("--seconds", options.seconds, "measured time; default 10")
      ->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup, "time before it that does not count; default 2")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--json", options.json, "print one JSON object");
  CLI11_PARSE(app, argc, argv);
  if (options.mode == "open" && options.plan.calls_per_second == 0) {
    std::fprintf(stderr, "order1688-load: --mode open needs --rate\n");
    return 2;
  }
  return Run(options);
}

}  // namespace
}  // namespace order1688

int main(int argc, char** argv) { return order1688::Main(argc, argv); }
