// The placer among real threads: for the thread sanitizer, and for whatever only an unlucky moment
// shows.
#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "server/placement/order_placer.h"
#include "server/thread_timer.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

constexpr int kCallers = 4;
constexpr int kIds = 40;

// A rig with a ledger, a timer and a gateway that answer on threads of their own.
class ThreadedRig {
 public:
  ThreadedRig()
      : rig_({.max_in_flight = 1000,
              .orders_per_second = 1e6,
              .max_placements_in_flight = 1000,
              .answers = MemoryLedger::Answers::kOnOwnThread,
              .timer = &timer_,
              .clock = &clock_}) {
    wire_ = std::thread([this] {
      while (!closing_) {
        if (rig_.transport.unanswered() == 0) {
          std::this_thread::yield();
          continue;
        }
        rig_.transport.Deliver(Answered(answer_));
      }
    });
  }
  ~ThreadedRig() {
    closing_ = true;
    wire_.join();
  }

  PlacementRig& rig() { return rig_; }

 private:
  // One order that covers all lines of its seller.
  const std::string answer_ =
      R"({"requestId":"gw","code":200,"data":[{"sellerOpenId":"BBBgGWh2O6JFI6v1aQuZVgRIA","baseInfo":{"idOfStr":"77"}}]})";
  SystemClock clock_;
  ThreadTimer timer_;
  PlacementRig rig_;
  std::atomic<bool> closing_ = false;
  std::thread wire_;
};

TEST(OrderPlacerThreadsTest, CallersThatRaceForTheSameIdsGetOneOrderEach) {
  ThreadedRig threaded;
  PlacementRig& rig = threaded.rig();
  std::vector<std::vector<PlaceOutcomePtr>> outcomes(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int id = 0; id < kIds; ++id)
        outcomes[caller].push_back(rig.Start(rig.Command(absl::StrCat("a-", id))));
    });
  }
  for (std::thread& caller : callers) caller.join();
  rig.placer->StopTaking();
  rig.placer->WaitUntilIdle();

  int fresh = 0;
  for (const auto& of_caller : outcomes) {
    for (const PlaceOutcomePtr& outcome : of_caller) {
      ASSERT_TRUE(outcome->ok() || outcome->reason() == "SHUTTING_DOWN") << outcome->reason();
      if (outcome->ok() && !outcome->result.replayed) ++fresh;
    }
  }
  EXPECT_EQ(rig.transport.sent().size(), static_cast<size_t>(fresh));
  EXPECT_LE(fresh, kIds);
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerThreadsTest, CallersThatLeaveAtAnyMomentAreAnsweredOnce) {
  ThreadedRig threaded;
  PlacementRig& rig = threaded.rig();
  std::vector<std::vector<PlaceOutcomePtr>> outcomes(kCallers);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int id = 0; id < kIds; ++id) {
        outcomes[caller].push_back(rig.Start(rig.Command(absl::StrCat("a-", id))));
        if ((id + caller) % 3 == 0) std::this_thread::yield();
        if ((id + caller) % 2 == 0) rig.placer->Cancel(outcomes[caller].back()->call);
      }
    });
  }
  rig.transport.WaitForPosts(1);
  for (std::thread& caller : callers) caller.join();
  rig.placer->StopTaking();
  rig.placer->WaitUntilIdle();
  for (const auto& of_caller : outcomes) {
    for (const PlaceOutcomePtr& outcome : of_caller) EXPECT_EQ(outcome->times_answered(), 1);
  }
  for (int id = 0; id < kIds; ++id) {
    const v1::PlacementState state = rig.row(absl::StrCat("a-", id)).state();
    EXPECT_TRUE(state != v1::PLACEMENT_STATE_SENDING && state != v1::PLACEMENT_STATE_IN_DOUBT)
        << id;
  }
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerThreadsTest, AStopInTheMiddleOfTheRushLeavesNothingBehind) {
  for (int round = 0; round < 20; ++round) {
    ThreadedRig threaded;
    PlacementRig& rig = threaded.rig();
    std::vector<std::vector<PlaceOutcomePtr>> outcomes(kCallers);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < kCallers; ++caller) {
      callers.emplace_back([&, caller] {
        for (int id = 0; id < 8; ++id) {
          outcomes[caller].push_back(
              rig.Start(rig.Command(absl::StrCat("a-", caller % 2, "-", id))));
          rig.placer->Cancel(outcomes[caller].back()->call);
        }
      });
    }
    rig.placer->StopTaking();
    rig.placer->WaitUntilIdle();
    // What was let in has ended: nothing is on the wire, in the ledger's queue or in flight.
    EXPECT_EQ(rig.InFlight(), 0);
    EXPECT_EQ(rig.transport.unanswered(), 0U);
    for (std::thread& caller : callers) caller.join();
    rig.placer->WaitUntilIdle();
    for (const auto& of_caller : outcomes) {
      for (const PlaceOutcomePtr& outcome : of_caller) EXPECT_EQ(outcome->times_answered(), 1);
    }
  }
}

}  // namespace
}  // namespace order1688
