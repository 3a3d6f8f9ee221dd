// An order that finds a CurlTransport without work: who posts it starts it.
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "server/upstream/curl_transport.h"
#include "tests/support/asked_clock.h"
#include "tests/support/order_posting.h"
#include "tests/support/sandbox_process.h"

namespace order1688 {
namespace {

// Whether the transport's thread has begun to wait when the next order comes is chance.
constexpr int kTries = 100;

class CurlTransportIdleTest : public testing::Test {
 protected:
  // An order whose gate tells by which thread it was asked.
  struct Watched {
    HttpResult result;
    bool sent_by_poster = false;
  };

  Watched PostAndWait(HttpTransport& transport, int number) {
    auto gate = ReadyGate(gate_clock_);
    gate_clock_.Forget();
    HttpResult result =
        PostedOrder(transport, SignedOrder(sandbox_.OrderUrl(), number), gate).Wait();
    return {std::move(result), gate_clock_.AskedHere()};
  }

  static CurlTransportOptions KeepingOptions() {
    CurlTransportOptions options;
    options.longest_idle = absl::Minutes(5);
    return options;
  }

  SystemClock clock_;
  AskedClock gate_clock_;
  SandboxProcess sandbox_;
};

TEST_F(CurlTransportIdleTest, WhoPostsSendsAnOrderThatComesAlone) {
  CurlTransport transport(KeepingOptions(), clock_, nullptr);
  bool sent_by_poster = false;
  for (int i = 0; i < kTries && !sent_by_poster; ++i) {
    const Watched order = PostAndWait(transport, i);
    ASSERT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
    sent_by_poster = order.sent_by_poster;
  }
  EXPECT_TRUE(sent_by_poster);
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
}

TEST_F(CurlTransportIdleTest, TheTransportSendsAnOrderBesideAnother) {
  const std::string plan =
      sandbox_.Plan(R"([{"match":{"full_name":"li-0"},"fault":{"kind":"hold"}}])").at(0);
  CurlTransport transport(KeepingOptions(), clock_, nullptr);
  PostedOrder held(transport, SignedOrder(sandbox_.OrderUrl(), 0), ReadyGate(clock_));
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  for (int i = 1; i <= 20; ++i) {
    const Watched order = PostAndWait(transport, i);
    ASSERT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
    EXPECT_FALSE(order.sent_by_poster) << i;
  }
  sandbox_.Release(plan);
  EXPECT_EQ(held.Wait().outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportIdleTest, AnOrderThatThePosterSentEndsAtItsTimeout) {
  const std::string plan =
      sandbox_.Plan(R"([{"times":-1,"match":{"full_name":"li-0"},"fault":{"kind":"hold"}}])").at(0);
  CurlTransportOptions options = KeepingOptions();
  options.timeout = absl::Seconds(1);
  CurlTransport transport(options, clock_, nullptr);
  bool sent_by_poster = false;
  for (int i = 1; i < kTries && !sent_by_poster; ++i) {
    // Its connection is there for the next one, which therefore need not connect first.
    ASSERT_EQ(PostAndWait(transport, i).result.outcome, SendOutcome::kAnswered);
    const Watched unanswered = PostAndWait(transport, 0);
    EXPECT_EQ(unanswered.result.cause, "no_answer");
    EXPECT_LT(unanswered.result.latency, kNoFullWait);
    sent_by_poster = unanswered.sent_by_poster;
  }
  EXPECT_TRUE(sent_by_poster);
  EXPECT_GE(sandbox_.HitsOf(plan), 1);
}

TEST_F(CurlTransportIdleTest, DoneIsCalledByTheTransportAndAtOnce) {
  CurlTransport transport({}, clock_, nullptr);
  for (int i = 0; i < 100; ++i) {
    std::promise<std::thread::id> called_by;
    std::future<std::thread::id> caller = called_by.get_future();
    const absl::Duration before = clock_.SinceBoot();
    transport.Post(SignedOrder("http://192.0.2.1/", i), ReadyGate(clock_),
                   [called_by = std::move(called_by)](HttpResult result) mutable {
                     EXPECT_EQ(result.cause, "request_refused");
                     called_by.set_value(std::this_thread::get_id());
                   });
    EXPECT_NE(caller.get(), std::this_thread::get_id());
    ASSERT_LT(clock_.SinceBoot() - before, kNoFullWait);
  }
}

}  // namespace
}  // namespace order1688
