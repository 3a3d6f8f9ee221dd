// Random lives of one or two server processes over one ledger, and the promises that must hold in
// each of them.
#ifndef ORDER1688_TESTS_SIMULATION_PLACEMENT_SIMULATION_H_
#define ORDER1688_TESTS_SIMULATION_PLACEMENT_SIMULATION_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "server/upstream/order_gateway.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/simulated_process.h"

namespace order1688 {

// How often the interesting things happened, over all seeds: a simulation that never meets them
// proves nothing.
struct SimulationCounts {
  int bodies = 0;
  int orders = 0;
  int second_attempts = 0;
  int joined_or_replayed = 0;
  int in_doubt = 0;
  int late_settled = 0;
  int faults = 0;
  int crashes = 0;
  int stops = 0;
  int verdicts = 0;
  int cancelled = 0;
};

// What all seeds share, because it is slow to build.
class SimulationParts {
 public:
  SimulationParts();

  static constexpr int kProcesses = 2;

  FakeClock clock;
  int call_now = -1;
  Log log;
  std::array<SimulatedWire, kProcesses> wires{SimulatedWire(call_now), SimulatedWire(call_now)};
  std::array<std::unique_ptr<OrderGateway>, kProcesses> gateways;
  std::array<v1::PlaceOrdersRequest, 2> contents;
  std::array<std::string, 2> bodies;
};

// One seed.
class PlacementSimulation {
 public:
  PlacementSimulation(unsigned seed, SimulationParts& parts, SimulationCounts& counts);
  ~PlacementSimulation();

  // Runs it to its end. Returns the promises that were broken, empty if none.
  std::vector<std::string> Run();

 private:
  struct Call {
    PlacementKey key;
    int process = 0;
    bool process_died = false;
    std::shared_ptr<OrderPlacer::Call> handle;
    int answers = 0;
    bool body_left = false;  // of this call's own attempt
  };
  using AttemptKey = std::pair<std::pair<std::string, std::string>, int>;

  // What can happen.
  void Step();
  void StartCall();
  void RunLedger(int index, bool faults);
  void UseWire(int index);
  void OpenGate(int index, SimulatedWire::Exchange& exchange);
  void PassTime(absl::Duration duration);
  void CancelCall();
  void Crash(int index);
  void StopGracefully(int index);
  void GivePersonsVerdict();
  void StartProcess(int index);
  void Settle(int index);
  void SettleAll();

  // What must hold.
  void OnAnswer(int number, const PlaceResult& result);
  void CheckRows();
  void CheckEnd();
  void Break(const std::string& promise);

  SimulatedProcess& process(int index) { return *processes_[index]; }
  static std::pair<std::string, std::string> MapKey(const PlacementKey& key) {
    return {key.caller, key.request_id};
  }

  SimulationParts& parts_;
  SimulationCounts& counts_;
  SeededChoice choice_;
  const int process_count_;
  MemoryLedger ledger_;
  std::array<std::unique_ptr<SimulatedProcess>, SimulationParts::kProcesses> processes_;
  std::vector<PlacementKey> keys_;
  std::vector<std::shared_ptr<Call>> calls_;
  std::map<std::pair<std::string, std::string>, v1::Placement> rows_;  // as CheckRows saw them last
  std::map<AttemptKey, int> bodies_;
  std::map<AttemptKey, std::set<std::string>> orders_;
  std::vector<std::string> broken_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_PLACEMENT_SIMULATION_H_
