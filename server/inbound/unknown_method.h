// The answer to a method that this server does not have: a newer client asked, or one with a
// mistaken name.
#ifndef ORDER1688_SERVER_INBOUND_UNKNOWN_METHOD_H_
#define ORDER1688_SERVER_INBOUND_UNKNOWN_METHOD_H_

#include "common/clock.h"
#include "common/log.h"
#include "grpcpp/generic/async_generic_service.h"
#include "server/ops/metrics.h"

namespace order1688 {

// Answers UNIMPLEMENTED / NOT_OFFERED. gRPC's own answer has no ErrorInfo, which callers must take
// for an unknown outcome. Thread-safe. It and all that is handed in must outlive the gRPC server.
class UnknownMethod final : public grpc::CallbackGenericService {
 public:
  UnknownMethod(const Clock& clock, Metrics& metrics, const Log& log)
      : clock_(clock), metrics_(metrics), log_(log) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override;

 private:
  const Clock& clock_;
  Metrics& metrics_;
  const Log& log_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_UNKNOWN_METHOD_H_
