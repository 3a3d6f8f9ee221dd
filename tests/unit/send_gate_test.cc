#include "server/upstream/send_gate.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace order1688 {
namespace {

class StandingClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch(); }
  absl::Duration SinceBoot() const override { return since_boot; }

  absl::Duration since_boot = absl::Hours(5);
};

class SendGateTest : public testing::Test {
 protected:
  SendGateTerms TermsFromNow() const {
    return {clock_.since_boot, clock_.since_boot + absl::Seconds(90),
            clock_.since_boot + absl::Seconds(30)};
  }

  StandingClock clock_;
};

TEST_F(SendGateTest, OpensOnceAndCountsEverySendThatItStops) {
  SendGate gate(clock_, TermsFromNow());
  EXPECT_FALSE(gate.opened());
  EXPECT_TRUE(gate.Open());
  EXPECT_TRUE(gate.opened());
  EXPECT_EQ(gate.stopped_sends(), 0);
  EXPECT_FALSE(gate.Open());
  EXPECT_FALSE(gate.Open());
  EXPECT_TRUE(gate.opened());
  EXPECT_EQ(gate.stopped_sends(), 2);
  EXPECT_EQ(gate.shut_cause(), "");
}

TEST_F(SendGateTest, ShutIsRefusedAfterItOpened) {
  SendGate gate(clock_, TermsFromNow());
  ASSERT_TRUE(gate.Open());
  EXPECT_FALSE(gate.Shut("caller_gone"));
  EXPECT_TRUE(gate.opened());
  EXPECT_EQ(gate.shut_cause(), "");
}

TEST_F(SendGateTest, NeverOpensOnceShutAndKeepsTheFirstCause) {
  SendGate gate(clock_, TermsFromNow());
  EXPECT_TRUE(gate.Shut("caller_gone"));
  EXPECT_FALSE(gate.Open());
  EXPECT_TRUE(gate.Shut("connect_failed"));
  EXPECT_FALSE(gate.opened());
  EXPECT_EQ(gate.shut_cause(), "caller_gone");
  EXPECT_EQ(gate.stopped_sends(), 0) << "nothing was sent, so nothing was sent twice";
}

TEST_F(SendGateTest, OpensUntilTheSignatureIsSixtySecondsOld) {
  SendGateTerms terms = TermsFromNow();
  terms.caller_deadline = clock_.since_boot + absl::Hours(1);
  SendGate last_moment(clock_, terms);
  SendGate too_late(clock_, terms);
  clock_.since_boot += absl::Seconds(60);
  EXPECT_TRUE(last_moment.Open());
  clock_.since_boot += absl::Nanoseconds(1);
  EXPECT_FALSE(too_late.Open());
  EXPECT_EQ(too_late.shut_cause(), "gate_expired");
}

TEST_F(SendGateTest, StaysShutFromTheEndOfTheLeaseOn) {
  SendGateTerms terms = TermsFromNow();
  terms.lease_end = clock_.since_boot + absl::Seconds(10);
  SendGate last_moment(clock_, terms);
  SendGate too_late(clock_, terms);
  clock_.since_boot += absl::Seconds(10) - absl::Nanoseconds(1);
  EXPECT_TRUE(last_moment.Open());
  clock_.since_boot += absl::Nanoseconds(1);
  EXPECT_FALSE(too_late.Open());
  EXPECT_EQ(too_late.shut_cause(), "gate_expired");
}

TEST_F(SendGateTest, StaysShutFromTheCallersDeadlineOn) {
  SendGate last_moment(clock_, TermsFromNow());
  SendGate too_late(clock_, TermsFromNow());
  clock_.since_boot += absl::Seconds(30) - absl::Nanoseconds(1);
  EXPECT_TRUE(last_moment.Open());
  clock_.since_boot += absl::Nanoseconds(1);
  EXPECT_FALSE(too_late.Open());
  EXPECT_EQ(too_late.shut_cause(), "deadline_passed");
}

TEST_F(SendGateTest, StaysShutAfterARefusalEvenIfTheTermsHoldAgain) {
  SendGate gate(clock_, TermsFromNow());
  clock_.since_boot += absl::Seconds(31);
  EXPECT_FALSE(gate.Open());
  clock_.since_boot -= absl::Seconds(31);
  EXPECT_FALSE(gate.Open());
  EXPECT_FALSE(gate.opened());
}

TEST_F(SendGateTest, OneOfManyThreadsGetsThroughAndShutAgreesWithIt) {
  for (int round = 0; round < 200; ++round) {
    SendGate gate(clock_, TermsFromNow());
    std::atomic<int> let_through = 0;
    std::atomic<bool> provably_never_sent = false;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&] { let_through += gate.Open() ? 1 : 0; });
    threads.emplace_back([&] { provably_never_sent = gate.Shut("caller_gone"); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(let_through, provably_never_sent ? 0 : 1);
    EXPECT_EQ(gate.opened(), !provably_never_sent);
  }
}

}  // namespace
}  // namespace order1688
