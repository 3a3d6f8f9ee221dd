// What a run of the simulation has met. A simulation that never meets a fault proves nothing of it.
#ifndef ORDER1688_TESTS_SIMULATION_SIMULATION_COUNTS_H_
#define ORDER1688_TESTS_SIMULATION_SIMULATION_COUNTS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// Counts by name, over all seeds.
class SimulationCounts {
 public:
  void Count(absl::string_view what) { ++counts_[std::string(what)]; }
  // A row went from one state to another.
  void CountEdge(v1::PlacementState from, v1::PlacementState to) {
    ++edges_[from * v1::PlacementState_ARRAYSIZE + to];
  }

  // Every declared edge, and every happening and fault of the simulation, that was never met.
  std::vector<std::string> Missing() const;
  // One line per name.
  std::string Text() const;

 private:
  std::map<std::string, int> counts_;
  std::map<int, int> edges_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SIMULATION_COUNTS_H_
