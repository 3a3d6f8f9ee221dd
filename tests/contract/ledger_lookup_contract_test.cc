// What every store behind Ledger must do for lookups.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/ledger/ownership_keys.h"
#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class LedgerLookupContractTest : public LedgerContractTest {
 protected:
  std::vector<std::string> Take(int limit = 10, const std::string& account = "main",
                                absl::Duration lease = absl::Minutes(2)) {
    return Ids(TakeLookups({account, limit, lease}));
  }
  static std::vector<std::string> Ids(const std::vector<LookupTask>& tasks) {
    std::vector<std::string> ids;
    for (const LookupTask& task : tasks) ids.push_back(task.row.placement->request_id());
    return ids;
  }
  LookupNote NoteOf(const LedgerRow& row, absl::Duration next_in = absl::Minutes(5)) {
    LookupNote note;
    note.key = {row.placement->caller(), row.placement->request_id()};
    note.fence = row.fence;
    note.progress = "looked once";
    note.next_in = next_in;
    return note;
  }
  LedgerRow InDoubt(const std::string& request_id) {
    return RowIn(v1::PLACEMENT_STATE_IN_DOUBT, request_id);
  }
  LedgerRow InDoubtSigned(const std::string& request_id, int64_t seconds, int32_t nanos = 0) {
    Reservation reservation = SampleReservation(request_id);
    reservation.placement->mutable_sign_time()->set_seconds(seconds);
    reservation.placement->mutable_sign_time()->set_nanos(nanos);
    return RowIn(v1::PLACEMENT_STATE_IN_DOUBT, reservation);
  }
};

TEST_P(LedgerLookupContractTest, OnlyWhatIsInDoubtIsTaken) {
  for (const v1::PlacementState state : kAllStates) RowIn(state, v1::PlacementState_Name(state));
  EXPECT_THAT(Take(), ElementsAre("PLACEMENT_STATE_IN_DOUBT"));
}

TEST_P(LedgerLookupContractTest, TaskHoldsRowAndRequest) {
  const LedgerRow row = InDoubt("r1");
  const std::vector<LookupTask> tasks = TakeLookups({"main", 1, absl::Minutes(1)});
  ASSERT_EQ(tasks.size(), 1);
  EXPECT_EQ(StableBytes(*tasks[0].row.placement), StableBytes(*row.placement));
  EXPECT_EQ(tasks[0].row.fence, row.fence);
  EXPECT_EQ(tasks[0].request, "request for one lamp");
  EXPECT_EQ(tasks[0].progress, "");
}

TEST_P(LedgerLookupContractTest, ExpiredRowIsDueAtOnce) {
  Reserve(SampleReservation("r1"));
  clock_.Advance(absl::Seconds(90));
  Expire();
  EXPECT_THAT(Take(), ElementsAre("r1"));
}

TEST_P(LedgerLookupContractTest, AccountsAreApart) {
  Reservation second = SampleReservation("r2");
  second.placement->set_account("second");
  RowIn(v1::PLACEMENT_STATE_IN_DOUBT, second);
  InDoubt("r1");
  EXPECT_THAT(Take(10, "second"), ElementsAre("r2"));
  EXPECT_THAT(Take(10, "third"), IsEmpty());
  EXPECT_THAT(Take(10, "main"), ElementsAre("r1"));
}

TEST_P(LedgerLookupContractTest, TakenRowsAreNobodyElsesUntilTheLeaseEnds) {
  InDoubt("r1");
  EXPECT_THAT(Take(), ElementsAre("r1"));
  EXPECT_THAT(Take(), IsEmpty());
  clock_.Advance(absl::Minutes(2) - absl::Microseconds(1));
  EXPECT_THAT(Take(), IsEmpty());
  clock_.Advance(absl::Microseconds(1));
  EXPECT_THAT(Take(), ElementsAre("r1"));
}

TEST_P(LedgerLookupContractTest, LongestDueComesFirstAndTheRestStays) {
  InDoubt("b");
  clock_.Advance(absl::Seconds(1));
  InDoubt("a");
  clock_.Advance(absl::Seconds(1));
  InDoubt("c");
  EXPECT_THAT(Take(2), ElementsAre("b", "a"));
  EXPECT_THAT(Take(2), ElementsAre("c"));
}

TEST_P(LedgerLookupContractTest, NoteSaysWhenTheNextLookupIsDueAndKeepsProgress) {
  const LedgerRow row = InDoubt("r1");
  Take();
  EXPECT_TRUE(NoteLookup(NoteOf(row)));
  clock_.Advance(absl::Minutes(5) - absl::Microseconds(1));
  EXPECT_THAT(Take(), IsEmpty());
  clock_.Advance(absl::Microseconds(1));
  const std::vector<LookupTask> tasks = TakeLookups({"main", 1, absl::Minutes(1)});
  ASSERT_EQ(tasks.size(), 1);
  EXPECT_EQ(tasks[0].progress, "looked once");
}

