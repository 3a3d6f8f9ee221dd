#include "server/inbound/unknown_method.h"

#include "server/inbound/call_errors.h"
#include "server/inbound/rpc_call.h"

namespace order1688 {
namespace {

// Not the name that was asked for: metrics would grow with whatever anyone sends.
constexpr RpcMethod kMethod = {"unknown", "unknown"};

}  // namespace

StartRpc AnswerUnknownMethod(const Clock& clock, Metrics& metrics, const Log& log) {
  return [&clock, &metrics, &log](RpcStream& stream) {
    stream.Finish(RpcCall(kMethod, "", clock, metrics, log).Failed(MethodNotOffered()));
    return nullptr;
  };
}

}  // namespace order1688
