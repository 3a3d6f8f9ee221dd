#include "tests/bench/load/latency.h"

#include <numeric>
#include <vector>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

TEST(LatencyTest, PercentilesAreMeasuredValuesByNearestRank) {
  std::vector<int64_t> latencies(1000);
  std::iota(latencies.rbegin(), latencies.rend(), 1);
  const LatencySummary summary = Summarize(latencies);
  EXPECT_EQ(summary.p50_us, 500);
  EXPECT_EQ(summary.p90_us, 900);
  EXPECT_EQ(summary.p99_us, 990);
  EXPECT_EQ(summary.max_us, 1000);
}

TEST(LatencyTest, OfFewMeasurementsTheSlowestIsTheHighPercentile) {
  const LatencySummary summary = Summarize({30, 10, 20});
  EXPECT_EQ(summary.p50_us, 20);
  EXPECT_EQ(summary.p90_us, 30);
  EXPECT_EQ(summary.p99_us, 30);
  EXPECT_EQ(Summarize({7}).p50_us, 7);
}

TEST(LatencyTest, NoMeasurementsGiveZeros) { EXPECT_EQ(Summarize({}).max_us, 0); }

}  // namespace
}  // namespace order1688
