// Many orders at a time, the queue, gates that others shut, and the end of a CurlTransport.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/upstream/curl_transport.h"
#include "tests/support/fake_clock.h"
#include "tests/support/order_posting.h"
#include "tests/support/raw_peer.h"
#include "tests/support/sandbox_process.h"

namespace order1688 {
namespace {

class CurlTransportLifeTest : public testing::Test {
 protected:
  std::vector<std::unique_ptr<PostedOrder>> PostMany(HttpTransport& transport,
                                                     const std::string& url, int first, int count) {
    std::vector<std::unique_ptr<PostedOrder>> orders;
    for (int number = first; number < first + count; ++number) {
      orders.push_back(
          std::make_unique<PostedOrder>(transport, SignedOrder(url, number), ReadyGate(clock_)));
    }
    return orders;
  }

  // Makes the sandbox hold every order until it is released.
  std::string HoldAll() { return sandbox_.Plan(R"([{"times":-1,"fault":{"kind":"hold"}}])").at(0); }

  SystemClock clock_;
  SandboxProcess sandbox_;
};

TEST_F(CurlTransportLifeTest, TwoHundredOrdersAtATimeAreEachAnsweredOnce) {
  CurlTransportOptions options;
  options.longest_idle = absl::Minutes(5);
  CurlTransport transport(options, clock_, nullptr);
  std::vector<std::vector<std::unique_ptr<PostedOrder>>> orders(4);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      orders[caller] = PostMany(transport, sandbox_.OrderUrl(), caller * 50, 50);
    });
  }
  for (std::thread& caller : callers) caller.join();
  for (auto& some : orders) {
    for (auto& order : some) {
      HttpResult result = order->Wait();
      EXPECT_EQ(result.outcome, SendOutcome::kAnswered) << result.cause;
      EXPECT_EQ(order->done_calls(), 1);
    }
  }
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 200);
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
  EXPECT_LE(sandbox_.CountOf("connections"), CurlTransportOptions{}.most_active);
}

TEST_F(CurlTransportLifeTest, OrdersBeyondTheLimitWaitInTheQueue) {
  std::string plan = HoldAll();
  CurlTransportOptions options;
  options.most_active = 3;
  options.longest_idle = absl::Minutes(5);
  CurlTransport transport(options, clock_, nullptr);
  auto orders = PostMany(transport, sandbox_.OrderUrl(), 1, 8);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 3));
  EXPECT_EQ(sandbox_.CountOf("requests_begun"), 3);
  sandbox_.Release(plan);
  for (auto& order : orders) EXPECT_EQ(order->Wait().outcome, SendOutcome::kAnswered);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 8);
  EXPECT_EQ(sandbox_.CountOf("connections"), 3);
  EXPECT_EQ(sandbox_.HitsOf(plan), 3) << "those after the release were not held";
}

TEST_F(CurlTransportLifeTest, AGatewayThatAnswersSlowlyGetsAllThatMayBeActive) {
  std::string plan = HoldAll();
  CurlTransportOptions options;
  options.most_active = 80;
  CurlTransport transport(options, clock_, nullptr);
  auto orders = PostMany(transport, sandbox_.OrderUrl(), 1, 90);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 80)) << "none is answered, and 80 must be on their way";
  EXPECT_EQ(sandbox_.CountOf("requests_begun"), 80);
  sandbox_.Release(plan);
  for (auto& order : orders) EXPECT_EQ(order->Wait().outcome, SendOutcome::kAnswered);
}

// A peer that answers as many orders as it is allowed.
class AllowedAnswers {
 public:
  void Serve(RawConnection& connection) {
    while (!connection.ReadRequest().empty()) {
      std::unique_lock lock(mutex_);
      ++read_;
      changed_.notify_all();
      changed_.wait(lock, [&] { return allowed_ > 0; });
      --allowed_;
      if (!connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) return;
      ++answered_;
      changed_.notify_all();
    }
  }

