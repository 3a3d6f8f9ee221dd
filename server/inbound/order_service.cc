#include "server/inbound/order_service.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request_id.h"
#include "server/inbound/place_orders_validator.h"
#include "server/inbound/request_normalizer.h"
#include "server/inbound/rpc_call.h"

namespace order1688 {
namespace {

absl::Duration DeadlineByBoot(const grpc::CallbackServerContext& context, const Clock& clock) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteDuration();
  return clock.SinceBoot() + absl::FromChrono(deadline - std::chrono::system_clock::now());
}

Error InvalidRequest(Findings findings) {
  const size_t total = findings.violations.size();
  Error error =
      MakeError(v1::ERROR_REASON_INVALID_REQUEST,
                absl::StrCat(total, total == 1 ? " field is" : " fields are",
                             " wrong; nothing was sent. First: ", findings.violations[0].field, " ",
                             findings.violations[0].description),
                "");
  error.violations = std::move(findings.violations);
  error.total_violations = static_cast<int>(total);
  return error;
}

// One call of PlaceOrders. gRPC deletes it through OnDone, after Finish: nothing touches it after
// Finish.
class PlaceOrdersReactor final : public grpc::ServerUnaryReactor {
 public:
  PlaceOrdersReactor(const OrderService::Parts& parts, const v1::PlaceOrdersRequest& request,
                     v1::PlaceOrdersResponse* response)
      : parts_(parts),
        response_(*response),
        call_("PlaceOrders", request.request_id(), parts.clock, parts.metrics, parts.log) {}

  // Runs before gRPC has the reactor, so OnDone cannot come before it returns.
  void Start(const grpc::CallbackServerContext& context, v1::PlaceOrdersRequest request) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Authenticate(context, parts_.callers, config::v1::PLACE, &error);
    if (caller == nullptr) return Finish(call_.Failed(*std::move(error)));

    ClearEmptyOptionals(&request);
    Findings findings = CheckPlaceOrders(request, *caller, parts_.max_cargo_lines_per_seller);
    if (!findings.violations.empty())
      return Finish(call_.Failed(InvalidRequest(std::move(findings))));
    for (std::string& warning : findings.warnings) response_.add_warnings(std::move(warning));

    const std::string& account =
        request.account().empty() ? caller->accounts.front() : request.account();
    absl::StatusOr<std::string> body = parts_.placer->Encode(account, request.batch());
    if (!body.ok())
      return Finish(call_.Failed(InvalidRequest({{{"batch", "cannot be written as JSON"}}, {}})));
    if (request.validate_only()) return ShowBody(request, caller->id, account, *std::move(body));

    PlaceCommand command;
    command.key = {caller->id, request.request_id()};
    command.account = account;
    command.body = *std::move(body);
    command.deadline = DeadlineByBoot(context, parts_.clock);
    command.request = std::move(request);
    placing_ = parts_.placer->Place(std::move(command),
                                    [this](PlaceResult result) { OnPlaced(std::move(result)); });
  }

  void OnCancel() override {
    if (placing_ != nullptr) parts_.placer->Cancel(placing_);
  }

  void OnDone() override { delete this; }

 private:
  void ShowBody(const v1::PlaceOrdersRequest& request, const std::string& caller,
                const std::string& account, std::string body) {
    v1::Placement& placement = *response_.mutable_placement();
    placement = parts_.placer->DescribeAccount(account);
    placement.set_request_id(request.request_id());
    placement.set_caller(caller);
    placement.set_reference(request.reference());
    response_.set_request_body(std::move(body));
    Finish(call_.Ok(account, "", false));
  }

  void OnPlaced(PlaceResult result) {
    if (result.error.has_value()) return Finish(call_.Failed(*std::move(result.error)));
    *response_.mutable_placement() = std::move(result.placement);
    response_.set_replayed(result.replayed);
    const v1::Placement& placement = response_.placement();
    Finish(
        call_.Ok(placement.account(), v1::PlacementState_Name(placement.state()), result.replayed));
  }

  const OrderService::Parts& parts_;
  v1::PlaceOrdersResponse& response_;
  RpcCall call_;
  std::shared_ptr<OrderPlacer::Call> placing_;
};

