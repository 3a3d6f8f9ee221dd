#include "server/ops/health_service.h"

#include <optional>

#include "server/ops/plain_status.h"
#include "server/rpc/message_bytes.h"

namespace order1688 {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

absl::flat_hash_set<std::string> WithWholeServer(const std::vector<std::string>& names) {
  absl::flat_hash_set<std::string> all(names.begin(), names.end());
  all.insert("");
  return all;
}

}  // namespace

// One Watch. Its members are guarded by HealthService::mutex_.
class HealthService::Watcher final : public RpcHandler {
 public:
  Watcher(HealthService* service, RpcStream& stream, std::string name)
      : service_(service), stream_(stream), name_(std::move(name)) {}

  // Registers the watcher and writes the first status.
  void Begin() {
    std::lock_guard lock(service_->mutex_);
    if (service_->shut_down_) return EndLocked(StoppingStatus());
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
    HealthCheckResponse response;
    response.set_status(status);
    stream_.Write(BytesOf(response));
  }

  // Ends the stream, after the status of now has been told.
  void ShutdownLocked() {
    TellLocked();
    if (!writing_) EndLocked(StoppingStatus());
  }

  void OnWritten(bool ok) override {
    std::lock_guard lock(service_->mutex_);
    writing_ = false;
    if (!ok) return EndLocked(grpc::Status::CANCELLED);
    // It may have changed while this write was on its way.
    TellLocked();
    if (!writing_ && service_->shut_down_) EndLocked(StoppingStatus());
  }

  void OnCancel() override {
    std::lock_guard lock(service_->mutex_);
    EndLocked(grpc::Status::CANCELLED);
  }

 private:
  void EndLocked(const grpc::Status& status) {
    if (ended_) return;
    ended_ = true;
    service_->watchers_.erase(this);
    stream_.Finish(status);
  }

  HealthService* const service_;
  RpcStream& stream_;  // until ended_
  const std::string name_;
  bool writing_ = false;
  bool ended_ = false;
  std::optional<HealthCheckResponse::ServingStatus> told_;
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
  // A watcher that ends leaves the set.
  for (Watcher* watcher : std::vector<Watcher*>(watchers_.begin(), watchers_.end())) {
    watcher->ShutdownLocked();
  }
}

HealthCheckResponse::ServingStatus HealthService::StatusOf(const std::string& service) const {
  if (!service_names_.contains(service)) return HealthCheckResponse::SERVICE_UNKNOWN;
  return serving_ ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

void HealthService::AddTo(ServedMethods* methods) {
  constexpr auto kTakes = ServedMethod::Takes::kOneMessage;
  methods->emplace("/grpc.health.v1.Health/Check", ServedMethod{kTakes, [this](RpcStream& stream) {
                                                                  Check(stream);
                                                                  return nullptr;
                                                                }});
  methods->emplace("/grpc.health.v1.Health/Watch",
                   ServedMethod{kTakes, [this](RpcStream& stream) { return Watch(stream); }});
}

void HealthService::Check(RpcStream& stream) {
  HealthCheckRequest request;
  if (!ReadMessage(stream.TakeMessage(), &request).ok()) return stream.Finish(UnreadableStatus());
  HealthCheckResponse response;
  {
    const std::lock_guard lock(mutex_);
    response.set_status(StatusOf(request.service()));
  }
  if (response.status() == HealthCheckResponse::SERVICE_UNKNOWN) {
    return stream.Finish({grpc::StatusCode::NOT_FOUND, "unknown service"});
  }
  stream.Answer(BytesOf(response));
}

std::shared_ptr<RpcHandler> HealthService::Watch(RpcStream& stream) {
  HealthCheckRequest request;
  if (!ReadMessage(stream.TakeMessage(), &request).ok()) {
    stream.Finish(UnreadableStatus());
    return nullptr;
  }
  auto watcher = std::make_shared<Watcher>(this, stream, request.service());
  watcher->Begin();
  return watcher;
}

}  // namespace order1688
