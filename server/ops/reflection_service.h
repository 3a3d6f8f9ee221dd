// Server reflection v1 and v1alpha: tools such as grpcurl learn from it what the server offers.
// Newer tools ask for v1 first; gRPC's plugin knows v1alpha only.
#ifndef ORDER1688_SERVER_OPS_REFLECTION_SERVICE_H_
#define ORDER1688_SERVER_OPS_REFLECTION_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Serves the .proto files that are linked into the program, and google.rpc's error details as far
// as the service sends them. Thread-safe; needs no thread of its
// own. Must outlive the RpcServer. More than 100 streams at a time, per version, are refused
// with RESOURCE_EXHAUSTED.
class ReflectionService {
 public:
  // `service_names`: full names of the services that the server registers, e.g.
  // "order1688.v1.OrderService" and "grpc.health.v1.Health". Those of reflection itself are added.
  explicit ReflectionService(std::vector<std::string> service_names);
  ~ReflectionService();
  ReflectionService(const ReflectionService&) = delete;
  ReflectionService& operator=(const ReflectionService&) = delete;

  // Adds the method of each version.
  void AddTo(ServedMethods* methods);

  // Ends every stream and refuses new ones: RpcServer::Shutdown waits for running streams. Call it
  // before RpcServer::Shutdown.
  void Shutdown();

 private:
  struct Versions;
  const std::unique_ptr<Versions> versions_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_REFLECTION_SERVICE_H_
