#include "server/inbound/resolve_placement_call.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/inbound/call_errors.h"
#include "server/inbound/field_checks.h"
#include "server/inbound/rpc_call.h"
#include "server/placement/person_verdict.h"
#include "server/placement/placement_error.h"
#include "server/rpc/unary_handler.h"

namespace order1688 {
namespace {

constexpr RpcMethod kMethod = {kOrderServiceName, "ResolvePlacement"};
constexpr int kMostOrderIds = 50;
constexpr size_t kLongestOrderId = 32;

bool IsOrderId(const std::string& id) {
  return !id.empty() && id.size() <= kLongestOrderId &&
         std::all_of(id.begin(), id.end(), [](char c) { return absl::ascii_isdigit(c); });
}

bool IsVerdict(v1::PlacementState state) {
  return state == v1::PLACEMENT_STATE_PLACED || state == v1::PLACEMENT_STATE_NOT_PLACED ||
         state == v1::PLACEMENT_STATE_CLOSED;
}

void CheckOrderIds(const v1::ResolvePlacementRequest& request,
                   std::vector<FieldViolation>* violations) {
  const bool wanted = request.verdict() == v1::PLACEMENT_STATE_PLACED;
  const int count = request.order_ids_size();
  if (wanted && (count == 0 || count > kMostOrderIds)) {
    violations->push_back(
        {"order_ids", absl::StrCat("must be 1 to ", kMostOrderIds, " with the verdict PLACED")});
  }
  if (!wanted && count > 0) {
    violations->push_back({"order_ids", "must be empty unless the verdict is PLACED"});
  }
  std::set<std::string> seen;
  for (int i = 0; i < count; ++i) {
    const std::string& id = request.order_ids(i);
    const std::string field = absl::StrCat("order_ids[", i, "]");
    if (!IsOrderId(id)) {
      violations->push_back({field, "must be 1 to 32 digits"});
    } else if (!seen.insert(id).second) {
      violations->push_back({field, "is given twice"});
    }
  }
}

std::vector<FieldViolation> CheckRequest(const v1::ResolvePlacementRequest& request) {
  std::vector<FieldViolation> violations;
  CheckUnknownFields(request, &violations);
  CheckCaller(request.caller(), &violations);
  CheckRequestId(request.request_id(), &violations);
  if (!IsVerdict(request.verdict())) {
    violations.push_back({"verdict", "must be PLACED, NOT_PLACED or CLOSED"});
  }
  CheckOrderIds(request, &violations);
  CheckReason(request.reason(), &violations);
  if (request.attempt() < 0) violations.push_back({"attempt", "must not be negative"});
  return violations;
}

// One call of ResolvePlacement.
class ResolvePlacementHandler final : public UnaryHandler<v1::ResolvePlacementResponse> {
 public:
  ResolvePlacementHandler(const OrderServiceParts& parts, RpcStream& stream,
                          const v1::ResolvePlacementRequest& request)
      : UnaryHandler(stream),
        parts_(parts),
        call_(kMethod, request.request_id(), parts.clock, parts.metrics, parts.log) {}

  void Start(const grpc::ServerContext& context, const v1::ResolvePlacementRequest& request,
             const absl::Status& readable) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Admit(context, readable, parts_.callers, config::v1::RESOLVE, &error);
    if (caller == nullptr) return Finish(call_.Failed(*std::move(error)));
    std::vector<FieldViolation> violations = CheckRequest(request);
    if (!violations.empty()) return Finish(call_.Failed(InvalidRequest(std::move(violations))));
    key_ = {request.caller().empty() ? caller->id : request.caller(), request.request_id()};
    attempt_ = request.attempt();
    verdict_ = {request.verdict(),
                {request.order_ids().begin(), request.order_ids().end()},
                caller->id,
                request.reason()};
    parts_.ledger.FindWhole(
        key_, [this](absl::StatusOr<std::optional<WholeRow>> found) { OnFound(std::move(found)); });
  }

