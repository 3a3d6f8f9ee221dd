// When the thread of the gRPC server sleeps, and where it looks before.
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
#include "absl/time/time.h"
#include "server/rpc/rpc_server.h"
#include "tests/integration/rpc_server_fixture.h"

namespace order1688 {
namespace {

constexpr char kDrain[] = "/test.Service/Drain";

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

class RpcServerLookTest : public RpcServerTest {
 protected:
  void StartOneThatLooksForAnHour(RpcServer::Elsewhere elsewhere = {}, ServedMethods methods = {}) {
    Start({.listen = "127.0.0.1:0",
           .credentials = grpc::InsecureServerCredentials(),
           .methods = std::move(methods),
           .elsewhere = std::move(elsewhere),
           .look_for = absl::Hours(1)});
  }

  // Whether the thread that ran kEcho sleeps just now.
  bool ServerSleeps() const {
    std::ifstream file(absl::StrCat("/proc/self/task/", server_thread_.load(), "/stat"));
    std::string stat;
    std::getline(file, stat);
    const size_t name_end = stat.rfind(')');
    return name_end != std::string::npos && stat.substr(name_end, 3) == ") S";
  }
};

TEST_F(RpcServerLookTest, SleepsWhenNothingComes) {
  Echo();
  while (!ServerSleeps()) std::this_thread::yield();
  Echo();
}

// To be sure it is asked often: a lock of gRPC may let it sleep for a moment.
TEST_F(RpcServerLookTest, LooksForMoreBeforeItSleeps) {
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

TEST_F(RpcServerLookTest, SleepsAtOnceWhileManyCallsAreOpen) {
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

TEST_F(RpcServerLookTest, LooksElsewhereAndAnswersWhatCameThere) {
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

TEST_F(RpcServerLookTest, LeavesElsewhereBeforeItSleeps) {
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

TEST_F(RpcServerLookTest, LeavesElsewhereWhileManyCallsAreOpen) {
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
TEST_F(RpcServerLookTest, LooksElsewhereHoweverMuchComes) {
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

}  // namespace
}  // namespace order1688
