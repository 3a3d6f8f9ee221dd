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

constexpr int kTries = 20;

class CurlTransportLookHereTest : public testing::Test {
 protected:
  struct Told {
    HttpResult result;
    bool here = false;  // told on the test's thread
  };

  std::future<Told> Post(int number) {
    std::promise<Told> promise;
    std::future<Told> told = promise.get_future();
    transport_->Post(SignedOrder(sandbox_.OrderUrl(), number), ReadyGate(gate_clock_),
                     [promise = std::move(promise),
                      test = std::this_thread::get_id()](HttpResult result) mutable {
                       promise.set_value({std::move(result), test == std::this_thread::get_id()});
                     });
    return told;
  }

  // The sandbox holds order `number`, however often it comes.
  std::string Hold(int number) {
    const std::string receiver = "li-" + std::to_string(number);
    return sandbox_
        .Plan(R"([{"times":-1,"match":{"full_name":")" + receiver +
              R"("},"fault":{"kind":"hold"}}])")
        .at(0);
  }

  // An order that the sandbox holds.
  struct HeldOrder {
    std::string plan;
    std::future<Told> told;
  };

  // Posts an order that is held, and looks until the transport's thread has left it to the test's,
  // which asks the transport's clock then.
  HeldOrder TakeOverHeld(int number) {
    std::string plan = Hold(number);
    std::future<Told> told = Post(number);
    EXPECT_TRUE(sandbox_.WaitForHolding(plan, 1));
    do {
      clock_.Forget();
      transport_->LookHere();
    } while (!clock_.AskedHere());
    return {std::move(plan), std::move(told)};
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
    HeldOrder held = TakeOverHeld(i);
    EXPECT_FALSE(transport_->LookHere());
    sandbox_.Release(held.plan);
    const Told order = LookUntilTold(held.told);
    EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
    EXPECT_TRUE(order.here);
    transport_->StopLookingHere();
  }
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
}

TEST_F(CurlTransportLookHereTest, WhoLooksSendsWhatIsPostedMeanwhile) {
  Start(absl::Minutes(10));
  HeldOrder held = TakeOverHeld(0);
  for (int i = 1; i <= 20; ++i) {
    gate_clock_.Forget();
    std::future<Told> told = Post(i);
    const Told order = LookUntilTold(told);
    EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
    EXPECT_TRUE(order.here);
    EXPECT_TRUE(gate_clock_.AskedHere());
  }
  sandbox_.Release(held.plan);
  EXPECT_EQ(LookUntilTold(held.told).result.outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportLookHereTest, AfterwardsTheTransportReadsTheAnswers) {
  Start(absl::Minutes(10));
  HeldOrder held = TakeOverHeld(0);
  transport_->StopLookingHere();
  sandbox_.Release(held.plan);
  const Told order = held.told.get();
  EXPECT_EQ(order.result.outcome, SendOutcome::kAnswered) << order.result.cause;
  EXPECT_FALSE(order.here);
}

TEST_F(CurlTransportLookHereTest, TimeoutsComeForWhoLooksAndAfterwards) {
  const std::string first_plan = Hold(0);
  const std::string second_plan = Hold(1);
  Start(absl::Seconds(1));
  // Whether the transport's thread notices it before it has left it to this one is chance.
  Told first;
  for (int i = 0; i < kTries && !first.here; ++i) {
    std::future<Told> told = Post(0);
    first = LookUntilTold(told);
    EXPECT_EQ(first.result.cause, "no_answer");
    EXPECT_LT(first.result.latency, kNoFullWait);
  }
  ASSERT_TRUE(first.here);

  // Started here, so that the transport's thread knows nothing of it.
  std::future<Told> told = Post(1);
  transport_->LookHere();
  transport_->StopLookingHere();
  const Told second = told.get();
  EXPECT_EQ(second.result.cause, "no_answer");
  EXPECT_LT(second.result.latency, kNoFullWait);
  EXPECT_FALSE(second.here);
  EXPECT_TRUE(sandbox_.WaitForHits(first_plan, 1));
  EXPECT_TRUE(sandbox_.WaitForHits(second_plan, 1));
}

TEST_F(CurlTransportLookHereTest, WithoutOrdersThereIsNothingToLookAt) {
  Start(absl::Minutes(10));
  HeldOrder held = TakeOverHeld(0);
  sandbox_.Release(held.plan);
  EXPECT_TRUE(LookUntilTold(held.told).here);

  clock_.Forget();
  EXPECT_FALSE(transport_->LookHere());
  EXPECT_FALSE(clock_.AskedHere());
  transport_->StopLookingHere();
  EXPECT_FALSE(Post(1).get().here);
}

TEST_F(CurlTransportLookHereTest, EndAwaitsAnOrderThatSomebodyLooksAt) {
  Start(absl::Minutes(10));
  HeldOrder held = TakeOverHeld(0);
  std::thread ending([this] { transport_.reset(); });
  sandbox_.Release(held.plan);
  const Told order = held.told.get();
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
