// What every store behind Ledger must do with lists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LedgerListContractTest : public LedgerContractTest {
 protected:
  // A row of its own time, unless the clock is left alone.
  LedgerRow Add(const std::string& caller, const std::string& request_id,
                const std::string& account = "main") {
    Reservation reservation = SampleReservation(request_id);
    reservation.key.caller = caller;
    reservation.placement->set_account(account);
    return Reserve(reservation).row;
  }
  void Tick() { clock_.Advance(absl::Seconds(1)); }
};

TEST_P(LedgerListContractTest, EmptyLedgerHasNoRows) { EXPECT_THAT(ListIds({}), IsEmpty()); }

TEST_P(LedgerListContractTest, OrderIsByUpdateTimeThenCallerThenRequestId) {
  Add("shop", "b");
  Add("shop", "a");
  Add("desk", "z");
  Tick();
  Add("app", "0");
  EXPECT_THAT(ListIds({}), ElementsAre("z", "a", "b", "0"));
}

TEST_P(LedgerListContractTest, RowThatChangesMovesToTheEnd) {
  const LedgerRow first = Add("shop", "a");
  Tick();
  Add("shop", "b");
  Tick();
  Record(SampleRecord(first, v1::PLACEMENT_STATE_PLACED));
  EXPECT_THAT(ListIds({}), ElementsAre("b", "a"));
}

TEST_P(LedgerListContractTest, RowsAreWhole) {
  const LedgerRow row = Record(SampleRecord(Add("shop", "a"), v1::PLACEMENT_STATE_PLACED)).row;
  const std::vector<LedgerRow> rows = Must(ListAndWait(ledger(), {}));
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(StableBytes(*rows[0].placement), StableBytes(*row.placement));
  EXPECT_EQ(rows[0].fence, row.fence);
  EXPECT_EQ(rows[0].fingerprint, row.fingerprint);
}

TEST_P(LedgerListContractTest, CallerAndAccountNarrowIt) {
  Add("shop", "a", "main");
  Add("shop", "b", "second");
  Add("desk", "c", "main");
  PlacementQuery caller;
  caller.caller = "shop";
  EXPECT_THAT(ListIds(caller), ElementsAre("a", "b"));
  PlacementQuery account;
  account.account = "main";
  EXPECT_THAT(ListIds(account), ElementsAre("c", "a"));
  PlacementQuery both;
  both.caller = "shop";
  both.account = "second";
  EXPECT_THAT(ListIds(both), ElementsAre("b"));
  PlacementQuery nobody;
  nobody.caller = "sho";
  EXPECT_THAT(ListIds(nobody), IsEmpty());
}

TEST_P(LedgerListContractTest, StatesNarrowIt) {
  for (const v1::PlacementState state : kAllStates) {
    RowIn(state, v1::PlacementState_Name(state));
    Tick();
  }
  for (const v1::PlacementState state : kAllStates) {
    PlacementQuery query;
    query.states = {state};
    EXPECT_THAT(ListIds(query), ElementsAre(v1::PlacementState_Name(state)));
  }
  PlacementQuery two;
  two.caller = "shop";
  two.states = {v1::PLACEMENT_STATE_IN_DOUBT, v1::PLACEMENT_STATE_PLACED,
                v1::PLACEMENT_STATE_IN_DOUBT};
  EXPECT_THAT(ListIds(two), ElementsAre("PLACEMENT_STATE_PLACED", "PLACEMENT_STATE_IN_DOUBT"));
}

TEST_P(LedgerListContractTest, ChangedAfterIsExclusive) {
  const absl::Time start = clock_.Now();
  Add("shop", "a");
  Tick();
  Add("shop", "b");
  PlacementQuery query;
  query.changed_after = start;
  EXPECT_THAT(ListIds(query), ElementsAre("b"));
  query.changed_after = start - absl::Microseconds(1);
  EXPECT_THAT(ListIds(query), ElementsAre("a", "b"));
  query.changed_after = start - absl::Nanoseconds(1);
  EXPECT_THAT(ListIds(query), ElementsAre("a", "b"));
  query.changed_after = start + absl::Nanoseconds(1);
  EXPECT_THAT(ListIds(query), ElementsAre("b"));
  query.changed_after = absl::InfiniteFuture();
  EXPECT_THAT(ListIds(query), IsEmpty());
}

TEST_P(LedgerListContractTest, PagesGiveEveryRowOnceAlsoAmongEqualTimes) {
  std::vector<std::string> expected;
  for (int second = 0; second < 3; ++second) {
    for (const char* caller : {"app", "desk", "shop"}) {
      for (const char* id : {"a", "b", "c"}) {
        const std::string name = std::string(id) + std::to_string(second) + caller;
        Add(caller, name);
        expected.push_back(name);
      }
    }
    Tick();
  }
  for (const int limit : {1, 2, 5, 27, 100}) {
    PlacementQuery query;
    query.limit = limit;
    std::vector<std::string> seen;
    while (true) {
      const std::vector<LedgerRow> page = Must(ListAndWait(ledger(), query));
      if (page.empty()) break;
      EXPECT_LE(page.size(), static_cast<size_t>(limit));
      for (const LedgerRow& row : page) seen.push_back(row.placement->request_id());
      query.after = PositionOf(page.back());
    }
    EXPECT_EQ(seen, expected) << limit;
  }
}

TEST_P(LedgerListContractTest, PagesOfOneCallerGoOnAfterAnyPosition) {
  Add("desk", "a");
  Add("shop", "b");
  Add("shop", "c");
  PlacementQuery query;
  query.caller = "shop";
  query.after = PlacementPosition{absl::ToUnixMicros(clock_.Now()), "desk", "z"};
  EXPECT_THAT(ListIds(query), ElementsAre("b", "c"));
  query.after = PlacementPosition{absl::ToUnixMicros(clock_.Now()), "shop", "b"};
  EXPECT_THAT(ListIds(query), ElementsAre("c"));
  query.after = PlacementPosition{absl::ToUnixMicros(clock_.Now()), "zoo", "a"};
  EXPECT_THAT(ListIds(query), IsEmpty());
}

TEST_P(LedgerListContractTest, AfterAndChangedAfterBothHold) {
  const absl::Time start = clock_.Now();
  const LedgerRow first = Add("shop", "a");
  Tick();
  Add("shop", "b");
  Tick();
  Add("shop", "c");
  PlacementQuery query;
  query.after = PositionOf(first);
  query.changed_after = start + absl::Seconds(1);
  EXPECT_THAT(ListIds(query), ElementsAre("c"));
  query.after = PlacementPosition{absl::ToUnixMicros(start + absl::Seconds(1)), "shop", "b"};
  query.changed_after = start;
  EXPECT_THAT(ListIds(query), ElementsAre("c"));
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerListContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
