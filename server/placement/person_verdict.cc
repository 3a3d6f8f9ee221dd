#include "server/placement/person_verdict.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "order1688/v1/order_service.pb.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"
#include "server/placement/placement_error.h"
#include "server/upstream/order_id_evidence.h"

namespace order1688 {
namespace {

bool IsPlaced(const v1::OrderResult& result) {
  return result.outcome() == v1::ORDER_OUTCOME_PLACED;
}

bool Contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

Error Refusal(v1::ErrorReason reason, absl::string_view message, const v1::Placement& placement) {
  Error error = MakeError(reason, message, placement.request_id());
  DescribePlacement(placement, &error);
  return error;
}

// What the gateway confirmed cannot be denied: the order would be forgotten, and perhaps bought
// again.
std::optional<Error> DeniedOrder(const v1::Placement& placement, const PersonVerdict& verdict) {
  if (verdict.state == v1::PLACEMENT_STATE_CLOSED) return std::nullopt;
  if (verdict.state == v1::PLACEMENT_STATE_NOT_PLACED) {
    if (std::none_of(placement.results().begin(), placement.results().end(), IsPlaced)) {
      return std::nullopt;
    }
    return Refusal(v1::ERROR_REASON_ORDER_OWNED,
                   "the gateway confirmed an order of this placement: NOT_PLACED cannot be",
                   placement);
  }
  for (const std::string& known : OwnedOrderIds(placement)) {
    if (Contains(verdict.order_ids, known)) continue;
    return Refusal(v1::ERROR_REASON_ORDER_OWNED,
                   absl::StrCat("the gateway confirmed the order ", known,
                                " of this placement: the verdict must name it too"),
                   placement);
  }
  return std::nullopt;
}

std::optional<Error> TooEarly(const v1::Placement& placement, absl::Time now) {
  const absl::Time possible_from =
      TimeOf(placement.has_sign_time() ? placement.sign_time() : placement.update_time()) +
      kOrderMayAppear;
  if (now >= possible_from) return std::nullopt;
  const std::string from = absl::FormatTime(
      "%Y-%m-%dT%H:%M:%SZ",
      absl::Ceil(possible_from - absl::UnixEpoch(), absl::Seconds(1)) + absl::UnixEpoch(),
      absl::UTCTimeZone());
  Error error = Refusal(
      v1::ERROR_REASON_TOO_EARLY,
      absl::StrCat("NOT_PLACED is possible from ", from,
                   " on: until then a sender that was only stopped may still place the order"),
      placement);
  error.metadata["possibleFrom"] = from;
  return error;
}

// The known result that speaks of this order; nullptr if there is none.
const v1::OrderResult* KnownResult(const v1::Placement& placement, const std::string& order_id) {
  const auto& results = placement.results();
  const auto exact =
      std::find_if(results.begin(), results.end(), [&](const v1::OrderResult& result) {
        return result.order().base_info().order_id() == order_id;
      });
  return exact == results.end() ? nullptr : &*exact;
}

// The rounded id of an order that exists may be the one of an order that the person names.
bool Fits(const v1::OrderResult& inexact, const std::string& order_id) {
  v1::Order order = inexact.order();
  order.mutable_base_info()->set_order_id(order_id);
  return EvidenceOf(order) == OrderIdEvidence::kExact && !TwinsDiffer(order);
}

v1::OrderResult NewResult(const std::string& order_id) {
  v1::OrderResult result;
  result.set_outcome(v1::ORDER_OUTCOME_PLACED);
  result.mutable_order()->mutable_base_info()->set_order_id(order_id);
  return result;
}

// One order that buys every line: then it is known which lines it has.
void CoverEveryLine(const std::string& request, v1::OrderResult* result) {
  v1::PlaceOrdersRequest placed;
  if (!placed.ParseFromString(request)) return;
  result->clear_cargo_indexes();
  for (int i = 0; i < placed.batch().cargo_lines_size(); ++i) result->add_cargo_indexes(i);
  const auto& lines = placed.batch().cargo_lines();
  const bool one_seller =
      !lines.empty() && std::all_of(lines.begin(), lines.end(), [&](const v1::Cargo& line) {
        return line.seller_open_id() == lines[0].seller_open_id();
      });
  if (one_seller) result->set_seller_open_id(lines[0].seller_open_id());
}

void FillPlaced(const WholeRow& whole, const PersonVerdict& verdict, v1::Placement* after) {
  const v1::Placement& before = *whole.row.placement;
  std::vector<const v1::OrderResult*> inexact;
  for (const v1::OrderResult& result : before.results()) {
    if (IsPlaced(result) && result.order_id_inexact()) inexact.push_back(&result);
  }
  after->clear_results();
  for (const std::string& id : verdict.order_ids) {
    if (const v1::OrderResult* known = KnownResult(before, id)) {
      *after->add_results() = *known;
      after->mutable_results()->rbegin()->set_outcome(v1::ORDER_OUTCOME_PLACED);
      continue;
    }
    const auto fitting = std::find_if(inexact.begin(), inexact.end(),
                                      [&](const auto* result) { return Fits(*result, id); });
    v1::OrderResult* result = after->add_results();
    if (fitting == inexact.end()) {
      *result = NewResult(id);
      continue;
    }
    *result = **fitting;
    result->set_order_id_inexact(false);
    result->mutable_order()->mutable_base_info()->set_order_id(id);
    inexact.erase(fitting);
  }
  for (const v1::OrderResult* left : inexact) *after->add_results() = *left;
  if (after->results_size() == 1) CoverEveryLine(whole.request, after->mutable_results(0));
}

}  // namespace

bool HoldsVerdict(const v1::Placement& placement, const PersonVerdict& verdict) {
  if (placement.state() != verdict.state ||
      placement.settlement().source() != v1::SETTLEMENT_SOURCE_PERSON) {
    return false;
  }
  if (verdict.state != v1::PLACEMENT_STATE_PLACED) return true;
  const std::vector<std::string> held = OwnedOrderIds(placement);
  return held.size() == verdict.order_ids.size() &&
         std::is_permutation(held.begin(), held.end(), verdict.order_ids.begin());
}

std::variant<Error, RowSettlement> SettlementOf(const WholeRow& whole, const PersonVerdict& verdict,
                                                absl::Time now) {
  const v1::Placement& before = *whole.row.placement;
  if (before.state() != v1::PLACEMENT_STATE_IN_DOUBT) {
    return Refusal(v1::ERROR_REASON_NOT_IN_DOUBT,
                   "the placement is not in doubt: there is nothing to resolve", before);
  }
  if (std::optional<Error> denied = DeniedOrder(before, verdict)) return *std::move(denied);
  if (verdict.state == v1::PLACEMENT_STATE_NOT_PLACED) {
    if (std::optional<Error> early = TooEarly(before, now)) return *std::move(early);
  }
  RowSettlement settlement;
  settlement.key = {before.caller(), before.request_id()};
  settlement.fence = whole.row.fence;
  settlement.revision = RevisionOf(whole.row);
  v1::Placement& after = *settlement.placement;
  after = before;
  after.set_state(verdict.state);
  after.set_cause(kResolved);
  v1::Settlement& settled = *after.mutable_settlement();
  settled.set_source(v1::SETTLEMENT_SOURCE_PERSON);
  settled.set_actor(verdict.actor);
  settled.set_reason(verdict.reason);
  if (verdict.state == v1::PLACEMENT_STATE_CLOSED) return settlement;
  after.clear_error();
  after.clear_results();
  if (verdict.state == v1::PLACEMENT_STATE_PLACED) {
    FillPlaced(whole, verdict, &after);
  } else {
    after.set_evidence(v1::NOT_PLACED_EVIDENCE_PERSON);
  }
  return settlement;
}

}  // namespace order1688
