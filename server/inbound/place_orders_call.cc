#include "server/inbound/place_orders_call.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/on_arena.h"
#include "google/protobuf/arena.h"
#include "order1688/v1/order_service.pb.h"
#include "server/inbound/call_errors.h"
#include "server/inbound/message_bytes.h"
#include "server/inbound/place_orders_validator.h"
#include "server/inbound/request_normalizer.h"
#include "server/inbound/rpc_call.h"

namespace order1688 {
namespace {

constexpr RpcMethod kMethod = {kOrderServiceName, "PlaceOrders"};
// Room for a request, in bytes: one of many cargo lines is many small objects. Most fit in it.
constexpr size_t kLeastRoom = 1024;
constexpr size_t kRoomPerWireByte = 3;
constexpr size_t kMostRoom = 32768;

absl::Duration DeadlineByBoot(const grpc::CallbackServerContext& context, const Clock& clock) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return absl::InfiniteDuration();
  return clock.SinceBoot() + absl::FromChrono(deadline - std::chrono::system_clock::now());
}

// An empty message for so many bytes.
std::shared_ptr<v1::PlaceOrdersRequest> NewMessage(size_t wire_size) {
  using Request = OnArena<v1::PlaceOrdersRequest>;
  auto request = std::make_shared<Request>(
      Request::WithRoom(std::min(kLeastRoom + kRoomPerWireByte * wire_size, kMostRoom)));
  v1::PlaceOrdersRequest* message = &**request;
  return {std::move(request), message};
}

// One call of PlaceOrders. gRPC deletes it through OnDone, after Finish: nothing touches it after
// Finish.
class PlaceOrdersReactor final : public grpc::ServerUnaryReactor {
 public:
  PlaceOrdersReactor(const OrderServiceParts& parts, absl::string_view request_id,
                     grpc::ByteBuffer* response)
      : parts_(parts),
        response_bytes_(*response),
        call_(kMethod, request_id, parts.clock, parts.metrics, parts.log) {}

  // Runs before gRPC has the reactor, so OnDone cannot come before it returns.
  void Start(const grpc::CallbackServerContext& context,
             std::shared_ptr<v1::PlaceOrdersRequest> message, const absl::Status& readable) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Authenticate(context, parts_.callers, config::v1::PLACE, &error);
    if (caller == nullptr) return Finish(call_.Failed(*std::move(error)));
    if (!readable.ok()) {
      return Finish(call_.Failed(InvalidRequest({{"request", std::string(readable.message())}})));
    }

    NormalForm form = Normalize(message.get());
    const v1::PlaceOrdersRequest& request = *message;
    Findings findings =
        CheckPlaceOrders(request, form.unknown_fields, *caller, parts_.max_cargo_lines_per_seller);
    if (!findings.violations.empty())
      return Finish(call_.Failed(InvalidRequest(std::move(findings.violations))));
    warnings_ = std::move(findings.warnings);

    const std::string& account =
        request.account().empty() ? caller->accounts.front() : request.account();
    absl::StatusOr<std::string> body = parts_.placer->Encode(account, BatchOf(form.wire));
    if (!body.ok())
      return Finish(call_.Failed(InvalidRequest({{"batch", "cannot be written as JSON"}})));
    if (request.validate_only()) return ShowBody(request, caller->id, account, *std::move(body));

    PlaceCommand command;
    command.key = {caller->id, request.request_id()};
    command.account = account;
    command.body = *std::move(body);
    command.deadline = DeadlineByBoot(context, parts_.clock);
    command.duplicate_window = caller->duplicate_window;
    command.refuse_duplicates = caller->refuse_duplicates;
    command.request = std::move(message);
    command.wire = std::move(form.wire);
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
    v1::PlaceOrdersResponse response;
    v1::Placement& placement = *response.mutable_placement();
    placement = parts_.placer->DescribeAccount(account);
    placement.set_request_id(request.request_id());
    placement.set_caller(caller);
    placement.set_reference(request.reference());
    response.set_request_body(std::move(body));
    FinishWell(&response, call_.Ok(account, "", false));
  }

  void OnPlaced(PlaceResult result) {
    if (result.error.has_value()) return Finish(call_.Failed(*std::move(result.error)));
    // On the same arena, so that nothing is copied.
    OnArena<v1::Placement>& placement = result.placement;
    v1::Placement* placed = &*placement;
    auto* response =
        google::protobuf::Arena::CreateMessage<v1::PlaceOrdersResponse>(placement.arena());
    response->set_allocated_placement(placed);
    response->set_replayed(result.replayed);
    FinishWell(response, call_.Ok(placed->account(), v1::PlacementState_Name(placed->state()),
                                  result.replayed));
  }

  // gRPC calls OnDone on a thread that may lag behind: only the bytes of the response live so long,
  // or the responses of many calls would fill the memory.
  void FinishWell(v1::PlaceOrdersResponse* response, const grpc::Status& status) {
    for (std::string& warning : warnings_) response->add_warnings(std::move(warning));
    response_bytes_ = BytesOf(*response);
    Finish(status);
  }

  const OrderServiceParts& parts_;
  grpc::ByteBuffer& response_bytes_;
  std::vector<std::string> warnings_;
  RpcCall call_;
  std::shared_ptr<OrderPlacer::Call> placing_;
};

}  // namespace

grpc::ServerUnaryReactor* StartPlaceOrders(const OrderServiceParts& parts,
                                           const grpc::CallbackServerContext& context,
                                           const grpc::ByteBuffer& request,
                                           grpc::ByteBuffer* response) {
  std::shared_ptr<v1::PlaceOrdersRequest> message = NewMessage(request.Length());
  const absl::Status readable = ReadMessage(request, message.get());
  auto* reactor = new PlaceOrdersReactor(parts, message->request_id(), response);
  reactor->Start(context, std::move(message), readable);
  return reactor;
}

}  // namespace order1688
