#include "server/rpc/rpc_server.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/server_builder.h"

namespace order1688 {
namespace {

// Larger messages are refused by gRPC, without ErrorInfo; up to it a method can say what is wrong.
constexpr int kLargestMessage = 4 << 20;
constexpr int kMostStreamsPerConnection = 1000;
constexpr size_t kGrpcMemory = size_t{256} << 20;
// So many calls may come at once before the next one has to be asked for.
constexpr int kAskedForAtOnce = 16;
// With more, there is mostly something to do.
constexpr int kFewCalls = 8;
// All that has come from gRPC goes before what has come elsewhere, which must have its turn, too.
constexpr int kMostInARow = 4 * kFewCalls;

std::shared_ptr<RpcHandler> Refuse(RpcStream& stream) {
  stream.Finish({grpc::StatusCode::UNIMPLEMENTED, ""});
  return nullptr;
}

std::chrono::system_clock::time_point After(absl::Duration grace) {
  if (grace == absl::InfiniteDuration()) return std::chrono::system_clock::time_point::max();
  return absl::ToChronoTime(absl::Now() + grace);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RpcServer>> RpcServer::Start(Options options) {
  auto server = std::unique_ptr<RpcServer>(new RpcServer(std::move(options)));
  const absl::Status status = server->Listen();
  if (!status.ok()) return status;
  return server;
}

RpcServer::RpcServer(Options options)
    : options_(std::move(options)),
      unknown_{ServedMethod::Takes::kStream,
               options_.start_unknown ? options_.start_unknown : &Refuse} {}

RpcServer::~RpcServer() { Shutdown(absl::ZeroDuration()); }

absl::Status RpcServer::Listen() {
  grpc::ServerBuilder builder;
  grpc::ResourceQuota quota("order1688");
  quota.Resize(kGrpcMemory);
  builder.SetResourceQuota(quota);
  // Else a second server would bind the same port silently, and callers would meet either.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreamsPerConnection);
  // Clients may ping every 10 s; the default of 5 minutes ends their connections with
  // too_many_pings.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
  builder.SetMaxReceiveMessageSize(kLargestMessage);
  builder.AddListeningPort(options_.listen, options_.credentials, &port_);
  builder.RegisterAsyncGenericService(&service_);
  queue_ = builder.AddCompletionQueue();
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", options_.listen, "; is another server running there?"));
  }
  for (int i = 0; i < kAskedForAtOnce; ++i) AskForCall();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void RpcServer::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (Next(&tag, &ok)) {
    if (tag == &ending_alarm_) {
      EndAll(TakeEnding());
      continue;
    }
    const auto& came = *static_cast<RpcStream::Tag*>(tag);
    came.stream.On(came.event, ok);
  }
  LeaveElsewhere();
}

bool RpcServer::Next(void** tag, bool* ok) {
  using Status = grpc::CompletionQueue::NextStatus;
  const Status status = OpenCalls() <= kFewCalls ? LookFor(tag, ok) : Status::TIMEOUT;
  if (status != Status::TIMEOUT) return status == Status::GOT_EVENT;
  LeaveElsewhere();
  return queue_->Next(tag, ok);
}

grpc::CompletionQueue::NextStatus RpcServer::LookFor(void** tag, bool* ok) {
  using Clock = std::chrono::steady_clock;
  using Status = grpc::CompletionQueue::NextStatus;
  const auto look_for = absl::ToChronoNanoseconds(options_.look_for);
  auto until = Clock::now() + look_for;
  while (Clock::now() < until) {
    if (came_in_a_row_ < kMostInARow) {
      const Status status = queue_->AsyncNext(tag, ok, gpr_inf_past(GPR_CLOCK_MONOTONIC));
      if (status == Status::GOT_EVENT) ++came_in_a_row_;
      if (status != Status::TIMEOUT) return status;
    }
    came_in_a_row_ = 0;
    if (LookElsewhere()) {
      until = Clock::now() + look_for;
      continue;
    }
    std::this_thread::yield();
  }
  return Status::TIMEOUT;
}

bool RpcServer::LookElsewhere() {
  if (!options_.elsewhere.look) return false;
  looks_elsewhere_ = true;
  return options_.elsewhere.look();
}

void RpcServer::LeaveElsewhere() {
  if (std::exchange(looks_elsewhere_, false)) options_.elsewhere.leave();
}

void RpcServer::End(RpcStream& stream) {
  // Nothing to gather, and a caller that waits: a change of thread less.
  if (OpenCalls() == 1) return EndAll({&stream});
  {
    const std::lock_guard lock(ending_mutex_);
    ending_.push_back(&stream);
    if (ending_.size() > 1) return;
  }
  ending_alarm_.Set(queue_.get(), gpr_inf_past(GPR_CLOCK_MONOTONIC), &ending_alarm_);
}

std::vector<RpcStream*> RpcServer::TakeEnding() {
  const std::lock_guard lock(ending_mutex_);
  return std::exchange(ending_, {});
}

void RpcServer::EndAll(const std::vector<RpcStream*>& streams) {
  if (options_.before_ending) options_.before_ending();
  for (RpcStream* stream : streams) stream->End();
}

void RpcServer::AskForCall() {
  {
    const std::lock_guard lock(mutex_);
    ++streams_;
  }
  new RpcStream(*this);
}

int RpcServer::OpenCalls() const { return streams_ - kAskedForAtOnce; }

void RpcServer::OnStreamGone() {
  const std::lock_guard lock(mutex_);
  if (--streams_ == 0) all_gone_.notify_all();
}

const ServedMethod& RpcServer::MethodOf(const std::string& path) const {
  const auto found = options_.methods.find(path);
  return found == options_.methods.end() ? unknown_ : found->second;
}

void RpcServer::Shutdown(absl::Duration grace) {
  if (!thread_.joinable()) return;
  server_->Shutdown(After(grace));
  {
    // A method may finish its call later than gRPC ended it, and needs the queue for that.
    std::unique_lock lock(mutex_);
    all_gone_.wait(lock, [this] { return streams_ == 0; });
  }
  queue_->Shutdown();
  thread_.join();
}

}  // namespace order1688
