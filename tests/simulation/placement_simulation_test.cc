#include "tests/simulation/placement_simulation.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

constexpr int kShards = 4;
constexpr int kSeeds = 10000;
constexpr int kSeedsThatMeetAll = 2000;

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

int SeedAlone() { return NumberFromEnvironment("ORDER1688_SIMULATION_SEED", -1); }

bool RunSeed(int seed, SimulationParts& parts, SimulationCounts& counts) {
  const bool alone = SeedAlone() >= 0;
  PlacementSimulation simulation(static_cast<unsigned>(seed), parts, counts, alone);
  const std::vector<std::string> broken = simulation.Run();
  for (const std::string& line : simulation.history()) std::printf("%s\n", line.c_str());
  for (const std::string& promise : broken) {
    ADD_FAILURE() << "seed " << seed << ": " << promise << " (ORDER1688_SIMULATION_SEED=" << seed
                  << " prints its history)";
  }
  return broken.empty();
}

// Each shard runs its part of the seeds, and must meet everything by itself.
class PlacementSimulationTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Shards, PlacementSimulationTest, testing::Range(0, kShards));

TEST_P(PlacementSimulationTest, NoInterleavingPlacesAnOrderTwiceOrLosesOne) {
  SimulationParts parts;
  SimulationCounts counts;
  if (SeedAlone() >= 0) {
    if (SeedAlone() % kShards != GetParam()) GTEST_SKIP() << "the seed is one of another shard";
    RunSeed(SeedAlone(), parts, counts);
    return;
  }
  const int seeds = NumberFromEnvironment("ORDER1688_SIMULATION_SEEDS", kSeeds) / kShards;
  int failed = 0;
  for (int i = 0; i < seeds && failed < 5; ++i)
    failed += RunSeed(i * kShards + GetParam(), parts, counts) ? 0 : 1;
  std::printf("%d seeds\n%s", seeds, counts.Text().c_str());
  if (seeds < kSeedsThatMeetAll || failed > 0) return;
  for (const std::string& what : counts.Missing())
    ADD_FAILURE() << "the simulation never met " << what;
}

TEST(PlacementSimulationReplayTest, ASeedReplaysExactlyWhateverRanBeforeIt) {
  constexpr unsigned kSeed = 7;
  SimulationCounts counts;
  SimulationParts fresh;
  PlacementSimulation alone(kSeed, fresh, counts, /*telling=*/true);
  alone.Run();
  SimulationParts used;
  for (unsigned seed = 0; seed < kSeed; ++seed) PlacementSimulation(seed, used, counts).Run();
  PlacementSimulation later(kSeed, used, counts, /*telling=*/true);
  later.Run();
  EXPECT_GT(alone.history().size(), 100U);
  EXPECT_EQ(alone.history(), later.history());
}

}  // namespace
}  // namespace order1688
