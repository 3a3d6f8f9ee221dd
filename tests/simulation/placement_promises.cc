// What must hold in every life: the promises of PlacementSimulation.
#include <set>

#include "absl/strings/ascii.h"
#include "server/ledger/ledger.h"
#include "tests/simulation/placement_simulation.h"

namespace order1688 {
namespace {

std::set<std::string> OrderIds(const v1::Placement& placement) {
  std::set<std::string> ids;
  for (const v1::OrderResult& result : placement.results()) {
    if (!result.order().base_info().order_id().empty())
      ids.insert(result.order().base_info().order_id());
  }
  return ids;
}

bool IsPlaced(v1::PlacementState state) {
  return state == v1::PLACEMENT_STATE_PLACED || state == v1::PLACEMENT_STATE_PARTIALLY_PLACED;
}

bool IsOpen(v1::PlacementState state) {
  return state == v1::PLACEMENT_STATE_SENDING || state == v1::PLACEMENT_STATE_IN_DOUBT;
}

bool SaysNoOrder(v1::PlacementState state) {
  return state == v1::PLACEMENT_STATE_NOT_PLACED || state == v1::PLACEMENT_STATE_REJECTED;
}

std::string Word(v1::PlacementState state) {
  return v1::PlacementState_Name(state).substr(sizeof("PLACEMENT_STATE_") - 1);
}

std::string LowerWord(v1::PlacementState state) { return absl::AsciiStrToLower(Word(state)); }

}  // namespace

void PlacementSimulation::Break(const std::string& promise) {
  Tell("BROKEN: ", promise);
  broken_.push_back(promise);
}

void PlacementSimulation::OnAnswer(int number, const PlaceResult& result) {
  Call& call = *calls_[number];
  Tell("call ", number, " is told ",
       result.error.has_value() ? NameOf(result.error->reason) : Word(result.placement->state()));
  if (++call.answers > 1) Break("a call was answered twice");
  if (result.replayed) counts_.Count("joined_or_replayed");
  const std::optional<v1::Placement> row = RowOf(call.key);
  const v1::PlacementState state = row.has_value() ? row->state() : v1::PLACEMENT_STATE_UNSPECIFIED;
  if (result.error.has_value()) return CheckRefusal(call, result, state);
  if (!IsPlaced(result.placement->state())) return Break("OK for something that is not placed");
  if (state != result.placement->state() || OrderIds(*row) != OrderIds(*result.placement))
    Break("an answer was given that is not durable");
}

// What an error says of the placement is what its row says.
void PlacementSimulation::CheckRefusal(const Call& call, const PlaceResult& result,
                                       v1::PlacementState state) {
  const v1::ErrorReason reason = result.error->reason;
  const std::string told =
      absl::StrCat(NameOf(reason), " was told, and the row says ", Word(state));
  const std::set<std::string>& orders =
      gateway_.OrdersOf({NameOfKey(call.key), result.placement->attempt()});
  if (CodeOf(reason) == grpc::StatusCode::UNAVAILABLE && call.body_left)
    return Break(
        absl::StrCat("UNAVAILABLE (", NameOf(reason), ") for a call whose order had left"));
  switch (reason) {
    case v1::ERROR_REASON_OUTCOME_IN_DOUBT:
      counts_.Count("told_in_doubt");
      // Its body left, so it never hears that there is no order, whatever others concluded.
      if (call.body_left && state == v1::PLACEMENT_STATE_NOT_PLACED) return;
      if (state != v1::PLACEMENT_STATE_IN_DOUBT) Break(told);
      return;
    case v1::ERROR_REASON_GATEWAY_REJECTED:
      if (state != v1::PLACEMENT_STATE_REJECTED) Break(told);
      break;
    case v1::ERROR_REASON_PLACEMENT_CLOSED:
      if (state != v1::PLACEMENT_STATE_CLOSED) Break(told);
      return;
    case v1::ERROR_REASON_GATEWAY_UNREACHABLE:
    case v1::ERROR_REASON_GATEWAY_AUTHENTICATION:
    case v1::ERROR_REASON_GATEWAY_THROTTLED:
      if (state != v1::PLACEMENT_STATE_NOT_PLACED) Break(told);
      break;
    default:
      return;
  }
  if (!orders.empty()) Break(absl::StrCat(NameOf(reason), " was told although an order exists"));
}

// Every change of a row is a declared one, and tells of the orders that exist.
void PlacementSimulation::CheckRows() {
  int in_doubt = 0;
  for (const PlacementKey& key : keys_) {
    std::optional<v1::Placement> row = RowOf(key);
    if (!row.has_value()) continue;
    v1::Placement& now = *row;
    if (now.state() == v1::PLACEMENT_STATE_IN_DOUBT) ++in_doubt;
    const auto known = rows_.find(NameOfKey(key));
    const v1::Placement* before = known == rows_.end() ? nullptr : &known->second;
    if (before != nullptr && !IsOpen(before->state()) && before->attempt() == now.attempt()) {
      if (before->SerializeAsString() != now.SerializeAsString())
        Break(absl::StrCat(Text(key), " was settled, and changed"));
      continue;
    }
    CheckAttempt(before, now);
    CheckOrders({NameOfKey(key), now.attempt()}, now);
    if (before == nullptr || before->state() != now.state() || before->attempt() != now.attempt()) {
      Tell("the row ", Text(key), " is ", Word(now.state()), ", attempt ", now.attempt(), ", ",
           now.cause());
      CountChange(before, now);
    }
    rows_[NameOfKey(key)] = std::move(now);
  }
  if (in_doubt >= 2 && twins_) counts_.Count("twins_in_doubt");
}

// Only NOT_PLACED is followed by another attempt.
void PlacementSimulation::CheckAttempt(const v1::Placement* before, const v1::Placement& now) {
  const int attempt = before == nullptr ? 0 : before->attempt();
  if (now.attempt() == attempt) {
    const bool changed = before->state() != now.state();
    if (changed && !IsDeclaredEdge(before->state(), now.state()))
      Break(absl::StrCat("undeclared change ", Word(before->state()), " to ", Word(now.state())));
    return;
  }
  if (now.attempt() != attempt + 1) Break("an attempt was skipped");
  if (now.state() != v1::PLACEMENT_STATE_SENDING) {
    // A crash may follow before anybody looks.
    if (now.state() != v1::PLACEMENT_STATE_IN_DOUBT) Break("an attempt did not begin with SENDING");
  }
  if (before == nullptr) return;
  counts_.Count("further_attempt");
  if (before->state() != v1::PLACEMENT_STATE_NOT_PLACED)
    Break(absl::StrCat("another attempt after ", Word(before->state())));
}

// A row tells of its own orders only, and, once it is settled, of all of them.
void PlacementSimulation::CheckOrders(const AttemptKey& attempt, const v1::Placement& now) {
  const std::set<std::string>& orders = gateway_.OrdersOf(attempt);
  const std::set<std::string> told = OrderIds(now);
  for (const std::string& id : told) {
    if (!orders.contains(id)) Break(absl::StrCat("a row claims the order ", id, ", not its own"));
  }
  if (IsPlaced(now.state()) && told != orders) Break("a settled row does not tell of every order");
  if (SaysNoOrder(now.state()) && !orders.empty())
    Break(absl::StrCat("a row says ", Word(now.state()), " although an order exists"));
}

void PlacementSimulation::CountChange(const v1::Placement* before, const v1::Placement& now) {
  if (before == nullptr) return;
  counts_.CountEdge(before->state(), now.state());
  if (now.state() == v1::PLACEMENT_STATE_IN_DOUBT && now.cause() == "lease_expired")
    counts_.Count("lease_expired");
  if (before->state() != v1::PLACEMENT_STATE_IN_DOUBT) return;
  switch (now.settlement().source()) {
    case v1::SETTLEMENT_SOURCE_LOOKUP:
      if (gateway_.list_habit() == ListHabit::kAlwaysEmpty)
        Break("a list that is always empty settled a row");
      if (gateway_.list_habit() == ListHabit::kHidesOrders &&
          now.state() == v1::PLACEMENT_STATE_NOT_PLACED)
        Break("a list that hides orders proved that there is none");
      return counts_.Count(absl::StrCat("lookup_", LowerWord(now.state())));
    case v1::SETTLEMENT_SOURCE_PERSON:
      return counts_.Count(absl::StrCat("person_", LowerWord(now.state())));
    default:
      return counts_.Count("late_answer_settled");
  }
}

// The gateway has just handled a body: who was told that there is no order was told the truth.
void PlacementSimulation::CheckNewOrders(const AttemptKey& attempt) {
  const std::optional<v1::Placement> row = RowOf({attempt.first.first, attempt.first.second});
  if (gateway_.OrdersOf(attempt).empty()) {
    const bool over = row->attempt() != attempt.second || SaysNoOrder(row->state());
    if (over) counts_.Count("woke_after_not_placed");
    return;
  }
  if (row->attempt() != attempt.second)
    return Break("an order appeared after another attempt had begun");
  if (row->state() == v1::PLACEMENT_STATE_IN_DOUBT) counts_.Count("ordered_while_in_doubt");
  if (!IsOpen(row->state()) && row->state() != v1::PLACEMENT_STATE_CLOSED)
    Break(absl::StrCat("an order appeared after its row had become ", Word(row->state())));
}

void PlacementSimulation::CheckEnd() {
  for (const auto& call : calls_) {
    if (!call->process_died && call->answers != 1)
      Break(absl::StrCat("a call has ", call->answers, " answers"));
  }
  for (const auto& [attempt, orders] : gateway_.orders()) {
    const v1::Placement& row = rows_[attempt.first];
    if (row.attempt() != attempt.second) Break("another attempt followed one that made an order");
    const bool told = IsPlaced(row.state()) && OrderIds(row) == orders;
    const bool open = row.state() == v1::PLACEMENT_STATE_IN_DOUBT;
    if (!told && !open && row.state() != v1::PLACEMENT_STATE_CLOSED)
      Break(absl::StrCat("an order exists, and its row says ", Word(row.state())));
  }
  for (const auto& [name, row] : rows_) {
    if (row.state() == v1::PLACEMENT_STATE_SENDING)
      Break(absl::StrCat(name.second, " is SENDING long after its lease"));
    if (row.candidates_size() > 0) counts_.Count("lookup_left_candidates");
    for (const Evidence& evidence : ledger_.evidence({name.first, name.second})) {
      if (evidence.reason == kSupersededEvidence) counts_.Count("late_answer_superseded");
    }
  }
  for (int i = 0; i < process_count_; ++i) {
    const std::string metrics = process(i).RenderMetrics();
    const bool touched = metrics.find("order1688_placements_in_flight{") != std::string::npos;
    const bool zero =
        metrics.find("order1688_placements_in_flight{account=\"main\"} 0\n") != std::string::npos;
    if (touched && !zero) Break("a place in flight was lost");
  }
}

}  // namespace order1688
