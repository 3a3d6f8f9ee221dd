// One server process of the simulation: a placer, a lookup and a sweeper of leases, and their slow
// and faulty way to the shared ledger.
#ifndef ORDER1688_TESTS_SIMULATION_SIMULATED_PROCESS_H_
#define ORDER1688_TESTS_SIMULATION_SIMULATED_PROCESS_H_

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/lease_sweeper.h"
#include "server/placement/order_placer.h"
#include "server/placement/placement_lookup.h"
#include "server/upstream/order_list.h"
#include "tests/simulation/simulated_wire.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_timer.h"
#include "tests/support/memory_ledger.h"

namespace order1688 {

// Each call takes effect, and is answered, when the simulation says so. The answers of a process
// that died are lost; the effects of what it asked for may come all the same.
class DelayedLedger final : public Ledger {
 public:
  using Fault = MemoryLedger::Fault;
  using Method = MemoryLedger::Method;

  DelayedLedger(MemoryLedger& shared, int& call_now) : shared_(shared), call_now_(call_now) {}

  void Reserve(Reservation reservation, Done<Reserved> done) override {
    Pass<Reserved>(Method::kReserve, &Ledger::Reserve, std::move(reservation), std::move(done));
  }
  void Record(PlacementRecord record, Done<Recorded> done) override {
    Pass<Recorded>(Method::kRecord, &Ledger::Record, std::move(record), std::move(done));
  }
  void Find(PlacementKey key, Done<std::optional<LedgerRow>> done) override {
    Pass<std::optional<LedgerRow>>(Method::kFind, &Ledger::Find, std::move(key), std::move(done));
  }
  void ExpireLeases(Done<std::vector<PlacementKey>> done) override {
    Enqueue<std::vector<PlacementKey>>(Method::kExpireLeases, std::move(done),
                                       [this](Done<std::vector<PlacementKey>> answer) {
                                         shared_.ExpireLeases(std::move(answer));
                                       });
  }
  void FindWhole(PlacementKey key, Done<std::optional<WholeRow>> done) override {
    Pass<std::optional<WholeRow>>(Method::kFindWhole, &Ledger::FindWhole, std::move(key),
                                  std::move(done));
  }
  void List(PlacementQuery query, Done<std::vector<LedgerRow>> done) override {
    Pass<std::vector<LedgerRow>>(Method::kList, &Ledger::List, std::move(query), std::move(done));
  }
  void Settle(RowSettlement settlement, Done<Settled> done) override {
    Pass<Settled>(Method::kSettle, &Ledger::Settle, std::move(settlement), std::move(done));
  }
  void TakeLookups(LookupClaim claim, Done<std::vector<LookupTask>> done) override {
    Pass<std::vector<LookupTask>>(Method::kTakeLookups, &Ledger::TakeLookups, std::move(claim),
                                  std::move(done));
  }
  void NoteLookup(LookupNote note, Done<bool> done) override {
    Pass<bool>(Method::kNoteLookup, &Ledger::NoteLookup, std::move(note), std::move(done));
  }
  void FindNeighbours(NeighbourQuery query, Done<Neighbours> done) override {
    Pass<Neighbours>(Method::kFindNeighbours, &Ledger::FindNeighbours, std::move(query),
                     std::move(done));
  }
  void FindAccount(std::string account, Done<AccountState> done) override {
    Pass<AccountState>(Method::kFindAccount, &Ledger::FindAccount, std::move(account),
                       std::move(done));
  }
  void ChangeAccount(AccountChange change, Done<AccountState> done) override {
    Pass<AccountState>(Method::kChangeAccount, &Ledger::ChangeAccount, std::move(change),
                       std::move(done));
  }
  void Maintain(int most_rows, Done<Maintained> done) override {
    Pass<Maintained>(Method::kMaintain, &Ledger::Maintain, most_rows, std::move(done));
  }
  absl::string_view fingerprint_key() const override { return shared_.fingerprint_key(); }

  size_t pending() const { return queue_.size(); }
  // What the oldest call is; one must be pending.
  Method oldest() const { return queue_.front().method; }

  // The oldest call takes effect and is answered.
  void RunOldest(std::optional<Fault> fault) { RunFirst(fault, /*alive=*/true); }
  // The oldest call takes effect, and nobody hears of it.
  void RunOldestForNobody() { RunFirst(std::nullopt, /*alive=*/false); }
  void DropAll() { queue_.clear(); }

 private:
  struct Waiting {
    Method method;
    absl::AnyInvocable<void(bool)> run;
  };

  template <typename T, typename Question>
  void Pass(Method method, void (Ledger::*call)(Question, Done<T>), Question question,
            Done<T> done) {
    Enqueue<T>(method, std::move(done),
               [this, call, question = std::move(question)](Done<T> answer) {
                 (shared_.*call)(question, std::move(answer));
               });
  }

  template <typename T, typename Ask>
  void Enqueue(Method method, Done<T> done, Ask ask) {
    queue_.push_back({method, [this, call = call_now_, done = std::move(done),
                               ask = std::move(ask)](bool alive) mutable {
                        ask([&](absl::StatusOr<T> answer) {
                          if (!alive) return;
                          call_now_ = call;
                          std::move(done)(std::move(answer));
                          call_now_ = -1;
                        });
                        shared_.RunPending();
                      }});
  }

  void RunFirst(std::optional<Fault> fault, bool alive) {
    Waiting first = std::move(queue_.front());
    queue_.pop_front();
    if (fault.has_value()) shared_.FailNext(first.method, *fault);
    first.run(alive);
  }

  MemoryLedger& shared_;
  int& call_now_;
  std::deque<Waiting> queue_;
};

// All that dies together. Gateway, order list and wire belong to the machine.
class SimulatedProcess {
 public:
  struct Machine {
    const OrderGateway& gateway;
    const OrderList& list;
    SimulatedWire& wire;
    FakeClock& clock;
    const Log& log;
  };

  SimulatedProcess(const Machine& machine, MemoryLedger& shared, int& call_now)
      : wire_(machine.wire), timer_(machine.clock), ledger_(shared, call_now) {
    placer_ = std::make_shared<OrderPlacer>(std::vector<PlacerAccount>{{&machine.gateway, 3, 5}}, 4,
                                            absl::Hours(24 * 90), ledger_, timer_, machine.clock,
                                            metrics_, machine.log);
    lookup_ = std::make_shared<PlacementLookup>(
        "main", PlacementLookup::Parts{machine.list, ledger_, timer_, machine.clock, metrics_,
                                       machine.log});
    lookup_->Start();
    std::make_shared<LeaseSweeper>(kSweepInterval, ledger_, timer_, metrics_, machine.log)->Start();
  }

  // Dies at once: nothing that waits here is ever heard of.
  ~SimulatedProcess() {
    wire_.CutAll();
    ledger_.DropAll();
  }

  OrderPlacer& placer() { return *placer_; }
  PlacementLookup& lookup() { return *lookup_; }
  DelayedLedger& ledger() { return ledger_; }
  FakeTimer& timer() { return timer_; }
  SimulatedWire& wire() { return wire_; }
  std::string RenderMetrics() const { return metrics_.Render(); }

 private:
  // Not as often as a server, so that sweeps are not most of what happens.
  static constexpr absl::Duration kSweepInterval = absl::Seconds(60);

  SimulatedWire& wire_;
  Metrics metrics_;
  FakeTimer timer_;
  DelayedLedger ledger_;
  std::shared_ptr<OrderPlacer> placer_;
  std::shared_ptr<PlacementLookup> lookup_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SIMULATED_PROCESS_H_
