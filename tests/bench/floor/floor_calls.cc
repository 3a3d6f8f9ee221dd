#include "tests/bench/floor/floor_calls.h"

#include "grpcpp/server_context.h"
#include "grpcpp/support/async_unary_call.h"
#include "grpcpp/support/slice.h"

namespace order1688 {
namespace {

// How many calls may come at once without waiting for the next one to be asked for.
constexpr int kAskedForAtOnce = 64;

struct Floor {
  FloorService& service;
  grpc::ServerCompletionQueue& queue;
  GatewayClient& gateway;
  const grpc::ByteBuffer response;
};

// One call; its own tag. Deleted when its answer is on its way.
class FloorCall final : GatewayClient::Waiter {
 public:
  static void AskForNext(const Floor& floor) { new FloorCall(floor); }

  void OnEvent(bool ok) {
    if (!ok || answering_) {
      delete this;
      return;
    }
    AskForNext(floor_);
    answering_ = true;
    floor_.gateway.Post(this);
  }

 private:
  explicit FloorCall(const Floor& floor) : floor_(floor), writer_(&context_) {
    floor_.service.RequestPlaceOrders(&context_, &request_, &writer_, &floor_.queue, &floor_.queue,
                                      this);
  }

  void OnAnswer(bool http_200) override {
    if (http_200) {
      writer_.Finish(floor_.response, grpc::Status::OK, this);
    } else {
      writer_.FinishWithError({grpc::StatusCode::UNKNOWN, "no answer from the gateway"}, this);
    }
  }

  const Floor& floor_;
  grpc::ServerContext context_;
  grpc::ByteBuffer request_;
  grpc::ServerAsyncResponseWriter<grpc::ByteBuffer> writer_;
  bool answering_ = false;
};

}  // namespace

void ServeFloorCalls(FloorService& service, grpc::ServerCompletionQueue& queue,
                     GatewayClient& gateway, const std::string& response) {
  const grpc::Slice bytes(response);
  const Floor floor{service, queue, gateway, grpc::ByteBuffer(&bytes, 1)};
  for (int i = 0; i < kAskedForAtOnce; ++i) FloorCall::AskForNext(floor);
  while (true) {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    static_cast<FloorCall*>(tag)->OnEvent(ok);
  }
}

}  // namespace order1688
