#include "server/inbound/unknown_method.h"

#include "server/inbound/call_errors.h"
#include "server/inbound/rpc_call.h"

namespace order1688 {
namespace {

// Not the name that was asked for: metrics would grow with whatever anyone sends.
constexpr RpcMethod kMethod = {"unknown", "unknown"};

class Answer final : public grpc::ServerGenericBidiReactor {
 public:
  explicit Answer(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerGenericBidiReactor* UnknownMethod::CreateReactor(
    grpc::GenericCallbackServerContext* /*context*/) {
  return new Answer(RpcCall(kMethod, "", clock_, metrics_, log_).Failed(MethodNotOffered()));
}

}  // namespace order1688
