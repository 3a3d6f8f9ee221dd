// The gRPC server with methods of the test's own, called by a real client.
#include "server/rpc/rpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"

namespace order1688 {
namespace {

constexpr char kEcho[] = "/test.Service/Echo";
constexpr char kHold[] = "/test.Service/Hold";
constexpr char kStream[] = "/test.Service/Stream";
constexpr char kDrain[] = "/test.Service/Drain";

std::string TextOf(const grpc::ByteBuffer& bytes) {
  std::string text;
  if (!bytes.Valid()) return text;
  std::vector<grpc::Slice> slices;
  bytes.Dump(&slices);
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

grpc::ByteBuffer BytesOf(const std::string& text) {
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

// Reads until the client has no more, and answers nothing.
class DrainStream final : public RpcHandler {
 public:
  DrainStream(RpcStream& stream, std::function<void()> on_read)
      : stream_(stream), on_read_(std::move(on_read)) {
    stream_.Read();
  }
  void OnRead(bool ok) override {
    on_read_();
    if (!ok) return stream_.Finish(grpc::Status::OK);
    stream_.Read();
  }

 private:
  RpcStream& stream_;
  const std::function<void()> on_read_;
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

  void StartOneThatLooksForAnHour(RpcServer::Elsewhere elsewhere = {}, ServedMethods methods = {}) {
    Start({.listen = "127.0.0.1:0",
           .credentials = grpc::InsecureServerCredentials(),
           .methods = std::move(methods),
           .elsewhere = std::move(elsewhere),
           .look_for = absl::Hours(1)});
  }

  void Echo() {
    ClientCall call(channel_, kEcho);
    ASSERT_TRUE(call.Write("hello"));
    EXPECT_EQ(call.Read(), "hello");
    EXPECT_TRUE(call.End().ok());
  }

  // Whether the thread that ran kEcho sleeps just now.
  bool ServerSleeps() const {
    std::ifstream file(absl::StrCat("/proc/self/task/", server_thread_.load(), "/stat"));
    std::string stat;
    std::getline(file, stat);
    const size_t name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.substr(name_end, 3) == ") S";
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

TEST_F(RpcServerTest, AnswersOneMessageWithOneMessage) {
  ClientCall call(channel_, kEcho);
  ASSERT_TRUE(call.Write("hello"));
  EXPECT_EQ(call.Read(), "hello");
  EXPECT_EQ(call.Read(), "-");
  EXPECT_TRUE(call.End().ok());
}

TEST_F(RpcServerTest, ACallWithoutAMessageCountsAsAnEmptyOne) {
  ClientCall call(channel_, kEcho);
  call.WriteLast();
  EXPECT_EQ(call.Read(), "");
  EXPECT_TRUE(call.End().ok());
}

TEST_F(RpcServerTest, AStreamReadsAndWritesUntilTheClientHasNoMore) {
  ClientCall call(channel_, kStream);
  for (const char* text : {"one", "two", "three"}) {
    ASSERT_TRUE(call.Write(text));
    EXPECT_EQ(call.Read(), text);
  }
  call.WriteLast();
  EXPECT_EQ(call.Read(), "-");
  EXPECT_TRUE(call.End().ok());
}

TEST_F(RpcServerTest, AnotherMethodIsRefusedBeforeItSendsAnything) {
  ClientCall call(channel_, "/test.Service/Other");
  EXPECT_EQ(call.Read(), "-");
  EXPECT_EQ(call.End().error_code(), grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(RpcServerTest, AMessageThatIsTooLargeIsRefused) {
  ClientCall call(channel_, kEcho);
  call.Write(std::string((4 << 20) + 1, 'x'));
  EXPECT_EQ(call.Read(), "-");
  EXPECT_EQ(call.End().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

// More than are asked for at once, so that calls wait for others to be taken.
TEST_F(RpcServerTest, ManyCallsAreOpenAtOnce) {
  constexpr size_t kCalls = 300;
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<ClientCall>(channel_, kHold));
    ASSERT_TRUE(calls.back()->Write("x"));
  }
  for (const auto& held : Held(kCalls)) held->Answer("done");
  for (const auto& call : calls) {
    EXPECT_EQ(call->Read(), "done");
    EXPECT_TRUE(call->End().ok());
  }
}

TEST_F(RpcServerTest, SleepsWhenNothingComes) {
  Echo();
  while (!ServerSleeps()) std::this_thread::yield();
  Echo();
}

// To be sure it is asked often: a lock of gRPC may let it sleep for a moment.
TEST_F(RpcServerTest, LooksForMoreBeforeItSleeps) {
  StartOneThatLooksForAnHour();
  Echo();
  constexpr int kAsked = 500;
  int asleep = 0;
  for (int i = 0; i < kAsked; ++i) {
    if (ServerSleeps()) ++asleep;
    std::this_thread::yield();
  }
  EXPECT_LT(asleep, kAsked / 2);
  Echo();
  server_->Shutdown(absl::InfiniteDuration());
}

TEST_F(RpcServerTest, SleepsAtOnceWhileManyCallsAreOpen) {
  StartOneThatLooksForAnHour();
  Echo();
  constexpr size_t kCalls = 9;
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<ClientCall>(channel_, kHold));
    ASSERT_TRUE(calls.back()->Write("x"));
  }
  const std::vector<std::shared_ptr<HeldCall>> held = Held(kCalls);
  while (!ServerSleeps()) std::this_thread::yield();
  for (const auto& call : held) call->Answer("done");
  for (const auto& call : calls) EXPECT_EQ(call->Read(), "done");
}

TEST_F(RpcServerTest, LooksElsewhereAndAnswersWhatCameThere) {
  std::vector<std::shared_ptr<HeldCall>> came;  // guarded by mutex_
  std::atomic<pid_t> looked_by = 0;
  StartOneThatLooksForAnHour({[&] {
                                looked_by = gettid();
                                const std::lock_guard lock(mutex_);
                                for (const auto& call : came) call->Answer("done");
                                return !std::exchange(came, {}).empty();
                              },
                              [] {}});
  Echo();
  ClientCall first(channel_, kHold);
  ClientCall second(channel_, kHold);
  ASSERT_TRUE(first.Write("x"));
  ASSERT_TRUE(second.Write("x"));
  std::vector<std::shared_ptr<HeldCall>> held = Held(2);
  {
    const std::lock_guard lock(mutex_);
    came = std::move(held);
  }
  EXPECT_EQ(first.Read(), "done");
  EXPECT_EQ(second.Read(), "done");
  EXPECT_EQ(looked_by, server_thread_);
  server_->Shutdown(absl::InfiniteDuration());
}

TEST_F(RpcServerTest, LeavesElsewhereBeforeItSleeps) {
  std::atomic<bool> looks = false;
  Start({.listen = "127.0.0.1:0",
         .credentials = grpc::InsecureServerCredentials(),
         .elsewhere = {[&looks] {
                         looks = true;
                         return false;
                       },
                       [&looks] { looks = false; }}});
  Echo();
  while (looks || !ServerSleeps()) std::this_thread::yield();
  Echo();
  server_->Shutdown(absl::InfiniteDuration());
  EXPECT_FALSE(looks);
}

TEST_F(RpcServerTest, LeavesElsewhereWhileManyCallsAreOpen) {
  std::atomic<bool> looks = false;
  StartOneThatLooksForAnHour({[&looks] {
                                looks = true;
                                return false;
                              },
                              [&looks] { looks = false; }});
  while (!looks) std::this_thread::yield();
  constexpr size_t kCalls = 9;
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<ClientCall>(channel_, kHold));
    ASSERT_TRUE(calls.back()->Write("x"));
  }
  while (looks) std::this_thread::yield();
  for (const auto& call : Held(kCalls)) call->Answer("done");
  for (const auto& call : calls) EXPECT_EQ(call->Read(), "done");
  server_->Shutdown(absl::InfiniteDuration());
  EXPECT_FALSE(looks);
}

// The client's messages are there when the server takes the first one, so that each read is over at
// once.
TEST_F(RpcServerTest, LooksElsewhereHoweverMuchComes) {
  constexpr int kMessages = 1000;
  std::atomic<int> in_a_row = 0;
  std::atomic<int> most_in_a_row = 0;
  std::promise<void> go;
  StartOneThatLooksForAnHour(
      {[&in_a_row] {
         in_a_row = 0;
         return false;
       },
       [] {}},
      {{kDrain, {Takes::kStream, [&](RpcStream& stream) {
                   go.get_future().wait();
                   return std::make_shared<DrainStream>(
                       stream, [&] { most_in_a_row = std::max<int>(most_in_a_row, ++in_a_row); });
                 }}}});
  ClientCall call(channel_, kDrain);
  for (int i = 0; i < kMessages; ++i) ASSERT_TRUE(call.Write("x"));
  call.WriteLast();
  go.set_value();
  EXPECT_EQ(call.Read(), "-");
  EXPECT_TRUE(call.End().ok());
  EXPECT_GT(most_in_a_row, 1);
  EXPECT_LE(most_in_a_row, 32);
  server_->Shutdown(absl::InfiniteDuration());
}

TEST_F(RpcServerTest, BeforeCallsAreEndedItIsTold) {
  ClientCall alone(channel_, kEcho);
  ASSERT_TRUE(alone.Write("x"));
  EXPECT_EQ(alone.Read(), "x");
  EXPECT_EQ(told_before_ending_, 1);
  EXPECT_TRUE(alone.End().ok());

  ClientCall first(channel_, kHold);
  ClientCall second(channel_, kHold);
  ASSERT_TRUE(first.Write("x"));
  ASSERT_TRUE(second.Write("x"));
  for (const auto& held : Held(2)) held->Answer("done");
  EXPECT_EQ(first.Read(), "done");
  EXPECT_EQ(second.Read(), "done");
  EXPECT_GT(told_before_ending_, 1);
}

// They are handed to the server's thread together, while it sends those that came before.
TEST_F(RpcServerTest, CallsThatManyThreadsAnswerAllEnd) {
  constexpr size_t kThreads = 4;
  constexpr size_t kCalls = 50 * kThreads;
  std::vector<std::unique_ptr<ClientCall>> calls;
  for (size_t i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<ClientCall>(channel_, kHold));
    ASSERT_TRUE(calls.back()->Write("x"));
  }
  const std::vector<std::shared_ptr<HeldCall>> held = Held(kCalls);
  std::vector<std::thread> threads;
  for (size_t first = 0; first < kThreads; ++first) {
    threads.emplace_back([&held, first] {
      for (size_t i = first; i < kCalls; i += kThreads) held[i]->Answer("done");
    });
  }
  for (const auto& call : calls) {
    EXPECT_EQ(call->Read(), "done");
    EXPECT_TRUE(call->End().ok());
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(RpcServerTest, TellsThatTheClientHasGoneAndStillWaitsForTheEnd) {
  ClientCall call(channel_, kHold);
  ASSERT_TRUE(call.Write("x"));
  const std::shared_ptr<HeldCall> held = Held(1).front();
  call.Cancel();
  held->WaitUntilCancelled();
  held->Answer("too late");
  EXPECT_EQ(call.End().error_code(), grpc::StatusCode::CANCELLED);
}

// What was cancelled before its message came is told so, too.
TEST_F(RpcServerTest, ACallThatIsCancelledBeforeItsMessageEndsAsWell) {
  { ClientCall(channel_, kHold).Cancel(); }
  { ClientCall(channel_, kStream).Cancel(); }
  const std::shared_ptr<HeldCall> held = Held(1).front();
  held->WaitUntilCancelled();
  held->Answer("nobody hears it");
  server_->Shutdown(absl::InfiniteDuration());
}

TEST_F(RpcServerTest, ShutdownLetsOpenCallsEnd) {
  ClientCall call(channel_, kHold);
  ASSERT_TRUE(call.Write("x"));
  const std::shared_ptr<HeldCall> held = Held(1).front();
  std::thread stopping([this] { server_->Shutdown(absl::InfiniteDuration()); });
  held->Answer("done");
  EXPECT_EQ(call.Read(), "done");
  EXPECT_TRUE(call.End().ok());
  stopping.join();
}

TEST_F(RpcServerTest, ShutdownCancelsAfterItsGraceAndWaitsForTheMethodAllTheSame) {
  ClientCall call(channel_, kHold);
  ASSERT_TRUE(call.Write("x"));
  std::shared_ptr<HeldCall> held = Held(1).front();
  const std::weak_ptr<HeldCall> released = held;
  std::atomic<bool> stopped = false;
  std::thread stopping([this, &stopped] {
    server_->Shutdown(absl::ZeroDuration());
    stopped = true;
  });
  held->WaitUntilCancelled();
  EXPECT_FALSE(call.End().ok());
  EXPECT_FALSE(stopped);
  HeldCall& last = *held;
  held.reset();  // the server alone holds it now
  last.Answer("too late");
  stopping.join();
  EXPECT_TRUE(released.expired());
}

TEST(RpcServerStartTest, SaysThatItCannotListen) {
  auto first =
      RpcServer::Start({"127.0.0.1:0", grpc::InsecureServerCredentials(), ServedMethods(), {}});
  ASSERT_TRUE(first.ok());
  auto second = RpcServer::Start({absl::StrCat("127.0.0.1:", (*first)->port()),
                                  grpc::InsecureServerCredentials(),
                                  ServedMethods(),
                                  {}});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace order1688
