#include "server/placement/account_pacer.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_clock.h"

namespace order1688 {
namespace {

class AccountPacerTest : public testing::Test {
 protected:
  static void CountDoubts(AccountPacer& pacer, int times) {
    for (int i = 0; i < times; ++i) pacer.CountOutcome(/*in_doubt=*/true);
  }

  FakeClock clock_;
};

TEST_F(AccountPacerTest, AdmitsUpToTheLimitAndAgainAfterRelease) {
  AccountPacer pacer(2, 100, clock_);
  EXPECT_FALSE(pacer.Admit().has_value());
  EXPECT_FALSE(pacer.Admit().has_value());
  const auto refusal = pacer.Admit();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->reason, v1::ERROR_REASON_OVERLOADED);
  EXPECT_GT(refusal->retry_after, absl::ZeroDuration());
  pacer.Release();
  EXPECT_FALSE(pacer.Admit().has_value());
}

TEST_F(AccountPacerTest, AdmitsABurstOfOneSecondAndThenByRate) {
  AccountPacer pacer(1000, 4, clock_);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(pacer.Admit().has_value()) << i;
  const auto refusal = pacer.Admit();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->reason, v1::ERROR_REASON_RATE_LIMITED);
  EXPECT_EQ(refusal->retry_after, absl::Milliseconds(250));
  clock_.Advance(absl::Milliseconds(249));
  EXPECT_TRUE(pacer.Admit().has_value());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(pacer.Admit().has_value());
  EXPECT_TRUE(pacer.Admit().has_value());
}

TEST_F(AccountPacerTest, WhoWaitsAsLongAsToldIsAdmitted) {
  for (double rate : {0.3, 0.7, 1.0, 3.0, 7.0, 10.0, 33.0}) {
    AccountPacer pacer(100000, rate, clock_);
    int admitted = 0;
    for (int i = 0; i < 100; ++i) {
      while (!pacer.Admit().has_value()) ++admitted;
      clock_.Advance(pacer.Admit()->retry_after);
      EXPECT_FALSE(pacer.Admit().has_value()) << rate;
    }
    EXPECT_GT(admitted, 0);
  }
}

TEST_F(AccountPacerTest, TokensDoNotPileUpBeyondOneSecond) {
  AccountPacer pacer(1000, 3, clock_);
  clock_.Advance(absl::Hours(5));
  int admitted = 0;
  while (!pacer.Admit().has_value()) ++admitted;
  EXPECT_EQ(admitted, 3);
}

TEST_F(AccountPacerTest, RateBelowOnePerSecondAdmitsOneAtOnce) {
  AccountPacer pacer(1000, 0.1, clock_);
  EXPECT_FALSE(pacer.Admit().has_value());
  EXPECT_EQ(pacer.Admit()->retry_after, absl::Seconds(10));
  clock_.Advance(absl::Seconds(10));
  EXPECT_FALSE(pacer.Admit().has_value());
}

TEST_F(AccountPacerTest, JumpOfTheWallClockChangesNothing) {
  AccountPacer pacer(1000, 1, clock_);
  EXPECT_FALSE(pacer.Admit().has_value());
  clock_.SetNow(clock_.Now() + absl::Hours(24));
  EXPECT_TRUE(pacer.Admit().has_value());
}

TEST_F(AccountPacerTest, RefusedCallTakesNoPlaceAndNoToken) {
  AccountPacer pacer(1, 2, clock_);
  EXPECT_FALSE(pacer.Admit().has_value());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pacer.Admit()->reason, v1::ERROR_REASON_OVERLOADED);
  pacer.Release();
  EXPECT_FALSE(pacer.Admit().has_value()) << "the second token is still there";
  pacer.Release();
  EXPECT_EQ(pacer.Admit()->reason, v1::ERROR_REASON_RATE_LIMITED);
  clock_.Advance(absl::Seconds(1));
  EXPECT_FALSE(pacer.Admit().has_value()) << "the place was not taken by the refused call";
}