  void Allow(int answers) {
    const std::lock_guard lock(mutex_);
    allowed_ += answers;
    changed_.notify_all();
  }
  void WaitForRead(int orders) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return read_ >= orders; });
  }
  // Then the answers have left.
  void WaitForAnswered(int orders) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return answered_ >= orders; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int read_ = 0;
  int allowed_ = 0;
  int answered_ = 0;
};

TEST_F(CurlTransportLifeTest, AnswersThatAreReadLateAreNoSlowGateway) {
  constexpr int kEasilyActive = 8;
  AllowedAnswers answers;
  RawPeer peer([&](RawConnection& connection) { answers.Serve(connection); });
  FakeClock clock;
  CurlTransportOptions options;
  options.longest_idle = absl::Minutes(5);
  CurlTransport transport(options, clock, nullptr);
  // The first answer keeps the transport's thread busy until all are there, and for a second more.
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<int> done = 0;
  const auto on_done = [&](const HttpResult& result) {
    EXPECT_EQ(result.outcome, SendOutcome::kAnswered) << result.cause;
    if (++done > 1) return;
    begun.set_value();
    go_on.get_future().wait();
  };
  for (int number = 1; number <= kEasilyActive; ++number)
    transport.Post(SignedOrder(peer.Url(), number), ReadyGate(clock), on_done);
  answers.WaitForRead(kEasilyActive);
  answers.Allow(1);
  begun.get_future().wait();
  answers.Allow(kEasilyActive - 1);
  answers.WaitForAnswered(kEasilyActive);
  auto orders = PostMany(transport, peer.Url(), 100, 20);
  clock.Advance(absl::Seconds(1));
  go_on.set_value();

  answers.WaitForRead(2 * kEasilyActive);
  answers.Allow(20);
  for (auto& order : orders) EXPECT_EQ(order->Wait().outcome, SendOutcome::kAnswered);
  EXPECT_EQ(done, kEasilyActive);
  EXPECT_EQ(peer.accepted(), kEasilyActive) << "no more than these were on their way at once";
}

// A gateway that was seen not to answer for a second.
class CurlTransportSlowAnswerTest : public CurlTransportLifeTest {
 protected:
  CurlTransportSlowAnswerTest() : transport_(KeepingOptions(), fake_clock_, nullptr) {
    PostedOrder slow(transport_, SignedOrder(peer_.Url(), 1), ReadyGate(fake_clock_));
    answers_.WaitForRead(1);
    fake_clock_.Advance(absl::Seconds(1));
    LookOnce();
    Answer(slow);
  }

  // The transport looks whether there are answers.
  void LookOnce() {
    auto gate = ReadyGate(fake_clock_);
    gate->Shut("caller_gone");
    PostedOrder never_sent(transport_, SignedOrder(peer_.Url(), 2), gate);
    EXPECT_EQ(never_sent.Wait().outcome, SendOutcome::kNotSent);
  }

  void Answer(PostedOrder& order) {
    answers_.Allow(1);
    EXPECT_EQ(order.Wait().outcome, SendOutcome::kAnswered);
  }

  static CurlTransportOptions KeepingOptions() {
    CurlTransportOptions options;
    options.longest_idle = absl::Minutes(5);
    return options;
  }

  AllowedAnswers answers_;
  RawPeer peer_{[this](RawConnection& connection) { answers_.Serve(connection); }};
  FakeClock fake_clock_;
  CurlTransport transport_;
};

