// What every store behind Ledger must do with what is said of accounts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/contract/ledger_contract_fixture.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LedgerAccountContractTest : public LedgerContractTest {
 protected:
  AccountState Change(AccountChange::Kind kind, const std::string& code = "",
                      const std::string& reason = "looked at by hand") {
    return Must(ChangeAccountAndWait(ledger(), {"main", kind, code, "desk", reason}));
  }
  AccountState State(const std::string& account = "main") {
    return Must(FindAccountAndWait(ledger(), account));
  }
};

TEST_P(LedgerAccountContractTest, AccountIsOpenUntilSomethingIsSaid) {
  const AccountState state = State();
  EXPECT_FALSE(state.paused);
  EXPECT_EQ(state.pause_reason, "");
  EXPECT_THAT(state.refusal_codes, IsEmpty());
}

TEST_P(LedgerAccountContractTest, PauseHoldsUntilResumed) {
  EXPECT_TRUE(Change(AccountChange::Kind::kPause, "", "five in doubt").paused);
  EXPECT_TRUE(State().paused);
  EXPECT_EQ(State().pause_reason, "five in doubt");
  EXPECT_FALSE(State("second").paused);

  EXPECT_FALSE(Change(AccountChange::Kind::kResume).paused);
  EXPECT_FALSE(State().paused);
  EXPECT_EQ(State().pause_reason, "");
}

TEST_P(LedgerAccountContractTest, RefusalCodesAreAscendingAndEachOnce) {
  for (const char* code : {"B2", "A1", "B2", "a0"}) {
    Change(AccountChange::Kind::kDeclareRefusal, code);
  }
  EXPECT_THAT(Change(AccountChange::Kind::kDeclareRefusal, "A1").refusal_codes,
              ElementsAre("A1", "B2", "a0"));
  EXPECT_THAT(State().refusal_codes, ElementsAre("A1", "B2", "a0"));
  EXPECT_THAT(State("second").refusal_codes, IsEmpty());
}

TEST_P(LedgerAccountContractTest, PauseAndCodesLeaveEachOtherAlone) {
  Change(AccountChange::Kind::kDeclareRefusal, "A1");
  EXPECT_THAT(Change(AccountChange::Kind::kPause).refusal_codes, ElementsAre("A1"));
  EXPECT_TRUE(Change(AccountChange::Kind::kDeclareRefusal, "B2").paused);
  EXPECT_THAT(Change(AccountChange::Kind::kResume).refusal_codes, ElementsAre("A1", "B2"));
}

TEST_P(LedgerAccountContractTest, SameAgainChangesNothing) {
  Change(AccountChange::Kind::kPause, "", "first");
  EXPECT_TRUE(Change(AccountChange::Kind::kPause, "", "first").paused);
  EXPECT_EQ(State().pause_reason, "first");
  Change(AccountChange::Kind::kResume);
  EXPECT_FALSE(Change(AccountChange::Kind::kResume).paused);
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerAccountContractTest, ::testing::ValuesIn(AllStores()),
                         NameOfStore);

}  // namespace
}  // namespace order1688
