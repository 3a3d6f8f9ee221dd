#include "tests/bench/load/latency.h"

#include <algorithm>

namespace order1688 {

LatencySummary Summarize(std::vector<int64_t> latencies_us) {
  if (latencies_us.empty()) return {};
  std::sort(latencies_us.begin(), latencies_us.end());
  const auto percentile = [&latencies_us](size_t percent) {
    return latencies_us[(latencies_us.size() * percent + 99) / 100 - 1];
  };
  return {percentile(50), percentile(90), percentile(99), latencies_us.back()};
}

}  // namespace order1688
