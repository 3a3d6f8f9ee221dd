// What must hold in every life: the promises of PlacementSimulation.
#include "absl/strings/str_cat.h"
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

bool IsPlaced(const v1::Placement& placement) {
  return placement.state() == v1::PLACEMENT_STATE_PLACED ||
         placement.state() == v1::PLACEMENT_STATE_PARTIALLY_PLACED;
}

bool IsOpen(const v1::Placement& placement) {
  return placement.state() == v1::PLACEMENT_STATE_SENDING ||
         placement.state() == v1::PLACEMENT_STATE_IN_DOUBT;
}

}  // namespace

void PlacementSimulation::OnAnswer(int number, const PlaceResult& result) {
  Call& call = *calls_[number];
  if (++call.answers > 1) Break("a call was answered twice");
  const std::optional<LedgerRow> row = ledger_.row(call.key);
  if (!result.error.has_value()) {
    if (result.replayed) ++counts_.joined_or_replayed;
    if (!row.has_value() || row->placement.state() != result.placement.state())
      Break("an answer was given before it was durable");
    if (!IsPlaced(result.placement)) Break("OK for something that is not placed");
    return;
  }
  const v1::ErrorReason reason = result.error->reason;
  if (reason == v1::ERROR_REASON_OUTCOME_IN_DOUBT) ++counts_.in_doubt;
  if (reason == v1::ERROR_REASON_GATEWAY_REJECTED &&
      row->placement.state() != v1::PLACEMENT_STATE_REJECTED) {
    Break("a refusal was told before it was durable");
  }
  if (CodeOf(reason) != grpc::StatusCode::UNAVAILABLE) return;
  if (call.body_left)
    Break(absl::StrCat("UNAVAILABLE (", NameOf(reason), ") for a call whose order had left"));
  if (reason != v1::ERROR_REASON_GATEWAY_UNREACHABLE) return;
  const auto orders = orders_.find({MapKey(call.key), result.placement.attempt()});
  if (orders != orders_.end() && !orders->second.empty())
    Break("GATEWAY_UNREACHABLE although an order exists");
}

// Every change of a row is a declared one, and only NOT_PLACED is followed by another attempt.
void PlacementSimulation::CheckRows() {
  for (const PlacementKey& key : keys_) {
    const std::optional<LedgerRow> row = ledger_.row(key);
    if (!row.has_value()) continue;
    const v1::Placement& now = row->placement;
    const auto known = rows_.find(MapKey(key));
    const v1::PlacementState before =
        known == rows_.end() ? v1::PLACEMENT_STATE_UNSPECIFIED : known->second.state();
    const int attempt_before = known == rows_.end() ? 0 : known->second.attempt();
    if (now.attempt() != attempt_before) {
      const bool first = attempt_before == 0;
      if (now.attempt() != attempt_before + 1 || now.state() != v1::PLACEMENT_STATE_SENDING)
        Break("an attempt was skipped");
      if (!first && before != v1::PLACEMENT_STATE_NOT_PLACED)
        Break("a second attempt after a state other than NOT_PLACED");
      if (!first) ++counts_.second_attempts;
    } else if (now.state() != before && !IsDeclaredEdge(before, now.state())) {
      Break(absl::StrCat("undeclared change of state ", before, " to ", now.state()));
    }
    if (before == v1::PLACEMENT_STATE_IN_DOUBT && IsPlaced(now)) ++counts_.late_settled;
    rows_[MapKey(key)] = now;
  }
}

void PlacementSimulation::CheckEnd() {
  for (const auto& call : calls_) {
    if (!call->process_died && call->answers != 1)
      Break(absl::StrCat("a call has ", call->answers, " answers"));
  }
  for (const auto& [attempt, orders] : orders_) {
    if (orders.empty()) continue;
    const v1::Placement& row = rows_[attempt.first];
    if (row.attempt() != attempt.second) Break("another attempt followed one that made an order");
    const bool told = IsPlaced(row) && OrderIds(row) == orders;
    if (!told && !IsOpen(row))
      Break(absl::StrCat("an order exists, but its row says state ", row.state()));
  }
  for (const auto& [key, row] : rows_) {
    if (!IsPlaced(row)) continue;
    if (orders_[{key, row.attempt()}] != OrderIds(row))
      Break("a row tells of orders that were never made");
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
