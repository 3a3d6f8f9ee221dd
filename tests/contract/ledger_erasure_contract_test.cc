// What every store behind Ledger must do to erase personal data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

using ::testing::SizeIs;

constexpr absl::Duration kRetention = absl::Hours(24 * 90);

class LedgerErasureContractTest : public LedgerContractTest {
 protected:
  static Reservation Kept(const std::string& request_id) {
    Reservation reservation = SampleReservation(request_id);
    reservation.retention = kRetention;
    return reservation;
  }
  // A settled row with an order of some Zhang San.
  LedgerRow Placed(const std::string& request_id) {
    PlacementRecord record =
        SampleRecord(Reserve(Kept(request_id)).row, v1::PLACEMENT_STATE_PLACED);
    AddOrder("30000000000000000" + request_id, &*record.placement);
    v1::Order* order = record.placement->mutable_results(0)->mutable_order();
    order->mutable_base_info()->mutable_receiver_info()->set_to_full_name("Zhang San");
    return Record(record).row;
  }
};

TEST_P(LedgerErasureContractTest, NothingIsErasedBeforeItsTime) {
  const LedgerRow row = Placed("1");
  EXPECT_EQ(TimeOf(row.placement->erase_time()), clock_.Now() + kRetention);
  clock_.Advance(kRetention - absl::Microseconds(1));
  EXPECT_EQ(Maintain().erased, 0);
  EXPECT_EQ(FindWhole({"shop", "1"})->request, "request for one lamp");
}

TEST_P(LedgerErasureContractTest, SkeletonIsLeft) {
  const LedgerRow row = Placed("1");
  clock_.Advance(kRetention);
  EXPECT_EQ(Maintain().erased, 1);
  const WholeRow whole = *FindWhole({"shop", "1"});
  EXPECT_EQ(StableBytes(*whole.row.placement), StableBytes(SkeletonOf(*row.placement)));
  EXPECT_EQ(whole.row.placement->DebugString().find("Zhang"), std::string::npos);
  EXPECT_EQ(whole.row.placement->results(0).order().base_info().order_id(), "300000000000000001");
  EXPECT_EQ(whole.row.fence, row.fence);
  EXPECT_EQ(whole.row.fingerprint, row.fingerprint);
  EXPECT_EQ(whole.request, "");
  EXPECT_EQ(whole.raw_answer, "");
}

TEST_P(LedgerErasureContractTest, EvidenceIsErasedToo) {
  LedgerRow row = Reserve(Kept("1")).row;
  row = Record(SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT)).row;
  Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
  Record(SampleRecord(row, v1::PLACEMENT_STATE_REJECTED, "late"));
  clock_.Advance(kRetention);
  EXPECT_EQ(Maintain().erased, 1);
  const WholeRow whole = *FindWhole({"shop", "1"});
  ASSERT_THAT(whole.evidence, SizeIs(2));
  for (const Evidence& evidence : whole.evidence) {
    EXPECT_EQ(evidence.raw_answer, "");
    EXPECT_EQ(evidence.placement->reference(), "");
    EXPECT_EQ(StableBytes(*evidence.placement), StableBytes(SkeletonOf(*evidence.placement)));
  }
  EXPECT_EQ(whole.evidence[0].reason, kReplacedEvidence);
  EXPECT_EQ(whole.evidence[1].reason, kSupersededEvidence);
}

TEST_P(LedgerErasureContractTest, WhatIsNotSettledIsNeverErased) {
  for (const v1::PlacementState state : kAllStates) {
    RowIn(state, Kept(v1::PlacementState_Name(state)));
  }
  clock_.Advance(10 * kRetention);
  EXPECT_EQ(Maintain().erased, 5);
  for (const v1::PlacementState state : kAllStates) {
    const std::string id = v1::PlacementState_Name(state);
    const bool kept = state == v1::PLACEMENT_STATE_SENDING || state == v1::PLACEMENT_STATE_IN_DOUBT;
    EXPECT_EQ(FindWhole({"shop", id})->request, kept ? "request for one lamp" : "") << id;
    EXPECT_EQ(StateOf(id), state);
  }
}

