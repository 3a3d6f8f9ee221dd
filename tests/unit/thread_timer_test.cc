#include "server/thread_timer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"
#include "tests/support/fake_timer.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;

// Keeps the timer's thread inside work, so that what the test queues meanwhile cannot run.
class HeldTimer {
 public:
  explicit HeldTimer(Timer& timer) {
    timer.RunAfter(absl::ZeroDuration(), [this] {
      held_.set_value();
      release_.get_future().wait();
    });
    held_.get_future().wait();
  }
  void Release() { release_.set_value(); }

 private:
  std::promise<void> held_;
  std::promise<void> release_;
};

TEST(ThreadTimerTest, RunsWorkOnItsOwnThread) {
  ThreadTimer timer;
  std::promise<std::thread::id> ran_on;
  timer.RunAfter(absl::ZeroDuration(), [&] { ran_on.set_value(std::this_thread::get_id()); });
  EXPECT_NE(ran_on.get_future().get(), std::this_thread::get_id());
}

TEST(ThreadTimerTest, IsNeverEarly) {
  ThreadTimer timer;
  const auto start = std::chrono::steady_clock::now();
  std::promise<std::chrono::steady_clock::time_point> ran_at;
  timer.RunAfter(absl::Milliseconds(30),
                 [&] { ran_at.set_value(std::chrono::steady_clock::now()); });
  EXPECT_GE(ran_at.get_future().get() - start, std::chrono::milliseconds(30));
}

TEST(ThreadTimerTest, RunsTheEarliestFirstAndEqualOnesInOrder) {
  ThreadTimer timer;
  HeldTimer held(timer);
  std::vector<int> order;
  std::promise<void> last;
  timer.RunAfter(absl::Milliseconds(20), [&] {
    order.push_back(4);
    last.set_value();
  });
  timer.RunAfter(absl::Milliseconds(10), [&] { order.push_back(3); });
  timer.RunAfter(absl::ZeroDuration(), [&] { order.push_back(1); });
  timer.RunAfter(-absl::InfiniteDuration(), [&] { order.push_back(2); });
  held.Release();
  last.get_future().wait();
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 4));
}

TEST(ThreadTimerTest, EarlierWorkWakesItBeforeLaterWork) {
  ThreadTimer timer;
  timer.RunAfter(absl::Hours(1), [] { ADD_FAILURE() << "an hour has not passed"; });
  std::promise<void> ran;
  timer.RunAfter(absl::ZeroDuration(), [&] { ran.set_value(); });
  ran.get_future().wait();
}

TEST(ThreadTimerTest, CancelledWorkNeverRunsAndIsDroppedAtOnce) {
  ThreadTimer timer;
  HeldTimer held(timer);
  auto owned = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = owned;
  const Timer::Id id =
      timer.RunAfter(absl::ZeroDuration(), [owned = std::move(owned)] { ++*owned; });
  timer.Cancel(id);
  EXPECT_TRUE(watched.expired());
  std::promise<void> later;
  timer.RunAfter(absl::ZeroDuration(), [&] { later.set_value(); });
  held.Release();
  later.get_future().wait();
}

TEST(ThreadTimerTest, CancelOfOldOrUnknownIdDoesNothing) {
  ThreadTimer timer;
  std::promise<void> ran;
  const Timer::Id id = timer.RunAfter(absl::ZeroDuration(), [&] { ran.set_value(); });
  ran.get_future().wait();
  timer.Cancel(id);
  timer.Cancel(0);
  timer.Cancel(id + 100);
}

TEST(ThreadTimerTest, WorkMayUseTheTimer) {
  ThreadTimer timer;
  std::promise<void> ran;
  timer.RunAfter(absl::ZeroDuration(), [&] {
    const Timer::Id id = timer.RunAfter(absl::Hours(1), [] { ADD_FAILURE(); });
    timer.Cancel(id);
    timer.RunAfter(absl::ZeroDuration(), [&] { ran.set_value(); });
  });
  ran.get_future().wait();
}

TEST(ThreadTimerTest, DestructionOfWorkMayUseTheTimer) {
  ThreadTimer timer;
  std::promise<void> dropped;
  std::shared_ptr<void> at_end(nullptr, [&](void*) {
    timer.Cancel(12345);
    dropped.set_value();
  });
  const Timer::Id id = timer.RunAfter(absl::Hours(1), [at_end = std::move(at_end)] {});
  timer.Cancel(id);
  dropped.get_future().wait();
}

TEST(ThreadTimerTest, DestructorWaitsForRunningWorkAndDropsTheRest) {
  std::promise<void> started;
  std::atomic<bool> ended = false;
  auto owned = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = owned;
  std::promise<void> release;
  std::optional<ThreadTimer> timer(std::in_place);
  timer->RunAfter(absl::ZeroDuration(), [&] {
    started.set_value();
    release.get_future().wait();
    ended = true;
  });
  started.get_future().wait();
  // Due as well, but the destructor comes first.
  timer->RunAfter(absl::InfiniteDuration(), [owned = std::move(owned)] { ADD_FAILURE(); });
  std::thread destroyer([&] { timer.reset(); });
  release.set_value();
  destroyer.join();
  EXPECT_TRUE(ended);
  EXPECT_TRUE(watched.expired());
}

TEST(ThreadTimerTest, TakesWorkFromManyThreads) {
  ThreadTimer timer;
  constexpr int kThreads = 8;
  constexpr int kEach = 200;
  std::atomic<int> ran = 0;
  std::promise<void> all;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        timer.Cancel(timer.RunAfter(absl::Hours(1), [] { ADD_FAILURE(); }));
        timer.RunAfter(absl::Microseconds(i), [&] {
          if (++ran == kThreads * kEach) all.set_value();
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  all.get_future().wait();
}

TEST(FakeTimerTest, RunsWorkWhenTimePassesAndNotBefore) {
  FakeClock clock;
  FakeTimer timer(clock);
  const absl::Duration start = clock.SinceBoot();
  std::vector<absl::Duration> ran;
  timer.RunAfter(absl::Seconds(5), [&] { ran.push_back(clock.SinceBoot() - start); });
  timer.RunAfter(absl::Seconds(2), [&] {
    ran.push_back(clock.SinceBoot() - start);
    timer.RunAfter(absl::Seconds(1), [&] { ran.push_back(clock.SinceBoot() - start); });
  });
  timer.Cancel(timer.RunAfter(absl::Seconds(1), [] { ADD_FAILURE(); }));
  timer.RunDue();
  EXPECT_TRUE(ran.empty());
  timer.Advance(absl::Seconds(4));
  EXPECT_THAT(ran, ElementsAre(absl::Seconds(2), absl::Seconds(3)));
  EXPECT_EQ(timer.pending(), 1);
  clock.Advance(absl::Seconds(10));
  timer.RunDue();
  EXPECT_THAT(ran, ElementsAre(absl::Seconds(2), absl::Seconds(3), absl::Seconds(14)));
}

}  // namespace
}  // namespace order1688
