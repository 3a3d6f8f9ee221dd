// One log line and one count for each RPC.
#ifndef ORDER1688_SERVER_OPS_RPC_LOG_H_
#define ORDER1688_SERVER_OPS_RPC_LOG_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "grpcpp/support/status_code_enum.h"
#include "server/ops/metrics.h"

namespace order1688 {

// What one answered RPC leaves behind. Nothing here may be personal data. Texts are not copied.
struct RpcLine {
  absl::string_view service;  // full name, e.g. "order1688.v1.OrderService"
  absl::string_view method;   // e.g. "PlaceOrders"
  grpc::StatusCode code = grpc::StatusCode::OK;
  absl::string_view reason;      // reason of our ErrorInfo, e.g. "OUTCOME_IN_DOUBT"
  absl::string_view caller;      // configured id of the caller
  absl::string_view request_id;  // as the caller sent it: written only if it is well formed
  absl::string_view account;     // configured name
  absl::string_view state;       // state of the placement, e.g. "PLACED"
  bool replayed = false;
  absl::Duration elapsed;
};

// Writes the line, event "rpc", and calls Metrics::RpcHandled. Call it once per RPC, when its
// answer is known. The level is warn for the codes that tell of trouble on our side or of an order
// in doubt; else it is info, and the line is held (Log::InfoHeld).
void LogRpc(const Log& log, Metrics& metrics, const RpcLine& line);

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_RPC_LOG_H_