TEST_P(LedgerErasureContractTest, WhatIsSettledLateIsErasedThen) {
  const LedgerRow row = RowIn(v1::PLACEMENT_STATE_IN_DOUBT, Kept("1"));
  clock_.Advance(10 * kRetention);
  EXPECT_EQ(Maintain().erased, 0);
  Settle(SampleSettlement(row, v1::PLACEMENT_STATE_CLOSED));
  EXPECT_EQ(Maintain().erased, 1);
  const WholeRow whole = *FindWhole({"shop", "1"});
  EXPECT_EQ(whole.row.placement->settlement().actor(), "desk");
  EXPECT_EQ(whole.row.placement->settlement().reason(), "");
}

TEST_P(LedgerErasureContractTest, WithoutRetentionNothingIsErased) {
  RowIn(v1::PLACEMENT_STATE_PLACED, "1");
  EXPECT_FALSE(Find({"shop", "1"})->placement->has_erase_time());
  clock_.Advance(absl::Hours(24 * 365 * 100));
  EXPECT_EQ(Maintain().erased, 0);
}

TEST_P(LedgerErasureContractTest, AtMostSoManyAtOnceAndEachOnce) {
  for (int i = 0; i < 5; ++i) Placed(std::to_string(i));
  clock_.Advance(kRetention);
  EXPECT_EQ(Maintain(2).erased, 2);
  EXPECT_EQ(Maintain(2).erased, 2);
  EXPECT_EQ(Maintain(2).erased, 1);
  EXPECT_EQ(Maintain(2).erased, 0);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(FindWhole({"shop", std::to_string(i)})->request, "");
}

TEST_P(LedgerErasureContractTest, ErasedRowStillAnswersItsRequestId) {
  Placed("1");
  clock_.Advance(kRetention);
  Maintain();
  EXPECT_EQ(Reserve(Kept("1")).outcome, ReserveOutcome::kReplay);
  EXPECT_EQ(Reserve(SampleReservation("1", "ten lamps")).outcome, ReserveOutcome::kMismatch);
  NeighbourQuery query;
  query.account = "main";
  query.order_ids = {"300000000000000001"};
  EXPECT_THAT(FindNeighbours(query).owned, SizeIs(1));
}

TEST_P(LedgerErasureContractTest, FreshAttemptAfterErasureIsWholeAndErasedAgain) {
  RowIn(v1::PLACEMENT_STATE_NOT_PLACED, Kept("1"));
  clock_.Advance(kRetention);
  Maintain();
  const Reserved again = Reserve(Kept("1"));
  ASSERT_EQ(again.outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(TimeOf(again.row.placement->erase_time()), clock_.Now() + kRetention);
  Record(SampleRecord(again.row, v1::PLACEMENT_STATE_PLACED));
  EXPECT_EQ(FindWhole({"shop", "1"})->request, "request for one lamp");
  EXPECT_EQ(Maintain().erased, 0);
  clock_.Advance(kRetention);
  EXPECT_EQ(Maintain().erased, 1);
  EXPECT_EQ(FindWhole({"shop", "1"})->request, "");
}

TEST_P(LedgerErasureContractTest, AnswerThatComesAfterErasureIsErasedToo) {
  const LedgerRow row = Placed("1");
  clock_.Advance(kRetention);
  Maintain();
  Record(SampleRecord(row, v1::PLACEMENT_STATE_REJECTED, "late"));
  EXPECT_THAT(SupersededAnswers({"shop", "1"}), ::testing::ElementsAre("answer: late"));
  EXPECT_EQ(Maintain().erased, 1);
  EXPECT_THAT(SupersededAnswers({"shop", "1"}), ::testing::ElementsAre(""));
  EXPECT_EQ(Maintain().erased, 0);
}

TEST_P(LedgerErasureContractTest, NothingIsUnderOlderKeysOfANewLedger) {
  Placed("1");
  const Maintained maintained = Maintain();
  EXPECT_EQ(maintained.resealed, 0);
  EXPECT_EQ(maintained.under_older_keys, 0);
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerErasureContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
