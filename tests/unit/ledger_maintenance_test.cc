#include "server/placement/ledger_maintenance.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/placement_rig.h"
#include "tests/support/sample_placement.h"

namespace order1688 {
namespace {

using testing::HasSubstr;

class LedgerMaintenanceTest : public testing::Test {
 protected:
  // Settled rows whose personal data is due to be erased by now.
  void Add(int rows) {
    for (int i = 0; i < rows; ++i) {
      Reservation reservation = SampleReservation("a-" + std::to_string(i));
      reservation.retention = absl::Microseconds(1);
      rig_.ledger.Reserve(reservation, [this](absl::StatusOr<Reserved> reserved) {
        rig_.ledger.Record(SampleRecord(reserved->row, v1::PLACEMENT_STATE_PLACED),
                           [](absl::StatusOr<Recorded>) {});
      });
    }
    rig_.ledger.RunPending();
  }
  int Erased(int rows) const {
    int erased = 0;
    for (int i = 0; i < rows; ++i) {
      erased += rig_.ledger.request({"shop", "a-" + std::to_string(i)}).empty() ? 1 : 0;
    }
    return erased;
  }
  void Start() {
    std::make_shared<LedgerMaintenance>(rig_.ledger, rig_.timer, rig_.metrics, rig_.log)->Start();
  }

  PlacementRig rig_;
};

TEST_F(LedgerMaintenanceTest, ErasesSoonAfterTheStartAndThenEveryMinute) {
  Add(2);
  Start();
  rig_.Pass(absl::Seconds(1));
  EXPECT_EQ(Erased(2), 2);
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("\"rows\":2"));
  Add(5);  // a-0 and a-1 are there already
  rig_.Pass(absl::Seconds(59));
  EXPECT_EQ(Erased(5), 2);
  rig_.Pass(absl::Seconds(1));
  EXPECT_EQ(Erased(5), 5);
}

TEST_F(LedgerMaintenanceTest, GoesOnAtOnceWhileWorkIsLeft) {
  Add(250);
  Start();
  rig_.Pass(absl::Seconds(1));
  EXPECT_EQ(Erased(250), 100);
  rig_.Pass(absl::Seconds(2));
  EXPECT_EQ(Erased(250), 250);
}

TEST_F(LedgerMaintenanceTest, SaysNothingIfThereIsNothingToErase) {
  Start();
  rig_.Pass(absl::Minutes(3));
  EXPECT_EQ(rig_.log_text.str(), "");
  EXPECT_THAT(rig_.metrics.Render(), HasSubstr("order1688_ledger_rows_under_older_keys 0"));
}

TEST_F(LedgerMaintenanceTest, GoesOnAfterTheLedgerHasFailed) {
  Add(1);
  rig_.ledger.FailNext(MemoryLedger::Method::kMaintain, MemoryLedger::Fault::kBeforeEffect);
  Start();
  rig_.Pass(absl::Seconds(1));
  EXPECT_EQ(Erased(1), 0);
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("ledger_maintenance_failed"));
  rig_.Pass(absl::Minutes(1));
  EXPECT_EQ(Erased(1), 1);
}

TEST_F(LedgerMaintenanceTest, AsksOnceAtATime) {
  Start();
  rig_.timer.Advance(absl::Minutes(10));
  EXPECT_EQ(rig_.ledger.pending(), 1U);
  rig_.ledger.RunPending();
  rig_.timer.Advance(absl::Minutes(1));
  EXPECT_EQ(rig_.ledger.pending(), 1U);
}

}  // namespace
}  // namespace order1688
