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
    : clock_(clock), metrics_(metrics), log_(log), started_(clock.SinceBoot()) {
  line_.service = std::string(method.service);
  line_.method = std::string(method.name);
  // Anything else could be personal data in the wrong field.
  if (IsRequestId(request_id)) line_.request_id = std::string(request_id);
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
  line_.caller = caller->id;
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
  line_.account = std::string(account);
  line_.state = std::string(state);
  line_.replayed = replayed;
  Leave(grpc::StatusCode::OK);
  return grpc::Status::OK;
}

grpc::Status RpcCall::Failed(Error error) {
  error.request_id = line_.request_id;
  line_.reason = NameOf(error.reason);
  line_.account = error.metadata["account"];
  line_.state = error.metadata["state"];
  line_.replayed = error.replayed;
  for (const char* unset : {"account", "state"}) {
    if (error.metadata[unset].empty()) error.metadata.erase(unset);
  }
  Leave(CodeOf(error.reason));
  return ToGrpcStatus(error);
}

grpc::Status RpcCall::Cancelled() {
  Leave(grpc::StatusCode::CANCELLED);
  return grpc::Status::CANCELLED;
}

void RpcCall::Leave(grpc::StatusCode code) {
  line_.code = code;
  line_.elapsed = clock_.SinceBoot() - started_;
  LogRpc(log_, metrics_, line_);
}

}  // namespace order1688
