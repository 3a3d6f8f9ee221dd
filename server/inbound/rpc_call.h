// What every call of the API has in common: who calls, and the one line and the one set of metrics
// that it leaves.
#ifndef ORDER1688_SERVER_INBOUND_RPC_CALL_H_
#define ORDER1688_SERVER_INBOUND_RPC_CALL_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "grpcpp/server_context.h"
#include "server/inbound/caller_auth.h"
#include "server/ops/metrics.h"
#include "server/ops/rpc_log.h"

namespace order1688 {

// The full names of our services.
inline constexpr absl::string_view kOrderServiceName = "order1688.v1.OrderService";
inline constexpr absl::string_view kAccountServiceName = "order1688.v1.AccountService";

// A method of ours, in literals.
struct RpcMethod {
  absl::string_view service;  // e.g. kOrderServiceName
  absl::string_view name;     // e.g. "PlaceOrders"
};

// As gRPC names it: "/order1688.v1.OrderService/PlaceOrders".
std::string PathOf(const RpcMethod& method);

// One call, from its start to its status. Not thread-safe: one step of the call at a time.
class RpcCall {
 public:
  // `request_id` is the caller's, and may be anything; empty if the method has none.
  RpcCall(const RpcMethod& method, absl::string_view request_id, const Clock& clock,
          Metrics& metrics, const Log& log);

  // Who calls; nullptr if there is no known token, the caller lacks the permission, or the request
  // is not `readable`: `error` is then set.
  const CallerProfile* Admit(const grpc::ServerContext& context, const absl::Status& readable,
                             const CallerAuth& callers, config::v1::Permission permission,
                             std::optional<Error>* error);

  // The status to finish with. Each leaves one log line and the metrics; call exactly one of them,
  // once, before the call is finished.
  grpc::Status Ok(absl::string_view account, absl::string_view state, bool replayed);
  grpc::Status Failed(Error error);
  // The caller has gone.
  grpc::Status Cancelled();

  const std::string& request_id() const { return request_id_; }

 private:
  // Completes `line`, and leaves it.
  void Leave(RpcLine line);

  const RpcMethod method_;
  const std::string request_id_;
  const Clock& clock_;
  Metrics& metrics_;
  const Log& log_;
  const absl::Duration started_;
  absl::string_view caller_;  // the id of a profile, which outlives the call
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_RPC_CALL_H_
