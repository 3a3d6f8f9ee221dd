// The gRPC server with methods of the test's own, and a real client of it.
#ifndef ORDER1688_TESTS_INTEGRATION_RPC_SERVER_FIXTURE_H_
#define ORDER1688_TESTS_INTEGRATION_RPC_SERVER_FIXTURE_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "server/rpc/rpc_server.h"

namespace order1688 {

inline constexpr char kEcho[] = "/test.Service/Echo";
inline constexpr char kHold[] = "/test.Service/Hold";
inline constexpr char kStream[] = "/test.Service/Stream";

inline std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::string text;
  if (!bytes.Valid()) return text;
  std::vector<grpc::Slice> slices;
  bytes.Dump(&slices);
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

inline grpc::ByteBuffer BytesOf(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

// A call that the test finishes.
class HeldCall final : public RpcHandler {
 public:
  explicit HeldCall(RpcStream& stream) : stream_(stream) {}
  void OnCancel() override { cancelled_.set_value(); }
  void Answer(const std::string& text) { stream_.Answer(BytesOf(text)); }
  void WaitUntilCancelled() { cancelled_.get_future().wait(); }

 private:
  RpcStream& stream_;
  std::promise<void> cancelled_;
};

// Sends back what it reads, until the client has no more.
class EchoStream final : public RpcHandler {
 public:
  explicit EchoStream(RpcStream& stream) : stream_(stream) { stream_.Read(); }
  void OnRead(bool ok) override {
    if (!ok) return stream_.Finish(grpc::Status::OK);
    stream_.Write(stream_.TakeMessage());
  }
  void OnWritten(bool ok) override {
    if (!ok) return stream_.Finish(grpc::Status::CANCELLED);
    stream_.Read();
  }

 private:
  RpcStream& stream_;
};

// One call of a client, on its own completion queue so that nothing needs a thread.
class ClientCall {
 public:
  ClientCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method)
      : stub_(channel), call_(stub_.PrepareCall(&context_, method, &queue_)) {
    call_->StartCall(nullptr);
    EXPECT_TRUE(Wait());
  }
  ~ClientCall() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  bool Write(const std::string& text) {
    call_->Write(BytesOf(text), nullptr);
    return Wait();
  }
  void WriteLast() {
    call_->WritesDone(nullptr);
    Wait();
  }
  // "-" if there is no more.
  std::string Read() {
    grpc::ByteBuffer message;
    call_->Read(&message, nullptr);
    return Wait() ? TextOf(message) : "-";
  }
  grpc::Status End() {
    grpc::Status status;
    call_->Finish(&status, nullptr);
    Wait();
    return status;
  }
  void Cancel() { context_.TryCancel(); }

 private:
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
};

class RpcServerTest : public testing::Test {
 protected:
  using Takes = ServedMethod::Takes;

  RpcServerTest() { Start({"127.0.0.1:0", grpc::InsecureServerCredentials()}); }

  void Start(RpcServer::Options options) {
    options.methods[kEcho] = {Takes::kOneMessage, [this](RpcStream& stream) {
                                server_thread_ = gettid();
                                stream.Answer(stream.TakeMessage());
                                return nullptr;
                              }};
    options.methods[kHold] = {Takes::kOneMessage, [this](RpcStream& stream) {
                                auto call = std::make_shared<HeldCall>(stream);
                                const std::lock_guard lock(mutex_);
                                held_.push_back(call);
                                changed_.notify_all();
                                return call;
                              }};
    options.methods[kStream] = {
        Takes::kStream, [](RpcStream& stream) { return std::make_shared<EchoStream>(stream); }};
    options.before_ending = [this] { ++told_before_ending_; };
    server_ = *RpcServer::Start(std::move(options));
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                   grpc::InsecureChannelCredentials());
  }

  void Echo() {
    ClientCall call(channel_, kEcho);
    ASSERT_TRUE(call.Write("hello"));
    EXPECT_EQ(call.Read(), "hello");
    EXPECT_TRUE(call.End().ok());
  }

  // The calls of kHold, as soon as there are so many. The test's hold on them ends with this.
  std::vector<std::shared_ptr<HeldCall>> Held(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return held_.size() == count; });
    return std::move(held_);
  }

  std::atomic<int> told_before_ending_ = 0;
  std::atomic<pid_t> server_thread_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<HeldCall>> held_;  // guarded by mutex_
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_INTEGRATION_RPC_SERVER_FIXTURE_H_
