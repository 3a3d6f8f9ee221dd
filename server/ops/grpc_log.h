// gRPC's own messages, as lines of our log.
#ifndef ORDER1688_SERVER_OPS_GRPC_LOG_H_
#define ORDER1688_SERVER_OPS_GRPC_LOG_H_

#include "common/log.h"

namespace order1688 {

// From now on every message of gRPC is a line with the event "grpc"; else gRPC writes plain text
// among the JSON. gRPC's hook takes no context, so a copy of `log` is kept until the process ends;
// its sink must live as long. Call it once, before anything of gRPC starts. How much gRPC says is
// up to GRPC_VERBOSITY.
void SendGrpcMessagesTo(const Log& log);

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_GRPC_LOG_H_
