// What every store behind Ledger must do with verdicts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

using ::testing::SizeIs;

class LedgerSettleContractTest : public LedgerContractTest {
 protected:
  LedgerRow InDoubt(const std::string& request_id) {
    return RowIn(v1::PLACEMENT_STATE_IN_DOUBT, request_id);
  }
  // Expects that the verdict changes nothing, and returns what Settle said.
  SettleOutcome Refused(const RowSettlement& settlement) {
    const std::optional<WholeRow> before = FindWhole(settlement.key);
    const Settled settled = Settle(settlement);
    const std::optional<WholeRow> after = FindWhole(settlement.key);
    EXPECT_EQ(before.has_value(), after.has_value());
    if (before.has_value() && after.has_value()) {
      EXPECT_EQ(StableBytes(*after->row.placement), StableBytes(*before->row.placement));
      EXPECT_EQ(StableBytes(*settled.row.placement), StableBytes(*before->row.placement));
      EXPECT_EQ(after->raw_answer, before->raw_answer);
      EXPECT_EQ(after->evidence.size(), before->evidence.size());
    }
    return settled.outcome;
  }
};

TEST_P(LedgerSettleContractTest, VerdictAllowsDeclaredEdgesAndRefusesEveryOther) {
  for (const v1::PlacementState from : kAllStates) {
    for (int to = v1::PlacementState_MIN; to <= v1::PlacementState_MAX; ++to) {
      const auto target = static_cast<v1::PlacementState>(to);
      const std::string edge =
          v1::PlacementState_Name(from) + "-" + v1::PlacementState_Name(target);
      const LedgerRow row = RowIn(from, edge);
      const bool allowed = from == v1::PLACEMENT_STATE_IN_DOUBT && IsDeclaredEdge(from, target);
      const Settled settled = Settle(SampleSettlement(row, target));
      EXPECT_EQ(settled.outcome, allowed ? SettleOutcome::kSettled : SettleOutcome::kChanged)
          << edge;
      EXPECT_EQ(settled.row.placement->state(), allowed ? target : from) << edge;
      EXPECT_EQ(StateOf(edge), allowed ? target : from) << edge;
    }
  }
}

