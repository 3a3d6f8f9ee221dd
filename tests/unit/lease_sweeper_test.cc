#include "server/placement/lease_sweeper.h"

#include <memory>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

using testing::HasSubstr;

class LeaseSweeperTest : public testing::Test {
 protected:
  void StartSweeper() {
    std::make_shared<LeaseSweeper>(absl::Seconds(10), rig_.ledger, rig_.timer, rig_.metrics,
                                   rig_.log)
        ->Start();
  }

  PlacementRig rig_;
};

TEST_F(LeaseSweeperTest, DeclaresARowInDoubtWhenItsLeaseHasEndedAndAlarmsOnce) {
  StartSweeper();
  rig_.Place("a-1");
  rig_.Place("a-2");
  rig_.Restart();  // nobody knows of the senders any more
  rig_.Pass(absl::Seconds(89));
  EXPECT_EQ(rig_.row("a-1").state(), v1::PLACEMENT_STATE_SENDING);
  EXPECT_EQ(rig_.Alarms("lease_expired"), 0);
  rig_.Pass(absl::Seconds(11));
  EXPECT_EQ(rig_.row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(rig_.row("a-1").cause(), "lease_expired");
  EXPECT_EQ(rig_.Alarms("lease_expired"), 2);
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("\"request_id\":\"a-1\""));
  rig_.Pass(absl::Minutes(5));
  EXPECT_EQ(rig_.Alarms("lease_expired"), 2);
  EXPECT_EQ(rig_.transport.requests().size(), 2U) << "it sends nothing";
}

TEST_F(LeaseSweeperTest, LeavesSettledRowsAlone) {
  StartSweeper();
  rig_.Place("a-1");
  rig_.Deliver(Answered(SampleAnswer()));
  rig_.Pass(absl::Minutes(5));
  EXPECT_EQ(rig_.row("a-1").state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(rig_.Alarms("lease_expired"), 0);
}

TEST_F(LeaseSweeperTest, GoesOnAfterTheLedgerHasFailed) {
  StartSweeper();
  rig_.Place("a-1");
  rig_.clock.Advance(absl::Minutes(2));
  rig_.ledger.FailNext(MemoryLedger::Method::kExpireLeases, MemoryLedger::Fault::kBeforeEffect);
  rig_.Pass(absl::Seconds(1));
  ASSERT_EQ(rig_.ledger.faults_hit(), 1U);
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("lease_sweep_failed"));
  EXPECT_EQ(rig_.row("a-1").state(), v1::PLACEMENT_STATE_SENDING);
  rig_.Pass(absl::Seconds(10));
  EXPECT_EQ(rig_.row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(LeaseSweeperTest, TwoSweepersAlarmOncePerRow) {
  StartSweeper();
  StartSweeper();
  rig_.Place("a-1");
  rig_.Pass(absl::Minutes(3));
  EXPECT_EQ(rig_.Alarms("lease_expired"), 1);
}

}  // namespace
}  // namespace order1688