TEST_P(LedgerLookupContractTest, UpdateTimeGrowsOnlyIfTheCandidatesChange) {
  const LedgerRow row = InDoubt("r1");
  clock_.Advance(absl::Seconds(1));
  LookupNote note = NoteOf(row);
  EXPECT_TRUE(NoteLookup(note));
  EXPECT_EQ(StableBytes(*Find(note.key)->placement), StableBytes(*row.placement));

  note.candidates.emplace_back().set_order_id("3000000000000000001");
  EXPECT_TRUE(NoteLookup(note));
  const LedgerRow noted = *Find(note.key);
  ASSERT_EQ(noted.placement->candidates_size(), 1);
  EXPECT_EQ(noted.placement->candidates(0).order_id(), "3000000000000000001");
  EXPECT_EQ(TimeOf(noted.placement->update_time()), clock_.Now());

  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(NoteLookup(note));
  EXPECT_EQ(StableBytes(*Find(note.key)->placement), StableBytes(*noted.placement));
  note.candidates.clear();
  EXPECT_TRUE(NoteLookup(note));
  EXPECT_EQ(Find(note.key)->placement->candidates_size(), 0);
  EXPECT_GT(RevisionOf(*Find(note.key)), RevisionOf(noted));
}

TEST_P(LedgerLookupContractTest, NoteOfAnotherFenceOrStateChangesNothing) {
  const LedgerRow row = InDoubt("r1");
  LookupNote fence = NoteOf(row);
  fence.fence += 1;
  EXPECT_FALSE(NoteLookup(fence));
  LookupNote nobody = NoteOf(row);
  nobody.key.request_id = "r2";
  EXPECT_FALSE(NoteLookup(nobody));
  EXPECT_THAT(Take(), ElementsAre("r1"));

  const LedgerRow placed = Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).row;
  LookupNote late = NoteOf(row);
  late.candidates.emplace_back().set_order_id("3000000000000000001");
  EXPECT_FALSE(NoteLookup(late));
  EXPECT_EQ(StableBytes(*Find(late.key)->placement), StableBytes(*placed.placement));
}

