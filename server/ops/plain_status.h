// How calls of gRPC's own services (health, reflection) end. Their clients know no ErrorInfo.
#ifndef ORDER1688_SERVER_OPS_PLAIN_STATUS_H_
#define ORDER1688_SERVER_OPS_PLAIN_STATUS_H_

#include "grpcpp/support/status.h"

namespace order1688 {

inline grpc::Status UnreadableStatus() {
  return {grpc::StatusCode::INVALID_ARGUMENT, "the request cannot be read"};
}

inline grpc::Status StoppingStatus() {
  return {grpc::StatusCode::UNAVAILABLE, "the server is stopping"};
}

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_PLAIN_STATUS_H_
