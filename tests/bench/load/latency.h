// How long the calls of a run took.
#ifndef ORDER1688_TESTS_BENCH_LOAD_LATENCY_H_
#define ORDER1688_TESTS_BENCH_LOAD_LATENCY_H_

#include <cstdint>
#include <vector>

namespace order1688 {

struct LatencySummary {
  int64_t p50_us = 0;
  int64_t p90_us = 0;
  int64_t p99_us = 0;
  int64_t max_us = 0;
};

// The percentiles of single measurements, by nearest rank; all 0 if there are none.
LatencySummary Summarize(std::vector<int64_t> latencies_us);

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_LOAD_LATENCY_H_