TEST_F(CurlTransportSlowAnswerTest, NoOrderWaitsForTheOldestAgain) {
  auto orders = PostMany(transport_, peer_.Url(), 100, 20);
  answers_.WaitForRead(1 + 20);  // although none has waited: the clock stands still
  answers_.Allow(20);
  for (auto& order : orders) EXPECT_EQ(order->Wait().outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportSlowAnswerTest, AQuickAnswerEndsIt) {
  PostedOrder quick(transport_, SignedOrder(peer_.Url(), 3), ReadyGate(fake_clock_));
  answers_.WaitForRead(2);
  Answer(quick);
  auto orders = PostMany(transport_, peer_.Url(), 100, 20);
  answers_.WaitForRead(2 + 8);
  answers_.Allow(20);
  for (auto& order : orders) EXPECT_EQ(order->Wait().outcome, SendOutcome::kAnswered);
  EXPECT_EQ(peer_.accepted(), 8) << "no more than these were on their way at once";
}

TEST_F(CurlTransportLifeTest, OrderThatWaitsInTheQueueForTheTimeoutIsNotSent) {
  std::string plan = HoldAll();
  CurlTransportOptions options;
  options.most_active = 1;
  options.timeout = absl::Seconds(3);
  CurlTransport transport(options, clock_, nullptr);
  auto orders = PostMany(transport, sandbox_.OrderUrl(), 1, 1);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  for (auto& order : PostMany(transport, sandbox_.OrderUrl(), 2, 4))
    orders.push_back(std::move(order));
  int not_sent = 0;
  for (auto& order : orders) {
    HttpResult result = order->Wait();
    if (result.outcome == SendOutcome::kNotSent) {
      ++not_sent;
      EXPECT_EQ(result.cause, "deadline_passed");
    }
  }
  // When the first has timed out, one of the others gets its turn just before its time is over.
  EXPECT_GE(not_sent, 3);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 5 - not_sent);
  EXPECT_GE(sandbox_.HitsOf(plan), 1);
}

TEST_F(CurlTransportLifeTest, GateThatTheCallerShutBeforeIsNotSent) {
  CurlTransport transport({}, clock_, nullptr);
  auto gate = ReadyGate(clock_);
  gate->Shut("caller_gone");
  HttpResult result = PostedOrder(transport, SignedOrder(sandbox_.OrderUrl(), 1), gate).Wait();
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "caller_gone");
  EXPECT_EQ(sandbox_.CountOf("connections"), 0) << "there was nothing to connect for";
}

TEST_F(CurlTransportLifeTest, GateThatExpiredBeforeTheSendIsNotSent) {
  CurlTransport transport({}, clock_, nullptr);
  absl::Duration now = clock_.SinceBoot();
  for (const auto& [terms, cause] : std::vector<std::pair<SendGateTerms, std::string>>{
           {{now - absl::Seconds(61), now + absl::Hours(1), now + absl::Hours(1)}, "gate_expired"},
           {{now, now, now + absl::Hours(1)}, "gate_expired"},
           {{now, now + absl::Hours(1), now}, "deadline_passed"}}) {
    auto gate = std::make_shared<SendGate>(clock_, terms);
    HttpResult result = PostedOrder(transport, SignedOrder(sandbox_.OrderUrl(), 1), gate).Wait();
    EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
    EXPECT_EQ(result.cause, cause);
    EXPECT_FALSE(gate->opened());
  }
  EXPECT_EQ(sandbox_.CountOf("requests_begun"), 0);
}

TEST_F(CurlTransportLifeTest, GateShutWhileConnectingIsNotSent) {
  // A peer that takes the connection and leaves the TLS handshake open until it is told.
  std::mutex mutex;
  std::condition_variable changed;
  bool connected = false;
  RawPeer peer([&](RawConnection& connection) {
    {
      std::lock_guard lock(mutex);
      connected = true;
      changed.notify_all();
    }
    connection.ReadToEnd();
  });
  CurlTransportOptions options;
  options.connect_timeout = absl::Seconds(3);
  CurlTransport transport(options, clock_, nullptr);
  auto gate = ReadyGate(clock_);
  PostedOrder order(transport, SignedOrder(peer.Url("https"), 1), gate);
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return connected; });
  }
  EXPECT_TRUE(gate->Shut("caller_gone"));
  HttpResult result = order.Wait();
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "caller_gone") << "the first cause stays";
}

