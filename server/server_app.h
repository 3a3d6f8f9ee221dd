// Builds the whole service, every object once and in order. main() starts it, and so do the
// integration tests.
#ifndef ORDER1688_SERVER_SERVER_APP_H_
#define ORDER1688_SERVER_SERVER_APP_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/config.h"
#include "server/inbound/account_service.h"
#include "server/inbound/caller_auth.h"
#include "server/inbound/order_service.h"
#include "server/ledger/ledger.h"
#include "server/ops/health_service.h"
#include "server/ops/listener_watchdog.h"
#include "server/ops/metrics.h"
#include "server/ops/ops_server.h"
#include "server/ops/reflection_service.h"
#include "server/placement/account_watch.h"
#include "server/placement/order_placer.h"
#include "server/placement/placement_lookup.h"
#include "server/placement/refusal_settler.h"
#include "server/rpc/rpc_server.h"
#include "server/thread_timer.h"
#include "server/upstream/curl_transport.h"
#include "server/upstream/order_gateway.h"
#include "server/upstream/order_list.h"

namespace order1688 {

// A running server.
class ServerApp {
 public:
  // Starts everything. `clock` and `log` must outlive it. The error says what could not be started;
  // nothing is left running then.
  static absl::StatusOr<std::unique_ptr<ServerApp>> Start(const Config& config, const Clock& clock,
                                                          const Log& log);

  // The same over `ledger` instead of the configured one.
  static absl::StatusOr<std::unique_ptr<ServerApp>> StartOver(std::unique_ptr<Ledger> ledger,
                                                              const Config& config,
                                                              const Clock& clock, const Log& log);

  // Like Stop.
  ~ServerApp();

  // The bound ports.
  int port() const { return server_->port(); }
  int ops_port() const { return ops_port_; }

  // Graceful: health turns NOT_SERVING, new placements are refused, those on their way finish and
  // are recorded, then the server ends. Blocks, at most the longest gateway timeout and a little
  // more. A second call does nothing.
  void Stop();

 private:
  // One account's way out. Gateway and order list are used by callbacks of the transport, so the
  // transport ends first.
  struct AccountParts {
    std::unique_ptr<OrderGateway> gateway;
    std::unique_ptr<OrderList> order_list;  // null: no lookup is configured
    std::unique_ptr<CurlTransport> transport;
  };

  ServerApp(const Config& config, const Clock& clock, const Log& log);
  absl::Status StartAll();
  absl::Status OpenLedger();
  absl::Status OpenSqlite();
  absl::Status OpenPostgres();
  absl::Status OpenGateways();
  void BuildPlacer();
  void StartLookups();
  absl::Status WatchAccounts();
  absl::Status Listen();
  // For the server's thread, while it looks.
  RpcServer::Elsewhere Transports();
  absl::Status ListenOps();
  void WatchListener();
  void SetTaking(bool taking);
  void SetListening(bool listening);
  // Needs ready_mutex_.
  void TellReady();

  const Config config_;
  const Clock& clock_;
  const Log& log_;
  Metrics metrics_;
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<ThreadTimer> timer_;
  absl::flat_hash_map<std::string, AccountParts> accounts_;
  std::shared_ptr<OrderPlacer> placer_;
  std::vector<std::shared_ptr<PlacementLookup>> lookups_;
  std::shared_ptr<RefusalSettler> refusal_settler_;
  std::shared_ptr<AccountWatch> account_watch_;
  CallerAuth callers_;
  std::unique_ptr<OrderService> service_;
  std::unique_ptr<AccountService> account_service_;
  HealthService health_;
  ReflectionService reflection_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<OpsServer> ops_;
  std::shared_ptr<ListenerWatchdog> watchdog_;
  std::mutex ready_mutex_;  // serialises changes of readiness
  bool taking_ = false;     // guarded by ready_mutex_: started, and not yet stopping
  std::atomic<bool> listening_ = true;
  std::atomic<bool> ready_ = false;
  int ops_port_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_SERVER_APP_H_
