#include "server/inbound/rpc_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/request_id.h"
#include "server/inbound/call_errors.h"

namespace order1688 {
namespace {

// Two tokens are as good as none: it would be unclear who calls.
absl::string_view AuthorizationOf(const grpc::ServerContext& context) {
  auto [first, last] = context.client_metadata().equal_range("authorization");
  if (first == last || std::next(first) != last) return "";
  return {first->second.data(), first->second.size()};
}

}  // namespace

std::string PathOf(const RpcMethod& method) {
  return absl::StrCat("/", method.service, "/", method.name);
}

RpcCall::RpcCall(const RpcMethod& method, absl::string_view request_id, const Clock& clock,
                 Metrics& metrics, const Log& log)
    : method_(method),
      // Anything else could be personal data in the wrong field.
      request_id_(IsRequestId(request_id) ? request_id : ""),
      clock_(clock),
      metrics_(metrics),
      log_(log),
      started_(clock.SinceBoot()) {
  metrics_.RpcStarted(method.service, method.name);
}

const CallerProfile* RpcCall::Admit(const grpc::ServerContext& context,
                                    const absl::Status& readable, const CallerAuth& callers,
                                    config::v1::Permission permission,
                                    std::optional<Error>* error) {
  const CallerProfile* caller = callers.Recognise(AuthorizationOf(context));
  if (caller == nullptr) {
    *error = MakeError(v1::ERROR_REASON_UNKNOWN_CALLER,
                       "no known token; send the metadata `authorization: Bearer <token>`", "");
    return nullptr;
  }
  caller_ = caller->id;
  if (!caller->Permits(permission)) {
    *error = MakeError(v1::ERROR_REASON_NOT_PERMITTED,
                       "this caller is not permitted to make this call", "");
    return nullptr;
  }
  if (!readable.ok()) {
    *error = InvalidRequest({{"request", std::string(readable.message())}});
    return nullptr;
  }
  return caller;
}

grpc::Status RpcCall::Ok(absl::string_view account, absl::string_view state, bool replayed) {
  RpcLine line;
  line.account = account;
  line.state = state;
  line.replayed = replayed;
  Leave(line);
  return grpc::Status::OK;
}

grpc::Status RpcCall::Failed(Error error) {
  error.request_id = request_id_;
  const std::string reason = NameOf(error.reason);
  RpcLine line;
  line.code = CodeOf(error.reason);
  line.reason = reason;
  line.account = error.metadata["account"];
  line.state = error.metadata["state"];
  line.replayed = error.replayed;
  Leave(line);
  for (const char* unset : {"account", "state"}) {
    if (error.metadata[unset].empty()) error.metadata.erase(unset);
  }
  return ToGrpcStatus(error);
}

grpc::Status RpcCall::Cancelled() {
  RpcLine line;
  line.code = grpc::StatusCode::CANCELLED;
  Leave(line);
  return grpc::Status::CANCELLED;
}

void RpcCall::Leave(RpcLine line) {
  line.service = method_.service;
  line.method = method_.name;
  line.request_id = request_id_;
  line.caller = caller_;
  line.elapsed = clock_.SinceBoot() - started_;
  LogRpc(log_, metrics_, line);
}

}  // namespace order1688