TEST_F(CurlTransportLifeTest, ShutAfterTheSendIsRefusedAndTheAnswerIsAwaited) {
  std::string plan = HoldAll();
  CurlTransport transport({}, clock_, nullptr);
  auto gate = ReadyGate(clock_);
  PostedOrder order(transport, SignedOrder(sandbox_.OrderUrl(), 1), gate);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  EXPECT_FALSE(gate->Shut("caller_gone"));
  sandbox_.Release(plan);
  EXPECT_EQ(order.Wait().outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportLifeTest, EndAwaitsWhatWasSentAndGivesUpTheRest) {
  std::string plan = HoldAll();
  CurlTransportOptions options;
  options.most_active = 2;
  auto transport = std::make_unique<CurlTransport>(options, clock_, nullptr);
  auto orders = PostMany(*transport, sandbox_.OrderUrl(), 1, 5);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 2));
  std::thread ending([&] { transport.reset(); });
  // The queued ones are answered while the sent ones still wait.
  for (int i : {2, 3, 4}) {
    HttpResult result = orders[i]->Wait();
    EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
    EXPECT_EQ(result.cause, "shutting_down");
  }
  EXPECT_EQ(orders[0]->done_calls() + orders[1]->done_calls(), 0);
  sandbox_.Release(plan);
  ending.join();
  for (int i : {0, 1}) {
    EXPECT_EQ(orders[i]->done_calls(), 1);
    EXPECT_EQ(orders[i]->Wait().outcome, SendOutcome::kAnswered);
  }
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 2);
}

TEST_F(CurlTransportLifeTest, EndGivesUpWhatStillConnects) {
  RawPeer peer([](RawConnection& connection) { connection.ReadToEnd(); });
  CurlTransportOptions options;
  options.connect_timeout = absl::Minutes(5);
  options.timeout = absl::Minutes(5);
  auto transport = std::make_unique<CurlTransport>(options, clock_, nullptr);
  PostedOrder order(*transport, SignedOrder(peer.Url("https"), 1), ReadyGate(clock_));
  absl::Duration before = clock_.SinceBoot();
  transport.reset();
  EXPECT_EQ(order.done_calls(), 1);
  EXPECT_EQ(order.Wait().cause, "shutting_down");
  EXPECT_LT(clock_.SinceBoot() - before, kNoFullWait);
}

TEST_F(CurlTransportLifeTest, EndAwaitsAnAnswerOnlyUpToTheTimeout) {
  std::string plan = HoldAll();
  CurlTransportOptions options;
  options.timeout = absl::Seconds(3);
  auto transport = std::make_unique<CurlTransport>(options, clock_, nullptr);
  PostedOrder order(*transport, SignedOrder(sandbox_.OrderUrl(), 1), ReadyGate(clock_));
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  transport.reset();
  EXPECT_EQ(order.done_calls(), 1);
  EXPECT_EQ(order.Wait().outcome, SendOutcome::kInDoubt);
  EXPECT_EQ(order.Wait().cause, "no_answer");
}

TEST_F(CurlTransportLifeTest, DoneMayPostAgain) {
  CurlTransport transport({}, clock_, nullptr);
  std::unique_ptr<PostedOrder> second;
  std::mutex mutex;
  std::condition_variable changed;
  transport.Post(SignedOrder(sandbox_.OrderUrl(), 1), ReadyGate(clock_), [&](HttpResult) {
    std::lock_guard lock(mutex);
    second = std::make_unique<PostedOrder>(transport, SignedOrder(sandbox_.OrderUrl(), 2),
                                           ReadyGate(clock_));
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return second != nullptr; });
  EXPECT_EQ(second->Wait().outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportLifeTest, OnePeerThatHangsDoesNotHoldUpAnother) {
  std::string plan =
      sandbox_.Plan(R"([{"match":{"full_name":"li-1"},"fault":{"kind":"hold"}}])").at(0);
  CurlTransport transport({}, clock_, nullptr);
  PostedOrder held(transport, SignedOrder(sandbox_.OrderUrl(), 1), ReadyGate(clock_));
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  EXPECT_EQ(
      PostedOrder(transport, SignedOrder(sandbox_.OrderUrl(), 2), ReadyGate(clock_)).Wait().outcome,
      SendOutcome::kAnswered);
  EXPECT_EQ(held.done_calls(), 0);
  sandbox_.Release(plan);
  EXPECT_EQ(held.Wait().outcome, SendOutcome::kAnswered);
}

}  // namespace
}  // namespace order1688
