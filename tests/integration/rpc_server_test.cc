// The gRPC server with methods of the test's own, called by a real client.
#include "server/rpc/rpc_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/integration/rpc_server_fixture.h"

namespace order1688 {
namespace {

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
