// What happens to the processes of PlacementSimulation, what people decide, and how a life ends.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <variant>

#include "server/ledger/row_transition.h"
#include "tests/simulation/placement_simulation.h"

namespace order1688 {
namespace {

constexpr int kClosingRounds = 20;

}  // namespace

void PlacementSimulation::StartProcess(int index) {
  processes_[index] = std::make_unique<SimulatedProcess>(
      SimulatedProcess::Machine{*parts_.gateways[index], *parts_.lists[index], parts_.wires[index],
                                parts_.clock, parts_.log},
      ledger_, parts_.call_now);
}

void PlacementSimulation::Crash(int index) {
  counts_.Count("crash");
  Tell("process ", index, " crashes");
  DelayedLedger& ledger = process(index).ledger();
  while (ledger.pending() > 0 && choice_.Percent(60)) {
    counts_.Count("crash_with_late_effect");
    ledger.RunOldestForNobody();
    CheckRows();
  }
  for (const auto& call : calls_) {
    if (call->process == index && !call->process_died) {
      call->process_died = true;
      call->handle = nullptr;
    }
  }
  processes_[index].reset();
  // A single process owns its ledger: what it finds SENDING at start has no sender.
  if (process_count_ == 1) {
    for (const PlacementKey& key : keys_) {
      const std::optional<LedgerRow> row = ledger_.row(key);
      if (row.has_value() && row->placement->state() == v1::PLACEMENT_STATE_SENDING)
        ledger_.SetRow(key, ExpiredRow(*row, parts_.clock.Now()));
    }
    CheckRows();
  }
  StartProcess(index);
}

// Lets one process do all that waits for it, with a network that connects.
void PlacementSimulation::Serve(int index, int fault_percent) {
  SimulatedProcess& serving = process(index);
  for (int round = 0; round < 40 && broken_.empty(); ++round) {
    serving.timer().RunDue();
    if (serving.ledger().pending() + serving.wire().size() == 0) return;
    while (serving.ledger().pending() > 0) RunLedger(index, fault_percent);
    while (serving.wire().size() > 0) {
      if (!serving.wire().at(0).gate->opened()) OpenGate(index, serving.wire().at(0));
      serving.wire().Finish(0);
    }
  }
}

// Until every call of the process has its answer, and its timers had the time to see it.
void PlacementSimulation::FinishWork(int index) {
  int quiet_rounds = 0;
  for (int round = 0; round < 60 && quiet_rounds < 2 && broken_.empty(); ++round) {
    Serve(index, /*fault_percent=*/0);
    PassTime(absl::Seconds(10));
    ++quiet_rounds;
    for (const auto& call : calls_) {
      if (call->process == index && !call->process_died && call->answers == 0) quiet_rounds = 0;
    }
  }
  Serve(index, /*fault_percent=*/0);
}

void PlacementSimulation::StopGracefully(int index) {
  counts_.Count("stop");
  Tell("process ", index, " stops");
  const bool faulty = faulty_;
  faulty_ = false;
  process(index).lookup().Stop();
  process(index).placer().StopTaking();
  FinishWork(index);
  faulty_ = faulty;
  if (!broken_.empty()) return;
  auto idle =
      std::async(std::launch::async, [this, index] { process(index).placer().WaitUntilIdle(); });
  if (idle.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
    std::fprintf(stderr, "WaitUntilIdle hangs although nothing is on its way\n");
    for (const std::string& line : history_) std::fprintf(stderr, "%s\n", line.c_str());
    std::abort();
  }
  for (const auto& call : calls_) {
    if (call->process != index || call->process_died) continue;
    if (call->answers != 1) Break("a graceful stop left a call without its one answer");
    call->process_died = true;
    call->handle = nullptr;
  }
  if (process(index).ledger().pending() + process(index).wire().size() > 0)
    Break("a graceful stop left work behind");
  processes_[index].reset();
  StartProcess(index);
}

// A person who knows the truth wants to settle a placement in doubt.
void PlacementSimulation::GiveVerdict(int index) {
  std::vector<PlacementKey> doubtful;
  for (const PlacementKey& key : keys_) {
    const std::optional<LedgerRow> row = ledger_.row(key);
    if (row.has_value() && row->placement->state() == v1::PLACEMENT_STATE_IN_DOUBT)
      doubtful.push_back(key);
  }
  if (doubtful.empty()) return;
  const PlacementKey& key = doubtful[choice_.Pick(static_cast<int>(doubtful.size()))];
  const std::optional<LedgerRow> row = ledger_.row(key);
  PersonVerdict verdict;
  verdict.actor = "operator";
  verdict.reason = "seen on 1688";
  const std::set<std::string>& orders =
      gateway_.OrdersOf({NameOfKey(key), row->placement->attempt()});
  if (choice_.Percent(15)) {
    verdict.state = v1::PLACEMENT_STATE_CLOSED;
  } else if (!orders.empty()) {
    verdict.state = v1::PLACEMENT_STATE_PLACED;
    verdict.order_ids.assign(orders.begin(), orders.end());
  } else {
    verdict.state = v1::PLACEMENT_STATE_NOT_PLACED;
    // The rule of the verdict is enough, whatever the gateway's clock says. But if our own clock
    // jumped, only who looks at the gateway's can tell whether a frozen sender may still order.
    const absl::Time signed_at = TimeOf(row->placement->sign_time());
    if (jumpy_ && (gateway_.Takes(signed_at) || gateway_.Now() < signed_at)) {
      return counts_.Count("person_waits_for_the_gateway");
    }
  }
  Settle({*row, ledger_.request(key), ledger_.raw_answer(key), {}}, verdict, index);
}

void PlacementSimulation::Settle(const WholeRow& whole, const PersonVerdict& verdict, int index) {
  std::variant<Error, RowSettlement> settlement = SettlementOf(whole, verdict, parts_.clock.Now());
  const std::string name =
      absl::StrCat(whole.row.placement->caller(), "/", whole.row.placement->request_id(), " is ",
                   v1::PlacementState_Name(verdict.state));
  if (const Error* error = std::get_if<Error>(&settlement)) {
    Tell("a person says that ", name, ": refused");
    if (error->reason != v1::ERROR_REASON_TOO_EARLY)
      return Break(absl::StrCat("a true verdict was refused: ", NameOf(error->reason)));
    return counts_.Count("person_too_early");
  }
  Tell("a person says that ", name);
  process(index).ledger().Settle(std::get<RowSettlement>(std::move(settlement)),
                                 [this](absl::StatusOr<Settled> settled) {
                                   if (!settled.ok()) return;
                                   if (settled->outcome == SettleOutcome::kChanged)
                                     counts_.Count("verdict_came_too_late");
                                   if (settled->outcome == SettleOutcome::kOrderOwned)
                                     Break("an order of this placement is said to be another's");
                                 });
}

bool PlacementSimulation::AnyOpenRow() const {
  for (const auto& [name, row] : rows_) {
    if (row.state() == v1::PLACEMENT_STATE_SENDING || row.state() == v1::PLACEMENT_STATE_IN_DOUBT)
      return true;
  }
  return false;
}

// Little fails any more. Sweepers and lookups get the time that they need, and some callers ask
// again.
void PlacementSimulation::Close() {
  Tell("the end begins");
  faulty_ = false;
  for (int i = 0; i < process_count_; ++i) FinishWork(i);
  for (int round = 0; round < kClosingRounds && AnyOpenRow() && broken_.empty(); ++round) {
    if (round < kClosingRounds / 2 && choice_.Percent(30)) StartCall();
    for (int i = 0; i < process_count_; ++i) Serve(i, /*fault_percent=*/4);
    PassTime(absl::Seconds(60 + choice_.Pick(80)));
  }
  // What one process did may have woken a waiter in the other.
  for (int i = 0; i < 2 * process_count_ && broken_.empty(); ++i) FinishWork(i % process_count_);
  while (!underway_.empty() && broken_.empty()) PassTime(absl::Seconds(300));
}

}  // namespace order1688
