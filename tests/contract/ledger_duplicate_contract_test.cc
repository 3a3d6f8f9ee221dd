// What every store behind Ledger must do to find the same purchase under another request_id.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

constexpr absl::Duration kWindow = absl::Hours(24);

class LedgerDuplicateContractTest : public LedgerContractTest {
 protected:
  static Reservation Guarded(const std::string& request_id, bool refuse,
                             const std::string& business_mac = "one lamp for Zhang San") {
    Reservation reservation = SampleReservation(request_id);
    reservation.duplicates = {business_mac, kWindow, refuse};
    return reservation;
  }
  // What the row names as its possible duplicate.
  std::string Named(const Reservation& reservation) {
    const Reserved reserved = Reserve(reservation);
    EXPECT_EQ(reserved.outcome, ReserveOutcome::kFresh);
    return reserved.row.placement->possible_duplicate_of();
  }
};

TEST_P(LedgerDuplicateContractTest, FlaggedDuplicateIsPlacedAndNamed) {
  EXPECT_EQ(Named(Guarded("r1", false)), "");
  EXPECT_EQ(Named(Guarded("r2", false)), "r1");
  const LedgerRow row = *Find({"shop", "r2"});
  EXPECT_EQ(row.placement->possible_duplicate_of(), "r1");
  PlacementRecord record = SampleRecord(row, v1::PLACEMENT_STATE_PLACED);
  record.placement->clear_possible_duplicate_of();
  EXPECT_EQ(Record(record).row.placement->possible_duplicate_of(), "r1");
}

TEST_P(LedgerDuplicateContractTest, RefusedDuplicateLeavesNothing) {
  const LedgerRow first = Reserve(Guarded("r1", true)).row;
  const Reserved second = Reserve(Guarded("r2", true));
  EXPECT_EQ(second.outcome, ReserveOutcome::kDuplicate);
  EXPECT_EQ(StableBytes(*second.row.placement), StableBytes(*first.placement));
  EXPECT_FALSE(Find({"shop", "r2"}).has_value());
}

TEST_P(LedgerDuplicateContractTest, LatestOneIsNamed) {
  for (const char* id : {"r2", "r1", "r3"}) {
    Reserve(Guarded(id, false));
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Named(Guarded("r0", false)), "r3");
}

TEST_P(LedgerDuplicateContractTest, WindowEnds) {
  Reserve(Guarded("r1", false));
  clock_.Advance(kWindow - absl::Microseconds(1));
  EXPECT_EQ(Named(Guarded("r2", false)), "r1");
  Reserve(Guarded("s1", false, "other"));
  clock_.Advance(kWindow);
  EXPECT_EQ(Named(Guarded("s2", false, "other")), "");
}

TEST_P(LedgerDuplicateContractTest, OtherPurchaseAndOtherCallerAreNone) {
  Reserve(Guarded("r1", true));
  EXPECT_EQ(Named(Guarded("r2", true, "ten lamps for Zhang San")), "");
  Reservation other = Guarded("r1", true);
  other.key.caller = "other";
  EXPECT_EQ(Named(other), "");
}

TEST_P(LedgerDuplicateContractTest, WhatBoughtNothingIsNone) {
  for (const v1::PlacementState state : kAllStates) {
    const std::string name = v1::PlacementState_Name(state);
    RowIn(state, Guarded(name, false, name));
    const bool bought_nothing =
        state == v1::PLACEMENT_STATE_REJECTED || state == v1::PLACEMENT_STATE_NOT_PLACED;
    EXPECT_EQ(Named(Guarded("again " + name, false, name)), bought_nothing ? "" : name);
  }
}

TEST_P(LedgerDuplicateContractTest, WhatBoughtNothingDoesNotHideAnEarlierOne) {
  Reserve(Guarded("r1", false));
  clock_.Advance(absl::Seconds(1));
  RowIn(v1::PLACEMENT_STATE_REJECTED, Guarded("r2", false));
  EXPECT_EQ(Named(Guarded("r3", false)), "r1");
}

TEST_P(LedgerDuplicateContractTest, WithoutAWindowNothingIsLookedForButTheNextOneFindsIt) {
  Reservation unguarded = Guarded("r1", true);
  unguarded.duplicates.window = absl::ZeroDuration();
  EXPECT_EQ(Named(unguarded), "");
  unguarded.key.request_id = "r2";
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(Named(unguarded), "");
  EXPECT_EQ(Reserve(Guarded("r3", true)).outcome, ReserveOutcome::kDuplicate);
}

TEST_P(LedgerDuplicateContractTest, UnknownPurchaseIsNone) {
  Reserve(Guarded("r1", true, ""));
  EXPECT_EQ(Named(Guarded("r2", true, "")), "");
}

TEST_P(LedgerDuplicateContractTest, SameRequestIdIsJudgedAsEver) {
  Reserve(Guarded("r0", false));
  const LedgerRow row = Reserve(Guarded("r1", false)).row;
  EXPECT_EQ(Reserve(Guarded("r1", true)).outcome, ReserveOutcome::kBusy);
  Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
  EXPECT_EQ(Reserve(Guarded("r1", true)).outcome, ReserveOutcome::kReplay);
  Reservation mismatch = Guarded("r1", true);
  mismatch.fingerprint.mac = "mac of another";
  EXPECT_EQ(Reserve(mismatch).outcome, ReserveOutcome::kMismatch);
}

TEST_P(LedgerDuplicateContractTest, FreshAttemptIsNoDuplicateOfItself) {
  RowIn(v1::PLACEMENT_STATE_NOT_PLACED, Guarded("r1", true));
  EXPECT_EQ(Named(Guarded("r1", true)), "");
}

TEST_P(LedgerDuplicateContractTest, RefusedFreshAttemptLeavesTheRowAlone) {
  const LedgerRow row = RowIn(v1::PLACEMENT_STATE_NOT_PLACED, Guarded("r1", true));
  Reserve(Guarded("r2", true));
  EXPECT_EQ(Reserve(Guarded("r1", true)).outcome, ReserveOutcome::kDuplicate);
  EXPECT_EQ(StableBytes(*Find({"shop", "r1"})->placement), StableBytes(*row.placement));
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerDuplicateContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
