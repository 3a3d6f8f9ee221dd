// One log line and one count for each RPC.
#ifndef ORDER1688_SERVER_OPS_RPC_LOG_H_
#define ORDER1688_SERVER_OPS_RPC_LOG_H_

#include <string>

#include "absl/time/time.h"
#include "common/log.h"
#include "grpcpp/support/status_code_enum.h"
#include "server/ops/metrics.h"

namespace order1688 {

// What one answered RPC leaves behind. Nothing here may be personal data.
struct RpcLine {
  std::string service;  // full name, e.g. "order1688.v1.OrderService"
  std::string method;   // e.g. "PlaceOrders"
  grpc::StatusCode code = grpc::StatusCode::OK;
  std::string reason;      // reason of our ErrorInfo, e.g. "OUTCOME_IN_DOUBT"
  std::string caller;      // configured id of the caller
  std::string request_id;  // as the caller sent it: written only if it is well formed
  std::string account;     // configured name
  std::string state;       // state of the placement, e.g. "PLACED"
  bool replayed = false;
  absl::Duration elapsed;
};

// Writes the line, event "rpc", and calls Metrics::RpcHandled. Call it once per RPC, when its
// answer is known. The level is warn for the codes that tell of trouble on our side or of an order
// in doubt, else info.
void LogRpc(const Log& log, Metrics& metrics, const RpcLine& line);

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_RPC_LOG_H_