TEST_P(LedgerLookupContractTest, SettledRowIsNeverTakenAgain) {
  const LedgerRow row = InDoubt("r1");
  Settle(SampleSettlement(row, v1::PLACEMENT_STATE_CLOSED));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_P(LedgerLookupContractTest, LateAnswerOfTheRowTakesTheCandidatesAway) {
  const LedgerRow row = InDoubt("r1");
  LookupNote note = NoteOf(row);
  note.candidates.emplace_back().set_order_id("3000000000000000001");
  NoteLookup(note);
  Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
  EXPECT_EQ(Find(note.key)->placement->candidates_size(), 0);
}

TEST_P(LedgerLookupContractTest, NextAttemptInDoubtKnowsNothingOfEarlierLookups) {
  const LedgerRow row = InDoubt("r1");
  EXPECT_TRUE(NoteLookup(NoteOf(row, absl::Hours(10))));
  Record(SampleRecord(row, v1::PLACEMENT_STATE_NOT_PLACED));
  const LedgerRow again = Reserve(SampleReservation("r1")).row;
  EXPECT_THAT(Take(), IsEmpty());
  Record(SampleRecord(again, v1::PLACEMENT_STATE_IN_DOUBT));
  const std::vector<LookupTask> tasks = TakeLookups({"main", 1, absl::Minutes(1)});
  ASSERT_EQ(tasks.size(), 1);
  EXPECT_EQ(tasks[0].row.fence, 2);
  EXPECT_EQ(tasks[0].progress, "");
}

TEST_P(LedgerLookupContractTest, NeighboursTellWhoOwnsAnOrder) {
  PlacementRecord placed =
      SampleRecord(Reserve(SampleReservation("r1")).row, v1::PLACEMENT_STATE_PLACED);
  AddOrder("3000000000000000001", &*placed.placement);
  Record(placed);
  PlacementRecord in_doubt =
      SampleRecord(Reserve(SampleReservation("r2")).row, v1::PLACEMENT_STATE_IN_DOUBT);
  AddOrder("3000000000000000002", &*in_doubt.placement);
  Record(in_doubt);

  NeighbourQuery query;
  query.account = "main";
  query.order_ids = {"3000000000000000002", "3000000000000000001", "3000000000000000009"};
  const Neighbours neighbours = FindNeighbours(query);
  std::vector<std::string> owned;
  for (const OwnedOrder& order : neighbours.owned) {
    owned.push_back(order.order_id + " " + order.owner.request_id);
    EXPECT_EQ(order.owner.caller, "shop");
    EXPECT_EQ(order.sign_time, absl::FromUnixSeconds(1767323045));
  }
  EXPECT_THAT(owned, UnorderedElementsAre("3000000000000000002 r2", "3000000000000000001 r1"));
  query.account = "second";
  EXPECT_THAT(FindNeighbours(query).owned, IsEmpty());
}

TEST_P(LedgerLookupContractTest, ARoundedIdIsKnownByTheNumberThatItsExactIdIsRoundedTo) {
  PlacementRecord placed =
      SampleRecord(Reserve(SampleReservation("r1")).row, v1::PLACEMENT_STATE_PLACED);
  AddOrder("", &*placed.placement);
  v1::OrderResult& result = *placed.placement->mutable_results()->rbegin();
  result.set_order_id_inexact(true);
  result.mutable_order()->mutable_base_info()->set_id_number(2540608320348881000);
  Record(placed);
  NeighbourQuery query;
  query.account = "main";
  query.order_ids = {"2540608320348880794", RoundedIdKey("2540608320348880794")};
  const Neighbours neighbours = FindNeighbours(query);
  ASSERT_EQ(neighbours.owned.size(), 1);
  EXPECT_TRUE(IsRoundedIdKey(neighbours.owned[0].order_id));
  EXPECT_EQ(neighbours.owned[0].owner.request_id, "r1");
  query.order_ids = {RoundedIdKey("2540608320348990000")};
  EXPECT_THAT(FindNeighbours(query).owned, IsEmpty());
}

TEST_P(LedgerLookupContractTest, FirstOwnerOfAnOrderStays) {
  for (const char* id : {"r1", "r2"}) {
    PlacementRecord placed =
        SampleRecord(Reserve(SampleReservation(id)).row, v1::PLACEMENT_STATE_PLACED);
    AddOrder("3000000000000000001", &*placed.placement);
    Record(placed);
  }
  NeighbourQuery query;
  query.account = "main";
  query.order_ids = {"3000000000000000001"};
  const Neighbours neighbours = FindNeighbours(query);
  ASSERT_EQ(neighbours.owned.size(), 1);
  EXPECT_EQ(neighbours.owned[0].owner.request_id, "r1");
}

TEST_P(LedgerLookupContractTest, NeighboursAreUnsettledAndSignedWithinTheTime) {
  for (const v1::PlacementState state : kAllStates) RowIn(state, v1::PlacementState_Name(state));
  InDoubtSigned("before", 1767323044, 999999000);
  InDoubtSigned("first", 1767323045);
  InDoubtSigned("last", 1767323050);
  InDoubtSigned("after", 1767323050, 1000);
  Reservation other = SampleReservation("other");
  other.placement->set_account("second");
  RowIn(v1::PLACEMENT_STATE_IN_DOUBT, other);

  NeighbourQuery query;
  query.account = "main";
  query.signed_from = absl::FromUnixSeconds(1767323045);
  query.signed_to = absl::FromUnixSeconds(1767323050);
  const Neighbours neighbours = FindNeighbours(query);
  EXPECT_THAT(Ids(neighbours.unsettled),
              UnorderedElementsAre("PLACEMENT_STATE_SENDING", "PLACEMENT_STATE_IN_DOUBT",
                                   "PLACEMENT_STATE_CLOSED", "first", "last"));
  EXPECT_TRUE(neighbours.complete);
  EXPECT_EQ(neighbours.unsettled[0].request, "request for one lamp");

  query.signed_from += absl::Nanoseconds(1);
  EXPECT_THAT(Ids(FindNeighbours(query).unsettled), ElementsAre("last"));
}

TEST_P(LedgerLookupContractTest, MoreNeighboursThanAreGivenIsTold) {
  std::vector<LedgerAnswer<Reserved>> answers(kMostUnsettledNeighbours + 1);
  NeighbourQuery query;
  query.account = "main";
  query.signed_from = absl::FromUnixSeconds(1767323045);
  query.signed_to = absl::FromUnixSeconds(1767323045);
  for (size_t i = 0; i < answers.size(); ++i) {
    ledger().Reserve(SampleReservation(std::to_string(i)), answers[i].Done());
  }
  for (LedgerAnswer<Reserved>& answer : answers) ASSERT_TRUE(answer.Wait().ok());
  const Neighbours neighbours = FindNeighbours(query);
  EXPECT_EQ(neighbours.unsettled.size(), kMostUnsettledNeighbours);
  EXPECT_FALSE(neighbours.complete);
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerLookupContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
