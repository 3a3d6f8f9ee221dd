#include "tests/simulation/placement_simulation.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>

#include "absl/strings/str_cat.h"
#include "server/ledger/row_transition.h"
#include "spdlog/sinks/null_sink.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

constexpr int kSteps = 120;
constexpr int64_t kStartSeconds = 1767323045;

v1::PlaceOrdersRequest Content(double quantity) {
  v1::PlaceOrdersRequest request;
  request.mutable_batch()->set_flow("general");
  for (const char* seller : {"seller-1", "seller-2"}) {
    v1::Cargo* line = request.mutable_batch()->add_cargo_lines();
    line->set_offer_map_id("offer");
    line->set_quantity(quantity);
    line->set_seller_open_id(seller);
  }
  return request;
}

}  // namespace

SimulationParts::SimulationParts()
    : log(std::make_shared<spdlog::logger>("simulation",
                                           std::make_shared<spdlog::sinks::null_sink_mt>())),
      contents{Content(1), Content(2)} {
  for (int i = 0; i < kProcesses; ++i)
    gateways[i] = *OrderGateway::Create(TestAccount(), wires[i], clock);
  for (size_t i = 0; i < contents.size(); ++i)
    bodies[i] = *gateways[0]->Encode(contents[i].batch());
}

PlacementSimulation::PlacementSimulation(unsigned seed, SimulationParts& parts,
                                         SimulationCounts& counts)
    : parts_(parts),
      counts_(counts),
      choice_(seed),
      process_count_(1 + choice_.Pick(SimulationParts::kProcesses)),
      ledger_(parts.clock, MemoryLedger::Answers::kWhenTold) {
  parts.clock.SetNow(absl::FromUnixSeconds(kStartSeconds));
  parts.clock.SetSinceBoot(absl::Seconds(1000));
  for (const char* caller : {"shop", "depot"}) {
    for (const char* id : {"a", "b"}) keys_.push_back({caller, id});
  }
  for (int i = 0; i < process_count_; ++i) StartProcess(i);
}

PlacementSimulation::~PlacementSimulation() {
  for (const auto& call : calls_) call->handle = nullptr;
}

void PlacementSimulation::Break(const std::string& promise) { broken_.push_back(promise); }

std::vector<std::string> PlacementSimulation::Run() {
  for (int i = 0; i < kSteps && broken_.empty(); ++i) Step();
  if (broken_.empty()) SettleAll();
  if (broken_.empty()) CheckEnd();
  return broken_;
}

void PlacementSimulation::Step() {
  const int index = choice_.Pick(process_count_);
  const int what = choice_.Pick(100);
  if (what < 20) {
    StartCall();
  } else if (what < 60) {
    RunLedger(index, /*faults=*/true);
  } else if (what < 80) {
    UseWire(index);
  } else if (what < 88) {
    constexpr int kMilliseconds[] = {10, 300, 1000, 3000, 10000, 31000, 62000, 100000};
    PassTime(absl::Milliseconds(kMilliseconds[choice_.Pick(choice_.Percent(30) ? 8 : 4)]));
  } else if (what < 91) {
    process(index).ledger().ExpireLeases([](absl::StatusOr<std::vector<PlacementKey>>) {});
  } else if (what < 95) {
    CancelCall();
  } else if (what < 96) {
    Crash(index);
  } else if (what < 97) {
    StopGracefully(index);
  } else {
    GivePersonsVerdict();
  }
  CheckRows();
}

void PlacementSimulation::StartProcess(int index) {
  processes_[index] =
      std::make_unique<SimulatedProcess>(*parts_.gateways[index], parts_.wires[index], ledger_,
                                         parts_.clock, parts_.call_now, parts_.log);
}

void PlacementSimulation::StartCall() {
  constexpr int kMilliseconds[] = {500, 1200, 5000, 30000, 120000};
  const int number = static_cast<int>(calls_.size());
  const int content = choice_.Percent(15) ? 1 : 0;
  auto call = std::make_shared<Call>();
  call->key = keys_[choice_.Pick(static_cast<int>(keys_.size()))];
  call->process = choice_.Pick(process_count_);
  calls_.push_back(call);

  PlaceCommand command;
  command.key = call->key;
  command.account = "main";
  command.request = parts_.contents[content];
  command.request.set_request_id(call->key.request_id);
  command.body = parts_.bodies[content];
  command.deadline = choice_.Percent(20) ? absl::InfiniteDuration()
                                         : parts_.clock.SinceBoot() +
                                               absl::Milliseconds(kMilliseconds[choice_.Pick(5)]);
  parts_.call_now = number;
  call->handle =
      process(call->process).placer().Place(std::move(command), [this, number](PlaceResult result) {
        OnAnswer(number, result);
      });
  parts_.call_now = -1;
}

void PlacementSimulation::RunLedger(int index, bool faults) {
  DelayedLedger& ledger = process(index).ledger();
  if (ledger.pending() == 0) return;
  std::optional<DelayedLedger::Fault> fault;
  if (faults && choice_.Percent(10)) {
    fault = choice_.Percent(50) ? DelayedLedger::Fault::kBeforeEffect
                                : DelayedLedger::Fault::kAfterEffect;
    ++counts_.faults;
  }
  ledger.RunOldest(fault);
  CheckRows();
}