TEST_P(LedgerSettleContractTest, VerdictIsStoredWithItsTime) {
  LedgerRow row = InDoubt("r1");
  clock_.Advance(absl::Seconds(7));
  const Settled settled = Settle(SampleSettlement(row, v1::PLACEMENT_STATE_CLOSED));
  const std::optional<LedgerRow> found = Find({"shop", "r1"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(StableBytes(*found->placement), StableBytes(*settled.row.placement));
  EXPECT_EQ(found->placement->settlement().actor(), "desk");
  EXPECT_EQ(found->placement->settlement().reason(), "called the seller");
  EXPECT_EQ(TimeOf(found->placement->settlement().time()), clock_.Now());
  EXPECT_EQ(TimeOf(found->placement->update_time()), clock_.Now());
  EXPECT_EQ(found->fence, row.fence);
}

TEST_P(LedgerSettleContractTest, VerdictKeepsWhatReserveWrote) {
  const LedgerRow row = InDoubt("r1");
  RowSettlement settlement = SampleSettlement(row, v1::PLACEMENT_STATE_PLACED);
  settlement.placement->set_account("another");
  settlement.placement->set_attempt(7);
  settlement.placement->set_reference("changed");
  settlement.placement->mutable_sign_time()->set_seconds(1);
  const v1::Placement after = *Settle(settlement).row.placement;
  EXPECT_EQ(after.account(), "main");
  EXPECT_EQ(after.attempt(), 1);
  EXPECT_EQ(after.reference(), "basket 7");
  EXPECT_EQ(after.sign_time().seconds(), row.placement->sign_time().seconds());
}

TEST_P(LedgerSettleContractTest, RowAsItWasIsKeptAsEvidence) {
  const LedgerRow row = InDoubt("r1");
  Settle(SampleSettlement(row, v1::PLACEMENT_STATE_CLOSED));
  const std::optional<WholeRow> whole = FindWhole({"shop", "r1"});
  ASSERT_TRUE(whole.has_value());
  ASSERT_THAT(whole->evidence, SizeIs(1));
  EXPECT_EQ(whole->evidence[0].reason, kReplacedEvidence);
  EXPECT_EQ(whole->evidence[0].time, clock_.Now());
  EXPECT_EQ(StableBytes(*whole->evidence[0].placement), StableBytes(*row.placement));
  EXPECT_EQ(whole->evidence[0].raw_answer, "answer: answered");
}

TEST_P(LedgerSettleContractTest, WhatTheVerdictRestsOnIsTheRawAnswer) {
  RowSettlement with = SampleSettlement(InDoubt("r1"), v1::PLACEMENT_STATE_PLACED);
  with.raw_answer = std::string(kMostRawAnswerBytes + 1, 'a');
  Settle(with);
  EXPECT_EQ(FindWhole(with.key)->raw_answer.size(), kMostRawAnswerBytes);

  const RowSettlement without = SampleSettlement(InDoubt("r2"), v1::PLACEMENT_STATE_PLACED);
  Settle(without);
  EXPECT_EQ(FindWhole(without.key)->raw_answer, "answer: answered");
}

TEST_P(LedgerSettleContractTest, VerdictOnAnOlderRowChangesNothing) {
  const LedgerRow row = InDoubt("r1");
  RowSettlement fence = SampleSettlement(row, v1::PLACEMENT_STATE_CLOSED);
  fence.fence += 1;
  EXPECT_EQ(Refused(fence), SettleOutcome::kChanged);
  RowSettlement revision = SampleSettlement(row, v1::PLACEMENT_STATE_CLOSED);
  revision.revision -= 1;
  EXPECT_EQ(Refused(revision), SettleOutcome::kChanged);
}

TEST_P(LedgerSettleContractTest, VerdictOnNothingChangesNothing) {
  RowSettlement settlement = SampleSettlement(InDoubt("r1"), v1::PLACEMENT_STATE_CLOSED);
  settlement.key.request_id = "r2";
  EXPECT_EQ(Settle(settlement).outcome, SettleOutcome::kChanged);
  EXPECT_FALSE(Find({"shop", "r2"}).has_value());
}

TEST_P(LedgerSettleContractTest, SecondVerdictChangesNothing) {
  const RowSettlement settlement = SampleSettlement(InDoubt("r1"), v1::PLACEMENT_STATE_CLOSED);
  EXPECT_EQ(Settle(settlement).outcome, SettleOutcome::kSettled);
  EXPECT_EQ(Refused(settlement), SettleOutcome::kChanged);
}

TEST_P(LedgerSettleContractTest, OwnLateAnswerAfterAVerdictIsEvidenceOnly) {
  const LedgerRow row = InDoubt("r1");
  Settle(SampleSettlement(row, v1::PLACEMENT_STATE_NOT_PLACED));
  EXPECT_EQ(Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED, "late")).outcome,
            RecordOutcome::kSuperseded);
  EXPECT_EQ(StateOf("r1"), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_THAT(SupersededAnswers({"shop", "r1"}), ::testing::ElementsAre("answer: late"));
}

TEST_P(LedgerSettleContractTest, NotPlacedByVerdictStartsAFreshAttempt) {
  Settle(SampleSettlement(InDoubt("r1"), v1::PLACEMENT_STATE_NOT_PLACED));
  const Reserved again = Reserve(SampleReservation("r1"));
  EXPECT_EQ(again.outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(again.row.placement->attempt(), 2);
  EXPECT_FALSE(again.row.placement->has_settlement());
}

TEST_P(LedgerSettleContractTest, OrderOfAnotherPlacementIsNeverGivenAway) {
  PlacementRecord owner =
      SampleRecord(Reserve(SampleReservation("owner")).row, v1::PLACEMENT_STATE_PLACED);
  AddOrder("3000000000000000001", &*owner.placement);
  Record(owner);
  RowSettlement settlement = SampleSettlement(InDoubt("r1"), v1::PLACEMENT_STATE_PLACED);
  AddOrder("3000000000000000002", &*settlement.placement);
  AddOrder("3000000000000000001", &*settlement.placement);
  EXPECT_EQ(Refused(settlement), SettleOutcome::kOrderOwned);

  Reservation elsewhere = SampleReservation("r2");
  elsewhere.placement->set_account("second");
  settlement =
      SampleSettlement(RowIn(v1::PLACEMENT_STATE_IN_DOUBT, elsewhere), v1::PLACEMENT_STATE_PLACED);
  AddOrder("3000000000000000001", &*settlement.placement);
  EXPECT_EQ(Settle(settlement).outcome, SettleOutcome::kSettled);
}

TEST_P(LedgerSettleContractTest, OrderThatTheVerdictGivesIsOwned) {
  RowSettlement first = SampleSettlement(InDoubt("r1"), v1::PLACEMENT_STATE_PLACED);
  AddOrder("3000000000000000001", &*first.placement);
  EXPECT_EQ(Settle(first).outcome, SettleOutcome::kSettled);
  RowSettlement second = SampleSettlement(InDoubt("r2"), v1::PLACEMENT_STATE_PLACED);
  AddOrder("3000000000000000001", &*second.placement);
  EXPECT_EQ(Refused(second), SettleOutcome::kOrderOwned);
}

TEST_P(LedgerSettleContractTest, OrderThatTheRowOwnsAlreadyIsItsOwn) {
  PlacementRecord record =
      SampleRecord(Reserve(SampleReservation("r1")).row, v1::PLACEMENT_STATE_IN_DOUBT);
  AddOrder("3000000000000000001", &*record.placement);
  const LedgerRow row = Record(record).row;
  EXPECT_EQ(Settle(SampleSettlement(row, v1::PLACEMENT_STATE_PLACED)).outcome,
            SettleOutcome::kSettled);
}

TEST_P(LedgerSettleContractTest, VerdictTakesTheCandidatesAway) {
  const LedgerRow row = InDoubt("r1");
  LookupNote note;
  note.key = {"shop", "r1"};
  note.fence = row.fence;
  note.candidates.emplace_back().set_order_id("3000000000000000001");
  note.next_in = absl::Minutes(5);
  ASSERT_TRUE(NoteLookup(note));
  const LedgerRow noted = *Find(note.key);
  ASSERT_EQ(noted.placement->candidates_size(), 1);
  EXPECT_EQ(
      Settle(SampleSettlement(noted, v1::PLACEMENT_STATE_CLOSED)).row.placement->candidates_size(),
      0);
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerSettleContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
