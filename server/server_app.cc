#include "server/server_app.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/security/server_credentials.h"
#include "server/endpoint.h"
#include "server/gateway_account.h"
#include "server/inbound/rpc_call.h"
#include "server/inbound/unknown_method.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/postgres_ledger.h"
#include "server/ledger/sqlite_ledger.h"
#include "server/placement/lease_sweeper.h"
#include "server/placement/ledger_maintenance.h"

namespace order1688 {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(10);
constexpr absl::Duration kListenerTryInterval = absl::Seconds(5);
constexpr absl::Duration kStopGrace = absl::Seconds(2);

std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const Config& config) {
  if (!config.proto.has_tls()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({config.tls_private_key, config.tls_certificates});
  if (!config.tls_client_ca.empty()) {
    options.pem_root_certs = config.tls_client_ca;
    options.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerApp>> ServerApp::Start(const Config& config,
                                                            const Clock& clock, const Log& log) {
  return StartOver(nullptr, config, clock, log);
}

absl::StatusOr<std::unique_ptr<ServerApp>> ServerApp::StartOver(std::unique_ptr<Ledger> ledger,
                                                                const Config& config,
                                                                const Clock& clock,
                                                                const Log& log) {
  std::unique_ptr<ServerApp> app(new ServerApp(config, clock, log));
  app->ledger_ = std::move(ledger);
  if (absl::Status status = app->StartAll(); !status.ok()) return status;
  log.Info("started",
           {{"port", app->port()}, {"ops_port", app->ops_port()}, {"version", ORDER1688_VERSION}});
  return app;
}

absl::Status ServerApp::StartAll() {
  absl::Status status;
  if (ledger_ == nullptr) status = OpenLedger();
  if (status.ok()) status = OpenGateways();
  if (!status.ok()) return status;
  BuildPlacer();
  status = WatchAccounts();
  if (!status.ok()) return status;
  StartLookups();
  status = Listen();
  if (status.ok()) status = ListenOps();
  if (!status.ok()) return status;
  WatchListener();
  return absl::OkStatus();
}

ServerApp::ServerApp(const Config& config, const Clock& clock, const Log& log)
    : config_(config),
      clock_(clock),
      log_(log),
      timer_(std::make_unique<ThreadTimer>()),
      callers_(config.proto.callers()),
      health_({std::string(kOrderServiceName), std::string(kAccountServiceName)}),
      reflection_({std::string(kOrderServiceName), std::string(kAccountServiceName),
                   "grpc.health.v1.Health"}) {}

ServerApp::~ServerApp() { Stop(); }

absl::Status ServerApp::OpenLedger() {
  return config_.proto.ledger().has_postgres() ? OpenPostgres() : OpenSqlite();
}

absl::Status ServerApp::OpenPostgres() {
  const config::v1::Postgres& postgres = config_.proto.ledger().postgres();
  absl::StatusOr<ColumnCipher> cipher = ColumnCipher::Create(config_.encryption_keys);
  if (!cipher.ok()) return cipher.status();
  PostgresOptions options;
  options.dsn = config_.ledger_dsn;
  options.connections = postgres.connections();
  options.allow_unsafe_durability = postgres.allow_unsafe_durability();
  if (options.allow_unsafe_durability) log_.Warn("unsafe_durability_allowed", {});
  absl::StatusOr<std::unique_ptr<PostgresLedger>> ledger =
      PostgresLedger::Open(std::move(options), *std::move(cipher));
  if (!ledger.ok()) return ledger.status();
  ledger_ = *std::move(ledger);
  return absl::OkStatus();
}

absl::Status ServerApp::OpenSqlite() {
  absl::StatusOr<std::unique_ptr<SqliteLedger>> ledger =
      SqliteLedger::Open(config_.proto.ledger().sqlite().path(), config_.encryption_keys, clock_);
  if (!ledger.ok()) return ledger.status();
  for (const PlacementKey& key : (*ledger)->found_sending()) {
    metrics_.Alarm("found_sending");
    log_.Error("alarm",
               {{"kind", "found_sending"}, {"caller", key.caller}, {"request_id", key.request_id}});
  }
  ledger_ = *std::move(ledger);
  return absl::OkStatus();
}

absl::Status ServerApp::OpenGateways() {
  for (const config::v1::Account& account : config_.proto.accounts()) {
    AccountParts& parts = accounts_[account.name()];
    parts.transport = std::make_unique<CurlTransport>(
        MakeTransportOptions(config_, account), clock_, [this, name = account.name()] {
          metrics_.SendStopped(name);
          log_.Warn("second_send_stopped", {{"account", name}});
        });
    absl::StatusOr<std::unique_ptr<OrderGateway>> gateway =
        OrderGateway::Create(MakeGatewayAccount(config_, account), *parts.transport, clock_);
    if (!gateway.ok()) return gateway.status();
    parts.gateway = *std::move(gateway);
    if (!account.has_lookup()) continue;
    absl::StatusOr<std::unique_ptr<OrderList>> list =
        OrderList::Create(MakeGatewayAccount(config_, account),
                          MakeOrderListTerms(account.lookup()), *parts.transport, clock_);
    if (!list.ok()) return list.status();
    parts.order_list = *std::move(list);
  }
  return absl::OkStatus();
}

void ServerApp::BuildPlacer() {
  std::vector<PlacerAccount> accounts;
  for (const config::v1::Account& account : config_.proto.accounts()) {
    accounts.push_back({accounts_.at(account.name()).gateway.get(), account.max_in_flight(),
                        account.orders_per_second()});
  }
  const config::v1::Limits& limits = config_.proto.limits();
  placer_ =
      std::make_shared<OrderPlacer>(accounts, limits.max_placements_in_flight(),
                                    DurationOf(config_.proto.ledger().personal_data_retention()),
                                    *ledger_, *timer_, clock_, metrics_, log_);
  std::make_shared<LeaseSweeper>(kSweepInterval, *ledger_, *timer_, metrics_, log_)->Start();
  std::make_shared<LedgerMaintenance>(*ledger_, *timer_, metrics_, log_)->Start();
  service_ = std::make_unique<OrderService>(
      OrderService::Parts{callers_, placer_, *ledger_, *timer_, clock_, metrics_, log_,
                          limits.max_cargo_lines_per_seller()});
}

void ServerApp::StartLookups() {
  for (const auto& [name, parts] : accounts_) {
    if (parts.order_list == nullptr) continue;
    lookups_.push_back(std::make_shared<PlacementLookup>(
        name,
        PlacementLookup::Parts{*parts.order_list, *ledger_, *timer_, clock_, metrics_, log_}));
    lookups_.back()->Start();
  }
}

// An account that an operator paused stays paused over a restart: its state is read before the
// first call is taken.
absl::Status ServerApp::WatchAccounts() {
  std::vector<const OrderGateway*> gateways;
  for (const config::v1::Account& account : config_.proto.accounts()) {
    gateways.push_back(accounts_.at(account.name()).gateway.get());
  }
  refusal_settler_ = std::make_shared<RefusalSettler>(gateways, *ledger_, *timer_, log_);
  account_watch_ =
      std::make_shared<AccountWatch>(gateways, placer_->pauses(), *ledger_, *timer_, log_,
                                     [settler = refusal_settler_] { settler->LookNow(); });
  account_service_ = std::make_unique<AccountService>(
      AccountService::Parts{callers_, account_watch_, *ledger_, clock_, metrics_, log_});
  // Shared, because the thread that sets it may still be in it when it is read.
  auto read = std::make_shared<std::promise<bool>>();
  std::future<bool> complete = read->get_future();
  account_watch_->Start([read](bool whole) { read->set_value(whole); });
  if (!complete.get()) {
    return absl::UnavailableError("the state of the accounts cannot be read from the ledger");
  }
  refusal_settler_->Start();
  return absl::OkStatus();
}

absl::Status ServerApp::Listen() {
  RpcServer::Options options;
  options.listen = config_.proto.listen();
  options.credentials = MakeCredentials(config_);
  service_->AddTo(&options.methods);
  account_service_->AddTo(&options.methods);
  health_.AddTo(&options.methods);
  reflection_.AddTo(&options.methods);
  options.start_unknown = AnswerUnknownMethod(clock_, metrics_, log_);
  options.before_ending = [this] { log_.WriteHeld(); };
  options.elsewhere = Transports();
  absl::StatusOr<std::unique_ptr<RpcServer>> server = RpcServer::Start(std::move(options));
  if (!server.ok()) return server.status();
  server_ = *std::move(server);
  return absl::OkStatus();
}

RpcServer::Elsewhere ServerApp::Transports() {
  std::vector<CurlTransport*> transports;
  for (const auto& [name, parts] : accounts_) transports.push_back(parts.transport.get());
  return {[transports] {
            bool any = false;
            for (CurlTransport* transport : transports) any = transport->LookHere() || any;
            return any;
          },
          [transports] {
            for (CurlTransport* transport : transports) transport->StopLookingHere();
          }};
}

absl::Status ServerApp::ListenOps() {
  absl::StatusOr<std::unique_ptr<OpsServer>> ops =
      OpsServer::Start(config_.proto.ops_listen(),
                       {[this] { return metrics_.Render(); }, [this] { return listening_.load(); },
                        [this] { return ready_.load(); }});
  if (!ops.ok()) return ops.status();
  ops_ = *std::move(ops);
  ops_port_ = ops_->port();
  SetTaking(true);
  return absl::OkStatus();
}

void ServerApp::WatchListener() {
  const absl::StatusOr<Endpoint> listen = ParseEndpoint(config_.proto.listen());
  if (!listen.ok()) return;
  watchdog_ = std::make_shared<ListenerWatchdog>(
      listen->host, port(), kListenerTryInterval, *timer_, metrics_, log_,
      [this](bool listening) { SetListening(listening); });
  watchdog_->Start();
}

void ServerApp::SetTaking(bool taking) {
  const std::lock_guard lock(ready_mutex_);
  taking_ = taking;
  TellReady();
}

void ServerApp::SetListening(bool listening) {
  const std::lock_guard lock(ready_mutex_);
  listening_ = listening;
  TellReady();
}

void ServerApp::TellReady() {
  ready_ = taking_ && listening_;
  health_.SetServing(ready_);
}

void ServerApp::Stop() {
  if (watchdog_ != nullptr) watchdog_->Stop();
  SetTaking(false);
  if (placer_ != nullptr) {
    placer_->StopTaking();
    placer_->WaitUntilIdle();
  }
  if (refusal_settler_ != nullptr) refusal_settler_->Stop();
  if (service_ != nullptr) service_->StopWatches();
  health_.Shutdown();
  reflection_.Shutdown();
  if (server_ != nullptr) server_->Shutdown(kStopGrace);
  server_.reset();
  ops_.reset();
  for (const std::shared_ptr<PlacementLookup>& lookup : lookups_) lookup->Stop();
  // Threads end in the order in which work goes down; what they call is still there.
  timer_.reset();
  for (auto& [name, parts] : accounts_) parts.transport.reset();
  ledger_.reset();
  placer_.reset();
}

}  // namespace order1688