void PlacementSimulation::UseWire(int index) {
  SimulatedWire& wire = process(index).wire();
  if (wire.size() == 0) return;
  const int number = choice_.Pick(static_cast<int>(wire.size()));
  SimulatedWire::Exchange& exchange = wire.at(number);
  if (choice_.Percent(50)) return OpenGate(index, exchange);
  const bool connects = choice_.Percent(70);
  if (!exchange.gate->opened() && connects) OpenGate(index, exchange);
  wire.Finish(number);
}

// The body is on its way: from here on only the gateway decides.
void PlacementSimulation::OpenGate(int index, SimulatedWire::Exchange& exchange) {
  const bool was_open = exchange.gate->opened();
  if (!exchange.gate->Open()) return;
  if (was_open) return Break("the gate opened twice");
  ++counts_.bodies;
  Call& call = *calls_[exchange.call];
  call.body_left = true;
  const std::optional<LedgerRow> row = ledger_.row(call.key);
  if (!row.has_value() || row->placement.state() != v1::PLACEMENT_STATE_SENDING) {
    return Break(absl::StrCat("a body left process ", index, " while its row was not SENDING"));
  }
  const int64_t signed_ms =
      row->placement.sign_time().seconds() * 1000 + row->placement.sign_time().nanos() / 1000000;
  for (const auto& [name, value] : exchange.request.headers) {
    if (name == "timestamp" && value != absl::StrCat(signed_ms))
      Break("the row tells of another signature than the body");
  }
  const AttemptKey attempt{MapKey(call.key), row->placement.attempt()};
  if (++bodies_[attempt] > 1) Break("two bodies of one attempt left");
  Fate fate = DecideFate(choice_);
  counts_.orders += static_cast<int>(fate.orders.size());
  orders_[attempt].insert(fate.orders.begin(), fate.orders.end());
  exchange.result = std::move(fate.result);
}

void PlacementSimulation::PassTime(absl::Duration duration) {
  process(0).timer().Advance(duration);
  for (int i = 1; i < process_count_; ++i) process(i).timer().RunDue();
}

void PlacementSimulation::CancelCall() {
  if (calls_.empty()) return;
  Call& call = *calls_[choice_.Pick(static_cast<int>(calls_.size()))];
  if (call.process_died || call.answers > 0) return;
  ++counts_.cancelled;
  process(call.process).placer().Cancel(call.handle);
}

void PlacementSimulation::Crash(int index) {
  ++counts_.crashes;
  DelayedLedger& ledger = process(index).ledger();
  while (ledger.pending() > 0 && choice_.Percent(60)) {
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
      std::optional<LedgerRow> row = ledger_.row(key);
      if (row.has_value() && row->placement.state() == v1::PLACEMENT_STATE_SENDING) {
        ledger_.SetRow(key, ExpiredRow(*row, parts_.clock.Now()));
      }
    }
  }
  StartProcess(index);
}

// Lets one process do all that it has to do. Nothing fails any more.
void PlacementSimulation::Settle(int index) {
  SimulatedProcess& settling = process(index);
  bool quiet = false;
  for (int round = 0; round < 200 && !quiet && broken_.empty(); ++round) {
    while (settling.ledger().pending() > 0) RunLedger(index, /*faults=*/false);
    while (settling.wire().size() > 0) {
      if (!settling.wire().at(0).gate->opened()) OpenGate(index, settling.wire().at(0));
      settling.wire().Finish(0);
    }
    quiet = settling.timer().pending() + settling.ledger().pending() == 0;
    for (const auto& call : calls_) {
      if (call->process == index && !call->process_died && call->answers == 0) quiet = false;
    }
    if (!quiet) PassTime(absl::Seconds(10));
  }
}

void PlacementSimulation::StopGracefully(int index) {
  ++counts_.stops;
  process(index).placer().StopTaking();
  Settle(index);
  if (!broken_.empty()) return;
  auto idle =
      std::async(std::launch::async, [this, index] { process(index).placer().WaitUntilIdle(); });
  if (idle.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
    std::fprintf(stderr, "WaitUntilIdle hangs although nothing is on its way\n");
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

// A person who knows the truth settles a placement in doubt.
void PlacementSimulation::GivePersonsVerdict() {
  const PlacementKey key = keys_[choice_.Pick(static_cast<int>(keys_.size()))];
  std::optional<LedgerRow> row = ledger_.row(key);
  if (!row.has_value() || row->placement.state() != v1::PLACEMENT_STATE_IN_DOUBT) return;
  const auto orders = orders_.find({MapKey(key), row->placement.attempt()});
  const bool exists = orders != orders_.end() && !orders->second.empty();
  ++counts_.verdicts;
  row->placement.clear_results();
  row->placement.set_state(exists ? v1::PLACEMENT_STATE_PLACED : v1::PLACEMENT_STATE_NOT_PLACED);
  if (exists) {
    for (const std::string& id : orders->second) {
      v1::OrderResult* result = row->placement.add_results();
      result->set_outcome(v1::ORDER_OUTCOME_PLACED);
      result->mutable_order()->mutable_base_info()->set_order_id(id);
    }
  } else {
    row->placement.set_evidence(v1::NOT_PLACED_EVIDENCE_PERSON);
  }
  ledger_.SetRow(key, *row);
}

void PlacementSimulation::SettleAll() {
  for (int i = 0; i < process_count_; ++i) Settle(i);
  // What one process did may have woken a waiter in the other.
  for (int i = 0; i < process_count_; ++i) Settle(i);
}

}  // namespace order1688
