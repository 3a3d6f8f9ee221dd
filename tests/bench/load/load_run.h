// One run of the load generator.
#ifndef ORDER1688_TESTS_BENCH_LOAD_LOAD_RUN_H_
#define ORDER1688_TESTS_BENCH_LOAD_LOAD_RUN_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {

struct LoadPlan {
  std::string server;  // HOST:PORT, without TLS
  // Callers' tokens: the calls take them in turn. Empty: none is sent.
  std::vector<std::string> tokens;
  v1::PlaceOrdersRequest request;
  int channels = 4;  // connections
  // Closed loop: so many calls are always under way. 0: open loop.
  int in_flight = 0;
  // Open loop: so many calls are started each second, whatever became of those before.
  double calls_per_second = 0;
  std::chrono::duration<double> warmup{0};
  std::chrono::duration<double> measured{0};
};

struct LoadFigures {
  // Calls that ended well in the measured time.
  int64_t orders = 0;
  // Calls that ended well, whenever that was.
  int64_t all_orders = 0;
  // Of the calls that were due in the measured time, whenever they ended. From the instant when the
  // call was due: a call that had to wait for its turn counts with its wait.
  std::vector<int64_t> latencies_us;
  // Calls that ended with an error, warm-up included, and the first such error.
  int64_t failed = 0;
  std::string first_error;
};

// Connects, runs the load, and returns after the last call has ended. UNAVAILABLE if the server
// cannot be reached.
absl::StatusOr<LoadFigures> RunLoad(const LoadPlan& plan);

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_LOAD_LOAD_RUN_H_