// One call of GetPlacement.
class GetPlacementReactor final : public grpc::ServerUnaryReactor {
 public:
  GetPlacementReactor(const OrderService::Parts& parts, const v1::GetPlacementRequest& request,
                      v1::GetPlacementResponse* response)
      : parts_(parts),
        response_(*response),
        call_("GetPlacement", request.request_id(), parts.clock, parts.metrics, parts.log) {}

  void Start(const grpc::CallbackServerContext& context, const v1::GetPlacementRequest& request) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Authenticate(context, parts_.callers, config::v1::READ, &error);
    if (caller == nullptr) return Finish(call_.Failed(*std::move(error)));
    if (!IsRequestId(request.request_id())) {
      return Finish(call_.Failed(InvalidRequest(
          {{{"request_id", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -"}}, {}})));
    }
    parts_.ledger.Find(
        {caller->id, request.request_id()},
        [this](absl::StatusOr<std::optional<LedgerRow>> found) { OnFound(std::move(found)); });
  }

  void OnDone() override { delete this; }

 private:
  void OnFound(absl::StatusOr<std::optional<LedgerRow>> found) {
    if (!found.ok()) {
      return Finish(call_.Failed(
          MakeError(v1::ERROR_REASON_LEDGER_UNAVAILABLE, "the ledger cannot be read", "")));
    }
    if (!found->has_value()) {
      return Finish(
          call_.Failed(MakeError(v1::ERROR_REASON_PLACEMENT_NOT_FOUND,
                                 "this caller has no placement with this request_id", "")));
    }
    *response_.mutable_placement() = std::move((*found)->placement);
    const v1::Placement& placement = response_.placement();
    Finish(call_.Ok(placement.account(), v1::PlacementState_Name(placement.state()), false));
  }

  const OrderService::Parts& parts_;
  v1::GetPlacementResponse& response_;
  RpcCall call_;
};

// The status of a method that this version does not offer, after authentication like any other.
grpc::Status NotOffered(absl::string_view method, const std::string& request_id,
                        config::v1::Permission permission,
                        const grpc::CallbackServerContext& context,
                        const OrderService::Parts& parts) {
  RpcCall call(method, request_id, parts.clock, parts.metrics, parts.log);
  std::optional<Error> error;
  if (call.Authenticate(context, parts.callers, permission, &error) == nullptr)
    return call.Failed(*std::move(error));
  return call.Failed(
      MakeError(v1::ERROR_REASON_NOT_OFFERED, "this server does not offer this method yet", ""));
}

class WatchRefusal final : public grpc::ServerWriteReactor<v1::WatchPlacementResponse> {
 public:
  explicit WatchRefusal(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerUnaryReactor* OrderService::PlaceOrders(grpc::CallbackServerContext* context,
                                                    const v1::PlaceOrdersRequest* request,
                                                    v1::PlaceOrdersResponse* response) {
  auto* reactor = new PlaceOrdersReactor(parts_, *request, response);
  reactor->Start(*context, *request);
  return reactor;
}

grpc::ServerUnaryReactor* OrderService::GetPlacement(grpc::CallbackServerContext* context,
                                                     const v1::GetPlacementRequest* request,
                                                     v1::GetPlacementResponse* response) {
  auto* reactor = new GetPlacementReactor(parts_, *request, response);
  reactor->Start(*context, *request);
  return reactor;
}

grpc::ServerUnaryReactor* OrderService::ListPlacements(grpc::CallbackServerContext* context,
                                                       const v1::ListPlacementsRequest* request,
                                                       v1::ListPlacementsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(NotOffered("ListPlacements", "", config::v1::READ, *context, parts_));
  return reactor;
}

grpc::ServerUnaryReactor* OrderService::ResolvePlacement(grpc::CallbackServerContext* context,
                                                         const v1::ResolvePlacementRequest* request,
                                                         v1::ResolvePlacementResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(
      NotOffered("ResolvePlacement", request->request_id(), config::v1::RESOLVE, *context, parts_));
  return reactor;
}

grpc::ServerWriteReactor<v1::WatchPlacementResponse>* OrderService::WatchPlacement(
    grpc::CallbackServerContext* context, const v1::WatchPlacementRequest* request) {
  return new WatchRefusal(
      NotOffered("WatchPlacement", request->request_id(), config::v1::READ, *context, parts_));
}

}  // namespace order1688
