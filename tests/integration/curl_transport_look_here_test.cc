// A thread that looks for work anyhow does a CurlTransport's, too.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/upstream/curl_transport.h"
#include "tests/support/asked_clock.h"
#include "tests/support/order_posting.h"
#include "tests/support/sandbox_process.h"

namespace order1688 {
namespace {

class CurlTransportLookHereTest : public testing::Test {
 protected:
  struct Told {
    HttpResult result;
    bool here = false;  // told on the test's thread
  };

  std::future<Told> Post(int number, const std::shared_ptr<SendGate>& gate) {
    std::promise<Told> promise;
    std::future<Told> told = promise.get_future();
    transport_->Post(SignedOrder(sandbox_.OrderUrl(), number), gate,
                     [promise = std::move(promise),
                      test = std::this_thread::get_id()](HttpResult result) mutable {
                       promise.set_value({std::move(result), test == std::this_thread::get_id()});
                     });
    return told;
  }
  std::future<Told> Post(int number) { return Post(number, ReadyGate(gate_clock_)); }

  // The sandbox holds order `number`, however often it comes.
  std::string Hold(int number) {
    const std::string receiver = "li-" + std::to_string(number);
    return sandbox_
        .Plan(R"([{"times":-1,"match":{"full_name":")" + receiver +
              R"("},"fault":{"kind":"hold"}}])")
        .at(0);
  }

  // Looks until the transport's thread has left the orders to the test's. It asks the transport's
  // clock then.
  void TakeOver() {
    do {
      clock_.Forget();
      transport_->LookHere();
    } while (!clock_.AskedHere());
  }

  Told LookUntilTold(std::future<Told>& told) {
    while (told.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      transport_->LookHere();
      std::this_thread::yield();
    }
    return told.get();
  }

  void Start(absl::Duration timeout) {
    CurlTransportOptions options;
    options.timeout = timeout;
    options.longest_idle = absl::Minutes(5);
    transport_ = std::make_unique<CurlTransport>(options, clock_, nullptr);
  }

  AskedClock clock_;
  AskedClock gate_clock_;
  SandboxProcess sandbox_;
  std::unique_ptr<CurlTransport> transport_;
};

TEST_F(CurlTransportLookHereTest, WhoLooksReadsTheAnswers) {
  Start(absl::Minutes(10));
  for (int i = 0; i < 20; ++i) {
    const std::string plan = Hold(i);
    std::future<Told> told = Post(i);
    ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
    TakeOver();
    EXPECT_FALSE(transport_->LookHere());
    sandbox_.Release(plan);
    const Told order = LookUntilTold(told);
    EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
    EXPECT_TRUE(order.here);
    transport_->StopLookingHere();
  }
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
}

TEST_F(CurlTransportLookHereTest, WhoLooksSendsWhatIsPostedMeanwhile) {
  const std::string plan = Hold(0);
  Start(absl::Minutes(10));
  std::future<Told> held = Post(0);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  TakeOver();
  for (int i = 1; i <= 20; ++i) {
    gate_clock_.Forget();
    std::future<Told> told = Post(i);
    const Told order = LookUntilTold(told);
    EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
    EXPECT_TRUE(order.here);
    EXPECT_TRUE(gate_clock_.AskedHere());
  }
  sandbox_.Release(plan);
  EXPECT_EQ(LookUntilTold(held).result.outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportLookHereTest, AfterwardsTheTransportReadsTheAnswers) {
  const std::string plan = Hold(0);
  Start(absl::Minutes(10));
  std::future<Told> told = Post(0);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  TakeOver();
  transport_->StopLookingHere();
  sandbox_.Release(plan);
  const Told order = told.get();
  EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
  EXPECT_FALSE(order.here);
}

TEST_F(CurlTransportLookHereTest, TimeoutsComeForWhoLooksAndAfterwards) {
  const std::string first_plan = Hold(0);
  const std::string second_plan = Hold(1);
  Start(absl::Seconds(1));
  std::future<Told> told = Post(0);
  TakeOver();
  const Told first = LookUntilTold(told);
  EXPECT_EQ(first.result.cause, "no_answer");
  EXPECT_LT(first.result.latency, kNoFullWait);
  EXPECT_TRUE(first.here);

  // Started here, so that the transport's thread knows nothing of it.
  told = Post(1);
  transport_->LookHere();
  transport_->StopLookingHere();
  const Told second = told.get();
  EXPECT_EQ(second.result.cause, "no_answer");
  EXPECT_LT(second.result.latency, kNoFullWait);
  EXPECT_FALSE(second.here);
  EXPECT_EQ(sandbox_.HitsOf(first_plan), 1);
  EXPECT_EQ(sandbox_.HitsOf(second_plan), 1);
}

TEST_F(CurlTransportLookHereTest, WithoutOrdersThereIsNothingToLookAt) {
  const std::string plan = Hold(0);
  Start(absl::Minutes(10));
  std::future<Told> told = Post(0);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  TakeOver();
  sandbox_.Release(plan);
  EXPECT_TRUE(LookUntilTold(told).here);

  clock_.Forget();
  EXPECT_FALSE(transport_->LookHere());
  EXPECT_FALSE(clock_.AskedHere());
  transport_->StopLookingHere();
  told = Post(1);
  EXPECT_FALSE(told.get().here);
}

TEST_F(CurlTransportLookHereTest, EndAwaitsAnOrderThatSomebodyLooksAt) {
  const std::string plan = Hold(0);
  Start(absl::Minutes(10));
  std::future<Told> told = Post(0);
  ASSERT_TRUE(sandbox_.WaitForHolding(plan, 1));
  TakeOver();
  std::thread ending([this] { transport_.reset(); });
  sandbox_.Release(plan);
  const Told order = told.get();
  EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
  EXPECT_FALSE(order.here);
  ending.join();
}

TEST_F(CurlTransportLookHereTest, EachOrderIsSentAndToldOnceWhoeverLooks) {
  constexpr int kThreads = 3;
  constexpr int kOrders = 40;
  Start(absl::Minutes(10));
  std::atomic<bool> over = false;
  std::thread looking([this, &over] {
    for (int i = 0; !over; ++i) {
      transport_->LookHere();
      if (i % 50 == 0) transport_->StopLookingHere();
      std::this_thread::yield();
    }
    transport_->StopLookingHere();
  });
  std::vector<std::thread> posting;
  for (int thread = 0; thread < kThreads; ++thread) {
    posting.emplace_back([this, thread] {
      for (int i = 0; i < kOrders; ++i) {
        PostedOrder order(*transport_, SignedOrder(sandbox_.OrderUrl(), thread * kOrders + i),
                          ReadyGate(gate_clock_));
        EXPECT_EQ(order.Wait().outcome, SendOutcome::kAnswered);
        EXPECT_EQ(order.done_calls(), 1);
      }
    });
  }
  for (std::thread& thread : posting) thread.join();
  over = true;
  looking.join();
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), kThreads * kOrders);
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
}

}  // namespace
}  // namespace order1688
