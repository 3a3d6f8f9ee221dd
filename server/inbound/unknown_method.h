// The answer to a method that this server does not have: a newer client asked, or one with a
// mistaken name.
#ifndef ORDER1688_SERVER_INBOUND_UNKNOWN_METHOD_H_
#define ORDER1688_SERVER_INBOUND_UNKNOWN_METHOD_H_

#include "common/clock.h"
#include "common/log.h"
#include "server/ops/metrics.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Answers UNIMPLEMENTED / NOT_OFFERED. gRPC's own answer has no ErrorInfo, which callers must take
// for an unknown outcome. Thread-safe. All that is handed in must outlive the RpcServer.
StartRpc AnswerUnknownMethod(const Clock& clock, Metrics& metrics, const Log& log);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_UNKNOWN_METHOD_H_