 private:
  void OnFound(absl::StatusOr<std::optional<WholeRow>> found) {
    if (!found.ok()) return Finish(call_.Failed(LedgerUnavailable()));
    // Evidence without a row is no placement.
    if (!found->has_value() || (*found)->row.fence == 0) {
      return Finish(call_.Failed(PlacementNotFound()));
    }
    const v1::Placement& placement = *(*found)->row.placement;
    if (IsOtherAttempt(placement)) return Finish(call_.Failed(Changed(placement)));
    if (HoldsVerdict(placement, verdict_)) return FinishWith(placement);
    auto settlement = SettlementOf(**found, verdict_, parts_.clock.Now());
    if (auto* refusal = std::get_if<Error>(&settlement)) {
      return Finish(call_.Failed(std::move(*refusal)));
    }
    parts_.ledger.Settle(
        std::get<RowSettlement>(std::move(settlement)),
        [this](absl::StatusOr<Settled> settled) { OnSettled(std::move(settled)); });
  }

  void OnSettled(absl::StatusOr<Settled> settled) {
    if (!settled.ok()) return Finish(call_.Failed(LedgerUnavailable()));
    const v1::Placement& placement = *settled->row.placement;
    switch (settled->outcome) {
      case SettleOutcome::kSettled:
        // The reason is a person's free text: it stands in the ledger, not in the log.
        parts_.log.Info("placement_resolved",
                        {{"caller", verdict_.actor},
                         {"owner", key_.caller},
                         {"request_id", key_.request_id},
                         {"account", placement.account()},
                         {"verdict", v1::PlacementState_Name(verdict_.state)}});
        return FinishWith(placement);
      case SettleOutcome::kOrderOwned:
        return Finish(call_.Failed(Refusal(v1::ERROR_REASON_ORDER_OWNED,
                                           "an order id of the verdict belongs to another "
                                           "placement of the account",
                                           placement)));
      case SettleOutcome::kChanged:
        break;
    }
    // The answer to an earlier call with this verdict may have been lost, or somebody else was
    // faster.
    if (!IsOtherAttempt(placement) && HoldsVerdict(placement, verdict_)) {
      return FinishWith(placement);
    }
    if (IsOtherAttempt(placement) || placement.state() == v1::PLACEMENT_STATE_IN_DOUBT) {
      return Finish(call_.Failed(Changed(placement)));
    }
    Finish(call_.Failed(Refusal(v1::ERROR_REASON_NOT_IN_DOUBT,
                                "the placement is not in doubt any more", placement)));
  }

  bool IsOtherAttempt(const v1::Placement& placement) const {
    return attempt_ != 0 && attempt_ != placement.attempt();
  }

  static Error Refusal(v1::ErrorReason reason, absl::string_view message,
                       const v1::Placement& placement) {
    Error error = MakeError(reason, message, "");
    DescribePlacement(placement, &error);
    return error;
  }

  static Error Changed(const v1::Placement& placement) {
    return Refusal(v1::ERROR_REASON_PLACEMENT_CHANGED,
                   "the placement has changed: read it again, then decide again", placement);
  }

  void FinishWith(const v1::Placement& placement) {
    *response_.mutable_placement() = placement;
    Finish(call_.Ok(placement.account(), v1::PlacementState_Name(placement.state()), false));
  }

  const OrderServiceParts& parts_;
  RpcCall call_;
  PlacementKey key_;
  PersonVerdict verdict_;
  int attempt_ = 0;
};

}  // namespace

std::shared_ptr<RpcHandler> StartResolvePlacement(const OrderServiceParts& parts,
                                                  RpcStream& stream) {
  v1::ResolvePlacementRequest request;
  const absl::Status readable = ReadMessage(stream.TakeMessage(), &request);
  auto handler = std::make_shared<ResolvePlacementHandler>(parts, stream, request);
  handler->Start(stream.context(), request, readable);
  return handler;
}

}  // namespace order1688
