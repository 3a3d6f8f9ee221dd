#include "server/placement/refusal_settler.h"

#include <utility>

#include "order1688/v1/order_service.pb.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kUnknownCode[] = "unknown_code";
constexpr int kRowsPerRead = 50;

bool WaitsOnARefusal(const v1::Placement& placement, const OrderGateway& gateway) {
  return placement.state() == v1::PLACEMENT_STATE_IN_DOUBT && placement.cause() == kUnknownCode &&
         gateway.refusal_codes().all()->contains(placement.error().code());
}

// The stored answer, judged by the refusal codes of now; nullopt if it is still in doubt.
std::optional<RowSettlement> SettlementOf(const WholeRow& whole, const OrderGateway& gateway) {
  const v1::Placement& before = *whole.row.placement;
  v1::PlaceOrdersRequest request;
  if (!WaitsOnARefusal(before, gateway) || whole.request.empty() || whole.raw_answer.empty() ||
      !request.ParseFromString(whole.request)) {
    return std::nullopt;
  }
  HttpResult answer;
  answer.outcome = SendOutcome::kAnswered;
  answer.http_status = before.error().http_status();
  answer.body = whole.raw_answer;
  GatewayVerdict verdict = gateway.Judge(request.batch(), answer);
  if (verdict.outcome->state() == v1::PLACEMENT_STATE_IN_DOUBT) return std::nullopt;
  RowSettlement settlement;
  settlement.key = {before.caller(), before.request_id()};
  settlement.fence = whole.row.fence;
  settlement.revision = RevisionOf(whole.row);
  settlement.placement = std::move(verdict.outcome);
  settlement.placement->mutable_settlement()->set_source(v1::SETTLEMENT_SOURCE_REFUSAL_CODE);
  settlement.placement->mutable_settlement()->set_reason(before.error().code());
  return settlement;
}

}  // namespace

RefusalSettler::RefusalSettler(std::vector<const OrderGateway*> gateways, Ledger& ledger,
                               Timer& timer, const Log& log)
    : gateways_(std::move(gateways)), ledger_(ledger), timer_(timer), log_(log) {}

void RefusalSettler::Start() {
  timer_.RunAfter(kInterval, [self = shared_from_this()] {
    self->LookNow();
    self->Start();
  });
}

void RefusalSettler::LookNow() {
  if (stopping_) return;
  {
    const std::lock_guard lock(mutex_);
    again_ = looking_;
    if (looking_) return;
    looking_ = true;
  }
  ReadPage(std::make_shared<Look>());
}

void RefusalSettler::ReadPage(const LookPtr& look) {
  while (look->gateway < gateways_.size() &&
         gateways_[look->gateway]->refusal_codes().all()->empty()) {
    ++look->gateway;
  }
  if (look->gateway == gateways_.size() || stopping_) return End();
  PlacementQuery query;
  query.account = gateways_[look->gateway]->account().name;
  query.states = {v1::PLACEMENT_STATE_IN_DOUBT};
  query.after = look->after;
  query.limit = kRowsPerRead;
  ledger_.List(std::move(query),
               [self = shared_from_this(), look](absl::StatusOr<std::vector<LedgerRow>> rows) {
                 self->OnPage(look, std::move(rows));
               });
}

void RefusalSettler::OnPage(const LookPtr& look, absl::StatusOr<std::vector<LedgerRow>> rows) {
  if (!rows.ok()) {
    log_.Error("refusal_look_failed");
    return End();
  }
  const OrderGateway& gateway = *gateways_[look->gateway];
  for (const LedgerRow& row : *rows) {
    if (WaitsOnARefusal(*row.placement, gateway)) {
      look->waiting.push_back({row.placement->caller(), row.placement->request_id()});
    }
  }
  look->last_page = rows->size() < kRowsPerRead;
  if (!rows->empty()) look->after = PositionOf(rows->back());
  JudgeNext(look);
}

void RefusalSettler::JudgeNext(const LookPtr& look) {
  if (stopping_) return End();
  if (!look->waiting.empty()) {
    PlacementKey key = std::move(look->waiting.front());
    look->waiting.pop_front();
    ledger_.FindWhole(std::move(key), [self = shared_from_this(),
                                       look](absl::StatusOr<std::optional<WholeRow>> found) {
      self->OnWhole(look, std::move(found));
    });
    return;
  }
  if (look->last_page) {
    ++look->gateway;
    look->after.reset();
  }
  ReadPage(look);
}

void RefusalSettler::OnWhole(const LookPtr& look, absl::StatusOr<std::optional<WholeRow>> found) {
  if (!found.ok()) {
    log_.Error("refusal_look_failed");
    return End();
  }
  std::optional<RowSettlement> settlement;
  if (found->has_value()) settlement = SettlementOf(**found, *gateways_[look->gateway]);
  if (!settlement.has_value()) return JudgeNext(look);
  ledger_.Settle(*std::move(settlement),
                 [self = shared_from_this(), look](absl::StatusOr<Settled> settled) {
                   self->OnSettled(look, std::move(settled));
                 });
}

void RefusalSettler::OnSettled(const LookPtr& look, absl::StatusOr<Settled> settled) {
  if (!settled.ok()) {
    log_.Error("refusal_look_failed");
    return End();
  }
  if (settled->outcome == SettleOutcome::kSettled) {
    const v1::Placement& placement = *settled->row.placement;
    log_.Info("placement_settled", {{"source", "refusal_code"},
                                    {"account", placement.account()},
                                    {"caller", placement.caller()},
                                    {"request_id", placement.request_id()},
                                    {"state", v1::PlacementState_Name(placement.state())}});
  }
  JudgeNext(look);
}

void RefusalSettler::End() {
  bool again = false;
  {
    const std::lock_guard lock(mutex_);
    looking_ = false;
    std::swap(again, again_);
  }
  if (again) LookNow();
}

}  // namespace order1688
