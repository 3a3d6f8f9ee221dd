// grpc.health.v1.Health, our own: gRPC's built-in one is invisible to reflection.
#ifndef ORDER1688_SERVER_OPS_HEALTH_SERVICE_H_
#define ORDER1688_SERVER_OPS_HEALTH_SERVICE_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "grpc/health/v1/health.pb.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Tells whether the server takes calls. It starts as NOT_SERVING. All services of the server share
// one state; "" stands for the server as a whole. Thread-safe; needs no thread of its own, however
// many watch. Must outlive the RpcServer.
//
// Check of an unknown service is NOT_FOUND; Watch of one tells SERVICE_UNKNOWN and stays open. More
// than kMostWatchers watchers are refused with RESOURCE_EXHAUSTED.
class HealthService {
 public:
  static constexpr size_t kMostWatchers = 1000;

  // `service_names`: full names of the services that share the state, e.g.
  // "order1688.v1.OrderService". "" need not be given.
  explicit HealthService(const std::vector<std::string>& service_names);
  ~HealthService();

  // Adds its methods.
  void AddTo(ServedMethods* methods);

  // Changes the state and tells every watcher. No effect after Shutdown.
  void SetServing(bool serving);

  // NOT_SERVING for good, and ends every watch: RpcServer::Shutdown waits for running streams. Call
  // it before RpcServer::Shutdown.
  void Shutdown();

 private:
  class Watcher;

  void Check(RpcStream& stream);
  std::shared_ptr<RpcHandler> Watch(RpcStream& stream);

  // Needs mutex_.
  grpc::health::v1::HealthCheckResponse::ServingStatus StatusOf(const std::string& service) const;

  const absl::flat_hash_set<std::string> service_names_;
  std::mutex mutex_;  // guards all below, and the members of every Watcher
  bool serving_ = false;
  bool shut_down_ = false;
  absl::flat_hash_set<Watcher*> watchers_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_HEALTH_SERVICE_H_
