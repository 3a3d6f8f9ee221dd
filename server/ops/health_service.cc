#include "server/ops/health_service.h"

#include <optional>

namespace order1688 {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

absl::flat_hash_set<std::string> WithWholeServer(const std::vector<std::string>& names) {
  absl::flat_hash_set<std::string> all(names.begin(), names.end());
  all.insert("");
  return all;
}

grpc::Status ShuttingDown() { return {grpc::StatusCode::UNAVAILABLE, "the server is stopping"}; }

}  // namespace

// One Watch. gRPC calls it; the service owns its turn: members are guarded by
// HealthService::mutex_. It deletes itself after its last reaction.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  Watcher(HealthService* service, std::string name) : service_(service), name_(std::move(name)) {}

  // Registers the watcher and writes the first status.
  void Begin() {
    std::lock_guard lock(service_->mutex_);
    if (service_->shut_down_) return EndLocked(ShuttingDown());
    if (service_->watchers_.size() >= kMostWatchers) {
      return EndLocked({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many watchers"});
    }
    service_->watchers_.insert(this);
    TellLocked();
  }

  // Tells the status of now, if the client does not know it yet.
  void TellLocked() {
    HealthCheckResponse::ServingStatus status = service_->StatusOf(name_);
    if (writing_ || ended_ || told_ == status) return;
    told_ = status;
    writing_ = true;
    response_.set_status(status);
    StartWrite(&response_);
  }

  // Ends the stream, after the status of now has been told.
  void ShutdownLocked() {
    TellLocked();
    if (!writing_) EndLocked(ShuttingDown());
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(service_->mutex_);
    writing_ = false;
    if (!ok) return EndLocked(grpc::Status::CANCELLED);
    // It may have changed while this write was on its way.
    TellLocked();
    if (!writing_ && service_->shut_down_) EndLocked(ShuttingDown());
  }

  void OnCancel() override {
    std::lock_guard lock(service_->mutex_);
    EndLocked(grpc::Status::CANCELLED);
  }

  void OnDone() override {
    {
      std::lock_guard lock(service_->mutex_);
      service_->watchers_.erase(this);
    }
    delete this;
  }

 private:
  void EndLocked(const grpc::Status& status) {
    if (ended_) return;
    ended_ = true;
    Finish(status);
  }

  HealthService* const service_;
  const std::string name_;
  bool writing_ = false;
  bool ended_ = false;
  std::optional<HealthCheckResponse::ServingStatus> told_;
  HealthCheckResponse response_;
};

HealthService::HealthService(const std::vector<std::string>& service_names)
    : service_names_(WithWholeServer(service_names)) {}

HealthService::~HealthService() = default;

void HealthService::SetServing(bool serving) {
  std::lock_guard lock(mutex_);
  if (shut_down_) return;
  serving_ = serving;
  for (Watcher* watcher : watchers_) watcher->TellLocked();
}

void HealthService::Shutdown() {
  std::lock_guard lock(mutex_);
  shut_down_ = true;
  serving_ = false;
  for (Watcher* watcher : watchers_) watcher->ShutdownLocked();
}

HealthCheckResponse::ServingStatus HealthService::StatusOf(const std::string& service) const {
  if (!service_names_.contains(service)) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::lock_guard lock(mutex_);
  HealthCheckResponse::ServingStatus status = StatusOf(request->service());
  if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
    reactor->Finish({grpc::StatusCode::NOT_FOUND, "unknown service"});
    return reactor;
  }
  response->set_status(status);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  auto* watcher = new Watcher(this, request->service());
  watcher->Begin();
  return watcher;
}

}  // namespace order1688