TEST_F(AccountPacerTest, FiveDoubtsInARowPauseOnce) {
  AccountPacer pacer(100, 100, clock_);
  for (int i = 0; i < 4; ++i) EXPECT_FALSE(pacer.CountOutcome(true)) << i;
  EXPECT_FALSE(pacer.paused());
  EXPECT_FALSE(pacer.Admit().has_value());
  EXPECT_TRUE(pacer.CountOutcome(true));
  EXPECT_TRUE(pacer.paused());
  EXPECT_FALSE(pacer.CountOutcome(true)) << "told once";
  const auto refusal = pacer.Admit();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->reason, v1::ERROR_REASON_ACCOUNT_PAUSED);
  EXPECT_EQ(refusal->retry_after, absl::Minutes(1));
}

TEST_F(AccountPacerTest, AnySettledOutcomeBreaksTheRow) {
  AccountPacer pacer(100, 100, clock_);
  for (int i = 0; i < 10; ++i) {
    CountDoubts(pacer, 4);
    EXPECT_FALSE(pacer.CountOutcome(/*in_doubt=*/false));
  }
  EXPECT_FALSE(pacer.paused());
}

TEST_F(AccountPacerTest, PauseEndsOnlyWithResume) {
  AccountPacer pacer(100, 100, clock_);
  CountDoubts(pacer, 5);
  pacer.CountOutcome(/*in_doubt=*/false);
  clock_.Advance(absl::Hours(24));
  EXPECT_TRUE(pacer.Admit().has_value());
  pacer.SetPaused(false);
  EXPECT_FALSE(pacer.paused());
  EXPECT_FALSE(pacer.Admit().has_value());
  CountDoubts(pacer, 4);
  EXPECT_FALSE(pacer.paused()) << "the count began anew";
  EXPECT_TRUE(pacer.CountOutcome(true));
}

TEST_F(AccountPacerTest, ItsOwnPauseHoldsAgainstTheLedgersWordUntilTheLedgerHasIt) {
  AccountPacer pacer(100, 100, clock_);
  CountDoubts(pacer, 5);
  EXPECT_TRUE(pacer.own_pause());
  pacer.Obey(/*paused=*/false, pacer.pause_version());
  EXPECT_TRUE(pacer.paused());
  const int64_t before = pacer.pause_version();
  pacer.OwnPauseKept();
  EXPECT_FALSE(pacer.own_pause());
  EXPECT_TRUE(pacer.paused());
  pacer.Obey(/*paused=*/false, before);
  EXPECT_TRUE(pacer.paused()) << "the ledger was asked before it had the pause";
  pacer.Obey(/*paused=*/false, pacer.pause_version());
  EXPECT_FALSE(pacer.paused()) << "an operator resumed it elsewhere";
  CountDoubts(pacer, 4);
  EXPECT_FALSE(pacer.paused()) << "the count began anew";
}

TEST_F(AccountPacerTest, AnOperatorsPauseAndResumeAreObeyedAtOnceAndOutliveOlderWords) {
  AccountPacer pacer(100, 100, clock_);
  const int64_t before = pacer.pause_version();
  pacer.SetPaused(true);
  EXPECT_EQ(pacer.Admit()->reason, v1::ERROR_REASON_ACCOUNT_PAUSED);
  EXPECT_FALSE(pacer.own_pause());
  pacer.Obey(/*paused=*/false, before);
  EXPECT_TRUE(pacer.paused());
  pacer.SetPaused(false);
  EXPECT_FALSE(pacer.Admit().has_value());
  pacer.OwnPauseKept();
  EXPECT_FALSE(pacer.paused()) << "there was no own pause to keep";
}

TEST_F(AccountPacerTest, TheLedgersPauseIsObeyed) {
  AccountPacer pacer(100, 100, clock_);
  pacer.Obey(/*paused=*/true, pacer.pause_version());
  EXPECT_TRUE(pacer.paused());
  EXPECT_FALSE(pacer.CountOutcome(true)) << "it is paused already";
  pacer.Obey(/*paused=*/false, pacer.pause_version());
  EXPECT_FALSE(pacer.paused());
}

TEST_F(AccountPacerTest, ThreadsNeverGetMorePlacesThanThereAre) {
  AccountPacer pacer(50, 1000, clock_);
  std::vector<int> admitted(4, 0);
  std::vector<std::thread> threads;
  for (int& count : admitted) {
    threads.emplace_back([&pacer, &count] {
      for (int i = 0; i < 100; ++i) count += pacer.Admit().has_value() ? 0 : 1;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted[0] + admitted[1] + admitted[2] + admitted[3], 50);
}

}  // namespace
}  // namespace order1688
