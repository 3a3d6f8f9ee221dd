#include "server/ops/reflection_service.h"

#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/ops/plain_status.h"
#include "server/ops/reflection_answer.h"
#include "server/ops/reflection_pool.h"
#include "server/rpc/message_bytes.h"

namespace order1688 {
namespace {

constexpr size_t kMostStreams = 100;

// One version of reflection. ServerReflection, Request and Response are that version's generated
// types.
template <typename ServerReflection, typename Request, typename Response>
class ReflectionVersion {
 public:
  // `pool` must outlive it.
  ReflectionVersion(const google::protobuf::DescriptorPool& pool,
                    const std::vector<std::string>& service_names)
      : pool_(pool), service_names_(service_names) {}

  void AddTo(ServedMethods* methods) {
    methods->emplace(
        absl::StrCat("/", ServerReflection::service_full_name(), "/ServerReflectionInfo"),
        ServedMethod{ServedMethod::Takes::kStream, [this](RpcStream& stream) {
                       auto started = std::make_shared<Stream>(this, stream);
                       started->Begin();
                       return started;
                     }});
  }

  void Shutdown() {
    std::lock_guard lock(mutex_);
    shut_down_ = true;
    // A stream that ends leaves the set.
    for (Stream* stream : std::vector<Stream*>(streams_.begin(), streams_.end())) {
      stream->EndLocked(StoppingStatus());
    }
  }

 private:
  // One stream: read, answer, read. Its members are guarded by ReflectionVersion::mutex_.
  class Stream final : public RpcHandler {
   public:
    Stream(ReflectionVersion* version, RpcStream& stream) : version_(version), stream_(stream) {}

    void Begin() {
      std::lock_guard lock(version_->mutex_);
      if (version_->shut_down_) return EndLocked(StoppingStatus());
      if (version_->streams_.size() >= kMostStreams) {
        return EndLocked({grpc::StatusCode::RESOURCE_EXHAUSTED, "too many reflection streams"});
      }
      version_->streams_.insert(this);
      stream_.Read();
    }

    void EndLocked(const grpc::Status& status) {
      if (ended_) return;
      ended_ = true;
      version_->streams_.erase(this);
      stream_.Finish(status);
    }

    void OnRead(bool ok) override {
      std::lock_guard lock(version_->mutex_);
      if (ended_) return;
      if (!ok) return EndLocked(grpc::Status::OK);
      Request request;
      if (!ReadMessage(stream_.TakeMessage(), &request).ok()) return EndLocked(UnreadableStatus());
      stream_.Write(BytesOf(
          AnswerReflection<Request, Response>(version_->pool_, version_->service_names_, request)));
    }

    void OnWritten(bool ok) override {
      std::lock_guard lock(version_->mutex_);
      if (ended_) return;
      if (!ok) return EndLocked(grpc::Status::CANCELLED);
      stream_.Read();
    }

    void OnCancel() override {
      std::lock_guard lock(version_->mutex_);
      EndLocked(grpc::Status::CANCELLED);
    }

   private:
    ReflectionVersion* const version_;
    RpcStream& stream_;  // until ended_
    bool ended_ = false;
  };

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

void ReflectionService::AddTo(ServedMethods* methods) {
  versions_->v1.AddTo(methods);
  versions_->v1alpha.AddTo(methods);
}

void ReflectionService::Shutdown() {
  versions_->v1.Shutdown();
  versions_->v1alpha.Shutdown();
}

}  // namespace order1688
