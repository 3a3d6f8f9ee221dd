#include "tests/simulation/placement_simulation.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

constexpr int kSeeds = 2000;

int NumberFromEnvironment(const char* name, int otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

bool RunSeed(int seed, SimulationParts& parts, SimulationCounts& counts) {
  std::vector<std::string> broken =
      PlacementSimulation(static_cast<unsigned>(seed), parts, counts).Run();
  for (const std::string& promise : broken) {
    ADD_FAILURE() << "seed " << seed << ": " << promise
                  << " (run it alone with ORDER1688_SIMULATION_SEED=" << seed << ")";
  }
  return broken.empty();
}

TEST(PlacementSimulationTest, NoInterleavingPlacesAnOrderTwiceOrLosesOne) {
  SimulationParts parts;
  SimulationCounts counts;
  const int alone = NumberFromEnvironment("ORDER1688_SIMULATION_SEED", -1);
  if (alone >= 0) {
    RunSeed(alone, parts, counts);
    return;
  }
  const int seeds = NumberFromEnvironment("ORDER1688_SIMULATION_SEEDS", kSeeds);
  int failed = 0;
  for (int seed = 0; seed < seeds && failed < 5; ++seed)
    failed += RunSeed(seed, parts, counts) ? 0 : 1;

  RecordProperty("bodies", counts.bodies);
  RecordProperty("orders", counts.orders);
  std::printf(
      "%d seeds: %d bodies, %d orders, %d further attempts, %d joined or replayed, %d told in "
      "doubt, %d doubts settled, "
      "%d faults, %d crashes, %d stops, %d verdicts, %d cancelled\n",
      seeds, counts.bodies, counts.orders, counts.second_attempts, counts.joined_or_replayed,
      counts.in_doubt, counts.late_settled, counts.faults, counts.crashes, counts.stops,
      counts.verdicts, counts.cancelled);
  for (int count : {counts.bodies, counts.orders, counts.second_attempts, counts.joined_or_replayed,
                    counts.in_doubt, counts.late_settled, counts.faults, counts.crashes,
                    counts.stops, counts.verdicts, counts.cancelled}) {
    EXPECT_GT(count, seeds / 100) << "the simulation no longer meets what it is for";
  }
}

}  // namespace
}  // namespace order1688
