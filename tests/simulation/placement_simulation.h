// Random lives of one or two server processes over one ledger, and the promises that must hold in
// each of them.
#ifndef ORDER1688_TESTS_SIMULATION_PLACEMENT_SIMULATION_H_
#define ORDER1688_TESTS_SIMULATION_PLACEMENT_SIMULATION_H_

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/placement/person_verdict.h"
#include "tests/simulation/seeded_choice.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/simulated_process.h"
#include "tests/simulation/simulated_wire.h"
#include "tests/simulation/simulation_counts.h"
#include "tests/simulation/simulation_parts.h"

namespace order1688 {

// One seed.
class PlacementSimulation {
 public:
  // `telling`: keep the history, which is slow.
  PlacementSimulation(unsigned seed, SimulationParts& parts, SimulationCounts& counts,
                      bool telling = false);
  ~PlacementSimulation();

  // Runs it to its end. Returns the promises that were broken, empty if none.
  std::vector<std::string> Run();

  // What happened, one line per event. The same for the same seed.
  const std::vector<std::string>& history() const { return history_; }

 private:
  struct Call {
    PlacementKey key;
    int process = 0;
    int content = 0;
    bool process_died = false;
    std::shared_ptr<OrderPlacer::Call> handle;
    int answers = 0;
    bool body_left = false;  // of this call's own attempt
  };
  // One that has left and not reached the gateway yet.
  struct Body {
    AttemptKey attempt;
    int content = 0;
    absl::Time sign_time;
    absl::Duration due;
    int process = 0;
    int exchange = 0;
    bool answered = false;  // something between us and the gateway did
  };
  using Name = std::pair<std::string, std::string>;

  // What can happen: placement_simulation.cc.
  void Step();
  void StartCall();
  void CancelCall();
  void RunLedger(int index, int fault_percent);
  void UseWire(int index);
  void OpenGate(int index, SimulatedWire::Exchange& exchange);
  void SendBody(int index, SimulatedWire::Exchange& exchange);
  void Deliver(const Body& body);
  void PassTime(absl::Duration duration);
  void JumpClock();

  // What happens to processes, and what people do: simulation_lives.cc.
  void StartProcess(int index);
  void Crash(int index);
  void StopGracefully(int index);
  void GiveVerdict(int index);
  void Settle(const WholeRow& whole, const PersonVerdict& verdict, int index);
  void Serve(int index, int fault_percent);
  void FinishWork(int index);
  void Close();

  // What must hold: placement_promises.cc.
  void OnAnswer(int number, const PlaceResult& result);
  void CheckRefusal(const Call& call, const PlaceResult& result, v1::PlacementState state);
  void CheckRows();
  void CheckAttempt(const v1::Placement* before, const v1::Placement& now);
  void CheckOrders(const AttemptKey& attempt, const v1::Placement& now);
  void CountChange(const v1::Placement* before, const v1::Placement& now);
  void CheckNewOrders(const AttemptKey& attempt);
  void CheckEnd();
  void Break(const std::string& promise);

  template <typename... Parts>
  void Tell(const Parts&... parts) {
    if (!telling_) return;
    const absl::Duration elapsed = parts_.clock.SinceBoot() - absl::Seconds(1000);
    history_.push_back(absl::StrCat(absl::FormatDuration(elapsed), "  ", parts...));
  }

  SimulatedProcess& process(int index) { return *processes_[index]; }
  std::optional<v1::Placement> RowOf(const PlacementKey& key) const;
  bool AnyOpenRow() const;
  static Name NameOfKey(const PlacementKey& key) { return {key.caller, key.request_id}; }
  static std::string Text(const PlacementKey& key) {
    return absl::StrCat(key.caller, "/", key.request_id);
  }

  SimulationParts& parts_;
  SimulationCounts& counts_;
  const bool telling_;
  SeededChoice choice_;
  const int process_count_;
  const bool twins_;    // every placement has the same receiver
  const bool jumpy_;    // our wall clock jumps
  bool faulty_ = true;  // false: little fails but bodies
  SimulatedGateway gateway_;
  MemoryLedger ledger_;
  std::array<std::unique_ptr<SimulatedProcess>, SimulationParts::kProcesses> processes_;
  std::vector<PlacementKey> keys_;
  std::vector<std::shared_ptr<Call>> calls_;
  std::vector<Body> underway_;
  std::map<Name, v1::Placement> rows_;  // as CheckRows saw them last
  std::map<AttemptKey, int> bodies_;
  std::vector<std::string> broken_;
  std::vector<std::string> history_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_PLACEMENT_SIMULATION_H_
