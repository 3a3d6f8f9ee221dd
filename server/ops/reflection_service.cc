#include "server/ops/reflection_service.h"

#include <mutex>
#include <utility>

#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/server_context.h"
#include "server/ops/reflection_answer.h"
#include "server/ops/reflection_pool.h"

namespace order1688 {
namespace {

constexpr size_t kMostStreams = 100;

// One version of reflection. ServerReflection, Request and Response are that version's generated
// types.
template <typename ServerReflection, typename Request, typename Response>
class ReflectionVersion final : public ServerReflection::CallbackService {
 public:
  // `pool` must outlive it.
  ReflectionVersion(const google::protobuf::DescriptorPool& pool,
                    const std::vector<std::string>& service_names)
      : pool_(pool), service_names_(service_names) {}

  void Shutdown() {
    std::lock_guard lock(mutex_);
    shut_down_ = true;
    for (Stream* stream : streams_) stream->EndLocked(ShuttingDown());
  }

 private:
  // One stream: read, answer, read. Its members are guarded by ReflectionVersion::mutex_. It
  // deletes itself after its last reaction.
  class Stream final : public grpc::ServerBidiReactor<Request, Response> {
   public:
    explicit Stream(ReflectionVersion* version) : version_(version) {}

    void Begin() {
      std::lock_guard lock(version_->mutex_);
      if (version_->shut_down_) return EndLocked(ShuttingDown());
      if (version_->streams_.size() >= kMostStreams) {
        return EndLocked({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many reflection streams"});
      }
      version_->streams_.insert(this);
      this->StartRead(&request_);
    }

    void EndLocked(const grpc::Status& status) {
      if (ended_) return;
      ended_ = true;
      this->Finish(status);
    }

    void OnReadDone(bool ok) override {
      std::lock_guard lock(version_->mutex_);
      if (ended_) return;
      if (!ok) return EndLocked(grpc::Status::OK);
      response_ =
          AnswerReflection<Request, Response>(version_->pool_, version_->service_names_, request_);
      this->StartWrite(&response_);
    }

    void OnWriteDone(bool ok) override {
      std::lock_guard lock(version_->mutex_);
      if (ended_) return;
      if (!ok) return EndLocked(grpc::Status::CANCELLED);
      this->StartRead(&request_);
    }

    void OnCancel() override {
      std::lock_guard lock(version_->mutex_);
      EndLocked(grpc::Status::CANCELLED);
    }

    void OnDone() override {
      {
        std::lock_guard lock(version_->mutex_);
        version_->streams_.erase(this);
      }
      delete this;
    }

   private:
    ReflectionVersion* const version_;
    bool ended_ = false;
    Request request_;
    Response response_;
  };

  static grpc::Status ShuttingDown() {
    return {grpc::StatusCode::UNAVAILABLE, "the server is stopping"};
  }

  grpc::ServerBidiReactor<Request, Response>* ServerReflectionInfo(
      grpc::CallbackServerContext* context) override {
    auto* stream = new Stream(this);
    stream->Begin();
    return stream;
  }

  const google::protobuf::DescriptorPool& pool_;
  const std::vector<std::string> service_names_;
  std::mutex mutex_;  // guards all below
  bool shut_down_ = false;
  absl::flat_hash_set<Stream*> streams_;
};

using V1 = ReflectionVersion<grpc::reflection::v1::ServerReflection,
                             grpc::reflection::v1::ServerReflectionRequest,
                             grpc::reflection::v1::ServerReflectionResponse>;
using V1Alpha = ReflectionVersion<grpc::reflection::v1alpha::ServerReflection,
                                  grpc::reflection::v1alpha::ServerReflectionRequest,
                                  grpc::reflection::v1alpha::ServerReflectionResponse>;

std::vector<std::string> WithReflection(std::vector<std::string> names) {
  names.emplace_back(grpc::reflection::v1::ServerReflection::service_full_name());
  names.emplace_back(grpc::reflection::v1alpha::ServerReflection::service_full_name());
  return names;
}

}  // namespace

struct ReflectionService::Versions {
  explicit Versions(const std::vector<std::string>& names)
      : pool(MakeReflectionPool()), v1(*pool, names), v1alpha(*pool, names) {}

  const std::unique_ptr<google::protobuf::DescriptorPool> pool;
  V1 v1;
  V1Alpha v1alpha;
};

ReflectionService::ReflectionService(std::vector<std::string> service_names)
    : versions_(std::make_unique<Versions>(WithReflection(std::move(service_names)))) {}

ReflectionService::~ReflectionService() = default;

std::vector<grpc::Service*> ReflectionService::services() {
  return {&versions_->v1, &versions_->v1alpha};
}

void ReflectionService::Shutdown() {
  versions_->v1.Shutdown();
  versions_->v1alpha.Shutdown();
}

}  // namespace order1688
