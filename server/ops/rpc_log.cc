#include "server/ops/rpc_log.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/request_id.h"

namespace order1688 {
namespace {

bool TellsOfTrouble(grpc::StatusCode code) {
  return code == grpc::StatusCode::UNKNOWN || code == grpc::StatusCode::INTERNAL ||
         code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DATA_LOSS;
}

}  // namespace

void LogRpc(const Log& log, Metrics& metrics, const RpcLine& line) {
  metrics.RpcHandled(line.service, line.method, line.code, line.elapsed);
  absl::string_view request_id = line.request_id;
  if (!request_id.empty() && !IsRequestId(request_id)) request_id = "(malformed)";
  auto write = TellsOfTrouble(line.code) ? &Log::Warn : &Log::InfoHeld;
  (log.*write)("rpc", {{"method", absl::StrCat(line.service, "/", line.method)},
                       {"code", absl::StatusCodeToString(static_cast<absl::StatusCode>(line.code))},
                       {"reason", line.reason},
                       {"caller", line.caller},
                       {"request_id", request_id},
                       {"account", line.account},
                       {"state", line.state},
                       {"replayed", line.replayed},
                       {"elapsed_ms", absl::ToInt64Milliseconds(line.elapsed)}});
}

}  // namespace order1688
