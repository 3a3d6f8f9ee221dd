// Who is asked for admission, when, and what a refusal leaves: nothing.
#include <atomic>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

class LedgerAdmissionContractTest : public LedgerContractTest {
 protected:
  // The sample, with this answer to whoever asks.
  Reservation Asking(const std::string& request_id, bool admitted,
                     const std::string& content = "one lamp") {
    Reservation reservation = SampleReservation(request_id, content);
    reservation.admit = [this, admitted] {
      ++asked_;
      return admitted;
    };
    return reservation;
  }

  std::atomic<int> asked_ = 0;
};

TEST_P(LedgerAdmissionContractTest, WhatIsNewIsAskedAndARefusalWritesNothing) {
  const Reserved refused = Reserve(Asking("r1", false));
  EXPECT_EQ(refused.outcome, ReserveOutcome::kNotAdmitted);
  EXPECT_EQ(refused.row.fence, 0);
  EXPECT_EQ(refused.row.placement->request_id(), "");
  EXPECT_GE(asked_, 1);
  EXPECT_FALSE(FindWhole({"shop", "r1"}).has_value());

  const Reserved admitted = Reserve(Asking("r1", true, "ten lamps"));
  EXPECT_EQ(admitted.outcome, ReserveOutcome::kFresh) << "the id was not used up";
  EXPECT_EQ(admitted.row.placement->attempt(), 1);
}

TEST_P(LedgerAdmissionContractTest, WhatIsKnownIsAnsweredWithoutAsking) {
  for (const v1::PlacementState state : kAllStates) {
    const std::string id = v1::PlacementState_Name(state);
    RowIn(state, id);
    EXPECT_EQ(Reserve(Asking(id, false, "ten lamps")).outcome, ReserveOutcome::kMismatch) << id;
    if (state == v1::PLACEMENT_STATE_NOT_PLACED) continue;
    EXPECT_EQ(Reserve(Asking(id, false)).outcome, state == v1::PLACEMENT_STATE_SENDING
                                                      ? ReserveOutcome::kBusy
                                                      : ReserveOutcome::kReplay)
        << id;
  }
  EXPECT_EQ(asked_, 0);
}

TEST_P(LedgerAdmissionContractTest, ARefusedFreshAttemptLeavesTheRowAsItWas) {
  const LedgerRow before = RowIn(v1::PLACEMENT_STATE_NOT_PLACED, "r1");
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Reserve(Asking("r1", false)).outcome, ReserveOutcome::kNotAdmitted);
  EXPECT_GE(asked_, 1);
  const std::optional<WholeRow> after = FindWhole({"shop", "r1"});
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->row.placement->SerializeAsString(), before.placement->SerializeAsString());
  EXPECT_EQ(after->row.fence, before.fence);
  EXPECT_TRUE(after->evidence.empty());

  EXPECT_EQ(Reserve(Asking("r1", true)).row.placement->attempt(), 2);
}

TEST_P(LedgerAdmissionContractTest, IsAskedBeforeDuplicatesAreLookedFor) {
  Reservation first = SampleReservation("r1");
  first.duplicates = {"same purchase", absl::Hours(24), true};
  Reserve(first);
  Reservation refused = Asking("r2", false);
  refused.duplicates = first.duplicates;
  EXPECT_EQ(Reserve(refused).outcome, ReserveOutcome::kNotAdmitted);
  Reservation admitted = Asking("r2", true);
  admitted.duplicates = first.duplicates;
  asked_ = 0;
  EXPECT_EQ(Reserve(admitted).outcome, ReserveOutcome::kDuplicate);
  EXPECT_GE(asked_, 1);
}

TEST_P(LedgerAdmissionContractTest, IsAskedOnAThreadOfTheLedger) {
  Reservation reservation = SampleReservation("r1");
  std::thread::id asked_on;
  reservation.admit = [&asked_on] {
    asked_on = std::this_thread::get_id();
    return true;
  };
  Reserve(reservation);
  EXPECT_NE(asked_on, std::this_thread::get_id());
  EXPECT_NE(asked_on, std::thread::id());
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerAdmissionContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
