#include "tests/simulation/placement_simulation.h"

#include <algorithm>
#include <array>

namespace order1688 {
namespace {

constexpr int kSteps = 90;
constexpr int kFaultPercent = 8;  // of the ledger's calls

bool Writes(MemoryLedger::Method method) {
  return method == MemoryLedger::Method::kReserve || method == MemoryLedger::Method::kRecord ||
         method == MemoryLedger::Method::kExpireLeases || method == MemoryLedger::Method::kSettle ||
         method == MemoryLedger::Method::kNoteLookup;
}

const char* WordOf(MemoryLedger::Method method) {
  switch (method) {
    case MemoryLedger::Method::kReserve:
      return "reserve";
    case MemoryLedger::Method::kRecord:
      return "record";
    case MemoryLedger::Method::kFind:
      return "find";
    case MemoryLedger::Method::kExpireLeases:
      return "expire_leases";
    case MemoryLedger::Method::kFindWhole:
      return "find_whole";
    case MemoryLedger::Method::kSettle:
      return "settle";
    case MemoryLedger::Method::kTakeLookups:
      return "take_lookups";
    case MemoryLedger::Method::kNoteLookup:
      return "note_lookup";
    case MemoryLedger::Method::kFindNeighbours:
      return "find_neighbours";
    default:
      return "other";
  }
}

}  // namespace

PlacementSimulation::PlacementSimulation(unsigned seed, SimulationParts& parts,
                                         SimulationCounts& counts, bool telling)
    : parts_(parts),
      counts_(counts),
      telling_(telling),
      choice_(seed),
      process_count_(1 + choice_.Pick(SimulationParts::kProcesses)),
      twins_(choice_.Percent(50)),
      jumpy_(choice_.Percent(30)),
      gateway_(parts.clock, choice_, counts),
      ledger_(parts.clock, MemoryLedger::Answers::kWhenTold) {
  parts.clock.SetSinceBoot(absl::Seconds(1000));
  parts.clock.SetNow(TrueTime(parts.clock.SinceBoot()));
  for (const char* id : {"a", "b", "c"}) keys_.push_back({"shop", id});
  for (const char* id : {"a", "b"}) keys_.push_back({"depot", id});
  if (absl::AbsDuration(gateway_.skew()) > absl::Minutes(1)) counts_.Count("life_with_other_clock");
  if (gateway_.list_habit() == ListHabit::kAlwaysEmpty) counts_.Count("life_with_empty_list");
  if (gateway_.list_habit() == ListHabit::kWithoutReceivers)
    counts_.Count("life_without_receivers");
  if (gateway_.list_habit() == ListHabit::kHidesOrders) counts_.Count("life_with_hidden_orders");
  if (gateway_.list_lag() > absl::ZeroDuration()) counts_.Count("life_with_late_list");
  Tell(process_count_, " processes, ", twins_ ? "one receiver" : "several receivers",
       ", the gateway's clock is ", absl::FormatDuration(gateway_.skew()), " off, list habit ",
       static_cast<int>(gateway_.list_habit()), ", list lag ",
       absl::FormatDuration(gateway_.list_lag()));
  for (int i = 0; i < process_count_; ++i) StartProcess(i);
}

PlacementSimulation::~PlacementSimulation() {
  for (const auto& call : calls_) call->handle = nullptr;
}

std::vector<std::string> PlacementSimulation::Run() {
  for (int i = 0; i < kSteps && broken_.empty(); ++i) Step();
  if (broken_.empty()) Close();
  if (broken_.empty()) CheckEnd();
  return broken_;
}

void PlacementSimulation::Step() {
  const int index = choice_.Pick(process_count_);
  const int what = choice_.Pick(100);
  if (what < 16) {
    StartCall();
  } else if (what < 46) {
    for (int calls = 1 + choice_.Pick(4); calls > 0; --calls) RunLedger(index, kFaultPercent);
  } else if (what < 68) {
    UseWire(index);
  } else if (what < 85) {
    constexpr std::array<int, 10> kMilliseconds = {10,    300,   1000,  3000,   5000,
                                                   10000, 31000, 62000, 100000, 310000};
    PassTime(absl::Milliseconds(kMilliseconds[choice_.Pick(choice_.Percent(40) ? 10 : 5)]));
  } else if (what < 88) {
    CancelCall();
  } else if (what < 90) {
    Crash(index);
  } else if (what < 91) {
    StopGracefully(index);
  } else if (what < 97) {
    GiveVerdict(index);
  } else if (what < 98) {
    gateway_.OrderByHand();
    Tell("somebody orders the same goods by hand");
  } else if (jumpy_) {
    JumpClock();
  }
  process(index).timer().RunDue();
}

void PlacementSimulation::StartCall() {
  constexpr std::array<int, 5> kMilliseconds = {500, 1200, 5000, 30000, 120000};
  const int number = static_cast<int>(calls_.size());
  const int key = choice_.Pick(static_cast<int>(keys_.size()));
  auto call = std::make_shared<Call>();
  call->key = keys_[key];
  call->process = choice_.Pick(process_count_);
  call->content = 2 * (twins_ ? 0 : key % Purchase::kReceivers) + (choice_.Percent(10) ? 1 : 0);
  calls_.push_back(call);
  counts_.Count("call");
  Tell("call ", number, " of ", Text(call->key), " at process ", call->process, ", content ",
       call->content);

  const SimulationParts::Content& content = parts_.contents[call->content];
  PlaceCommand command;
  command.key = call->key;
  command.account = "main";
  command.request = std::make_shared<v1::PlaceOrdersRequest>(content.request);
  command.request->set_request_id(call->key.request_id);
  command.wire = command.request->SerializeAsString();
  command.body = content.body;
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

void PlacementSimulation::CancelCall() {
  if (calls_.empty()) return;
  const int number = choice_.Pick(static_cast<int>(calls_.size()));
  Call& call = *calls_[number];
  if (call.process_died || call.answers > 0) return;
  counts_.Count("cancelled");
  Tell("call ", number, " is cancelled");
  process(call.process).placer().Cancel(call.handle);
}

void PlacementSimulation::RunLedger(int index, int fault_percent) {
  DelayedLedger& ledger = process(index).ledger();
  if (ledger.pending() == 0) return;
  const MemoryLedger::Method method = ledger.oldest();
  const char* what = WordOf(method);
  std::optional<DelayedLedger::Fault> fault;
  if (choice_.Percent(fault_percent)) {
    fault = choice_.Percent(50) ? DelayedLedger::Fault::kBeforeEffect
                                : DelayedLedger::Fault::kAfterEffect;
    counts_.Count(absl::StrCat("ledger_", what,
                               fault == DelayedLedger::Fault::kBeforeEffect ? "_failed" : "_lied"));
  }
  Tell("ledger of process ", index, ": ", what,
       !fault.has_value()                              ? ""
       : *fault == DelayedLedger::Fault::kBeforeEffect ? ", fails"
                                                       : ", fails after its effect");
  ledger.RunOldest(fault);
  if (Writes(method)) CheckRows();
}

void PlacementSimulation::UseWire(int index) {
  SimulatedWire& wire = process(index).wire();
  if (wire.size() == 0) return;
  const int number = choice_.Pick(static_cast<int>(wire.size()));
  SimulatedWire::Exchange& exchange = wire.at(number);
  if (choice_.Percent(50)) return OpenGate(index, exchange);
  const bool connects = choice_.Percent(80);
  if (!exchange.gate->opened() && connects) OpenGate(index, exchange);
  Tell("process ", index, " hears of ", exchange.asks_for_orders() ? "a page" : "call ",
       exchange.asks_for_orders() ? "" : absl::StrCat(exchange.call), ": ",
       !exchange.gate->opened()                            ? "not sent"
       : exchange.result.outcome == SendOutcome::kAnswered ? "an answer"
                                                           : "no answer");
  wire.Finish(number);
}

// What is on its way: from here on only the gateway decides.
void PlacementSimulation::OpenGate(int index, SimulatedWire::Exchange& exchange) {
  const bool was_open = exchange.gate->opened();
  if (!exchange.gate->Open()) {
    if (!was_open && !exchange.asks_for_orders()) counts_.Count("never_sent");
    return;
  }
  if (was_open) return Break("the gate opened twice");
  if (!exchange.asks_for_orders()) return SendBody(index, exchange);
  exchange.result = gateway_.List(exchange.request, choice_.Percent(faulty_ ? 30 : 5));
  Tell("process ", index, " asks for a page of the list: ", gateway_.last_fate());
}

void PlacementSimulation::SendBody(int index, SimulatedWire::Exchange& exchange) {
  counts_.Count("body");
  Call& call = *calls_[exchange.call];
  call.body_left = true;
  const std::optional<v1::Placement> row = RowOf(call.key);
  if (!row.has_value() || row->state() != v1::PLACEMENT_STATE_SENDING)
    return Break(absl::StrCat("a body left process ", index, " while its row was not SENDING"));
  Body body;
  body.attempt = {NameOfKey(call.key), row->attempt()};
  body.content = call.content;
  body.sign_time = SignTimeOf(exchange.request);
  body.process = index;
  body.exchange = exchange.number;
  if (absl::ToUnixMillis(body.sign_time) !=
      row->sign_time().seconds() * 1000 + row->sign_time().nanos() / 1000000)
    Break("the row tells of another signature than the body");
  if (++bodies_[body.attempt] > 1) Break("two bodies of one attempt left");
  exchange.result.cause = "no_answer";
  Tell("the body of call ", exchange.call, " leaves process ", index, ", attempt ", row->attempt());
  if (!choice_.Percent(20)) return Deliver(body);
  // It is frozen on its way, in the sender's machine or in a queue before the gateway, until its
  // signature ends or longer.
  counts_.Count("body_frozen");
  body.due = parts_.clock.SinceBoot() +
             absl::Seconds(choice_.Percent(70) ? choice_.Pick(640) : choice_.Pick(2000));
  body.answered = choice_.Percent(20);
  if (body.answered) {
    counts_.Count("body_frozen_behind_504");
    exchange.result.outcome = SendOutcome::kAnswered;
    exchange.result.http_status = 504;
  }
  Tell("and is frozen until ", absl::FormatDuration(body.due - absl::Seconds(1000)));
  underway_.push_back(std::move(body));
}

void PlacementSimulation::Deliver(const Body& body) {
  HttpResult result =
      gateway_.Order(body.attempt, parts_.contents[body.content].purchase, body.sign_time);
  Tell("the gateway gets the body of ", body.attempt.first.first, "/", body.attempt.first.second,
       ", attempt ", body.attempt.second, ": ", gateway_.last_fate(), ", ",
       gateway_.OrdersOf(body.attempt).size(), " orders");
  SimulatedWire::Exchange* exchange = process(body.process).wire().Find(body.exchange);
  if (exchange == nullptr) {
    counts_.Count("body_without_sender");
  } else if (!body.answered) {
    exchange->result = std::move(result);
  }
  CheckNewOrders(body.attempt);
}

// Frozen bodies reach the gateway at their time.
void PlacementSimulation::PassTime(absl::Duration duration) {
  const absl::Duration end = parts_.clock.SinceBoot() + duration;
  while (true) {
    const auto first =
        std::min_element(underway_.begin(), underway_.end(),
                         [](const Body& one, const Body& other) { return one.due < other.due; });
    const bool due = first != underway_.end() && first->due <= end;
    const absl::Duration until = due ? std::max(first->due, parts_.clock.SinceBoot()) : end;
    // A process that does not lead is late with all it has to do.
    const int leading = choice_.Pick(process_count_);
    process(leading).timer().Advance(until - parts_.clock.SinceBoot());
    for (int i = 0; i < process_count_; ++i) process(i).timer().RunDue();
    if (!due) break;
    const Body body = *first;
    underway_.erase(first);
    Deliver(body);
  }
  Tell("time has passed");
}

void PlacementSimulation::JumpClock() {
  counts_.Count("clock_jumped");
  const absl::Duration off =
      choice_.Percent(50) ? absl::ZeroDuration() : absl::Seconds(choice_.Pick(1801) - 900);
  parts_.clock.SetNow(TrueTime(parts_.clock.SinceBoot()) + off);
  Tell("our wall clock jumps to ", absl::FormatDuration(off), " off");
}

std::optional<v1::Placement> PlacementSimulation::RowOf(const PlacementKey& key) const {
  std::optional<LedgerRow> row = ledger_.row(key);
  if (!row.has_value()) return std::nullopt;
  return std::move(*row->placement);
}

}  // namespace order1688
