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
#include "server/inbound/place_orders_validator.h"
#include "server/inbound/request_normalizer.h"
#include "server/inbound/rpc_call.h"
#include "server/rpc/message_bytes.h"

namespace order1688 {
namespace {

constexpr RpcMethod kMethod = {kOrderServiceName, "PlaceOrders"};
// Room for a request, in bytes: one of many cargo lines is many small objects. Most fit in it.
constexpr size_t kLeastRoom = 1024;
constexpr size_t kRoomPerWireByte = 3;
constexpr size_t kMostRoom = 32768;

absl::Duration DeadlineByBoot(const grpc::ServerContext& context, const Clock& clock) {
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

// One call of PlaceOrders. Nothing touches it after Finish or Answer.
class PlaceOrdersHandler final : public RpcHandler {
 public:
  PlaceOrdersHandler(const OrderServiceParts& parts, RpcStream& stream,
                     absl::string_view request_id)
      : parts_(parts),
        stream_(stream),
        call_(kMethod, request_id, parts.clock, parts.metrics, parts.log) {}

  void Start(std::shared_ptr<v1::PlaceOrdersRequest> message, const absl::Status& readable) {
    std::optional<Error> error;
    const CallerProfile* caller =
        call_.Admit(stream_.context(), readable, parts_.callers, config::v1::PLACE, &error);
    if (caller == nullptr) return Fail(*std::move(error));

    NormalForm form = Normalize(message.get());
    const v1::PlaceOrdersRequest& request = *message;
    Findings findings =
        CheckPlaceOrders(request, form.unknown_fields, *caller, parts_.max_cargo_lines_per_seller);
    if (!findings.violations.empty()) return Fail(InvalidRequest(std::move(findings.violations)));
    warnings_ = std::move(findings.warnings);

    const std::string& account =
        request.account().empty() ? caller->accounts.front() : request.account();
    absl::StatusOr<std::string> body = parts_.placer->Encode(account, BatchOf(form.wire));
    if (!body.ok()) return Fail(InvalidRequest({{"batch", "cannot be written as JSON"}}));
    if (request.validate_only()) return ShowBody(request, caller->id, account, *std::move(body));

    PlaceCommand command;
    command.key = {caller->id, request.request_id()};
    command.account = account;
    command.body = *std::move(body);
    command.deadline = DeadlineByBoot(stream_.context(), parts_.clock);
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

 private:
  void ShowBody(const v1::PlaceOrdersRequest& request, const std::string& caller,
                const std::string& account, std::string body) {
    v1::PlaceOrdersResponse response;
    v1::Placement& placement = *response.mutable_placement();
    parts_.placer->DescribeAccount(account, &placement);
    placement.set_request_id(request.request_id());
    placement.set_caller(caller);
    placement.set_reference(request.reference());
    response.set_request_body(std::move(body));
    call_.Ok(account, "", false);
    Answer(&response, "");
  }

  void OnPlaced(PlaceResult result) {
    if (result.error.has_value()) return Fail(*std::move(result.error));
    OnArena<v1::Placement>& placement = result.placement;
    call_.Ok(placement->account(), v1::PlacementState_Name(placement->state()), result.replayed);
    // On the same arena, so that nothing is copied.
    auto* response =
        google::protobuf::Arena::CreateMessage<v1::PlaceOrdersResponse>(placement.arena());
    response->set_replayed(result.replayed);
    if (result.bytes.empty()) response->set_allocated_placement(&*placement);
    Answer(response, result.bytes);
  }

  void Fail(Error error) { stream_.Finish(call_.Failed(std::move(error))); }

  // `placement` is that of the response, serialised, unless the response has it.
  void Answer(v1::PlaceOrdersResponse* response, absl::string_view placement) {
    for (std::string& warning : warnings_) response->add_warnings(std::move(warning));
    if (placement.empty()) return stream_.Answer(BytesOf(*response));
    stream_.Answer(BytesWith(*response, v1::PlaceOrdersResponse::kPlacementFieldNumber, placement));
  }

  const OrderServiceParts& parts_;
  RpcStream& stream_;
  std::vector<std::string> warnings_;
  RpcCall call_;
  std::shared_ptr<OrderPlacer::Call> placing_;
};

}  // namespace

std::shared_ptr<RpcHandler> StartPlaceOrders(const OrderServiceParts& parts, RpcStream& stream) {
  const grpc::ByteBuffer request = stream.TakeMessage();
  std::shared_ptr<v1::PlaceOrdersRequest> message = NewMessage(request.Length());
  const absl::Status readable = ReadMessage(request, message.get());
  auto handler = std::make_shared<PlaceOrdersHandler>(parts, stream, message->request_id());
  handler->Start(std::move(message), readable);
  return handler;
}

}  // namespace order1688
