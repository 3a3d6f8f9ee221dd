#include "server/placement/account_watch.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class AccountWatchTest : public testing::Test {
 protected:
  void StartWatch() {
    watch_ = std::make_shared<AccountWatch>(std::vector<const OrderGateway*>{rig_.gateway.get()},
                                            rig_.placer->pauses(), rig_.ledger, rig_.timer,
                                            rig_.log, [this] { ++codes_grew_; });
    watch_->Start([this](bool complete) { first_read_ = complete ? "complete" : "failed"; });
    rig_.ledger.RunPending();
  }
  // Said on another server.
  void Say(AccountChange::Kind kind, const std::string& code = "") {
    AccountChange change;
    change.account = "main";
    change.kind = kind;
    change.code = code;
    change.reason = "said";
    rig_.ledger.ChangeAccount(change, [](const absl::StatusOr<AccountState>&) {});
    rig_.ledger.RunPending();
  }
  void PlaceInDoubt(const std::string& request_id) {
    rig_.Place(request_id);
    ASSERT_TRUE(rig_.transport.OpenGate());
    rig_.transport.Fail("no_answer");
  }
  void PlaceFiveInDoubt() {
    for (int i = 1; i <= 5; ++i) {
      PlaceInDoubt(absl::StrCat("a-", i));
      if (i < 5) rig_.ledger.RunPending();
    }
  }
  bool paused() const { return rig_.placer->pauses()->Paused("main"); }

  PlacementRig rig_;
  std::shared_ptr<AccountWatch> watch_;
  std::string first_read_ = "not yet";
  int codes_grew_ = 0;
};

TEST_F(AccountWatchTest, WhatWasSaidBeforeTheStartIsObeyedFromTheStart) {
  Say(AccountChange::Kind::kPause);
  Say(AccountChange::Kind::kDeclareRefusal, "500_009");
  StartWatch();
  EXPECT_EQ(first_read_, "complete");
  EXPECT_TRUE(paused());
  EXPECT_THAT(watch_->RefusalCodesOf("main"), ElementsAre("500_009"));
  EXPECT_EQ(rig_.Place("a-1")->reason(), "ACCOUNT_PAUSED");
  EXPECT_EQ(rig_.Metric("order1688_account_paused{account=\"main\"}"), 1);
}

TEST_F(AccountWatchTest, AFailedFirstReadIsTold) {
  rig_.ledger.FailNext(MemoryLedger::Method::kFindAccount, MemoryLedger::Fault::kBeforeEffect);
  StartWatch();
  EXPECT_EQ(first_read_, "failed");
}

TEST_F(AccountWatchTest, WhatIsSaidOnAnotherServerIsObeyedWithinTwoSeconds) {
  StartWatch();
  Say(AccountChange::Kind::kPause);
  rig_.Pass(absl::Seconds(2));
  EXPECT_TRUE(paused());
  Say(AccountChange::Kind::kResume);
  rig_.Pass(absl::Seconds(2));
  EXPECT_FALSE(paused());
  EXPECT_EQ(rig_.Metric("order1688_account_paused{account=\"main\"}"), 0);
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("account_resumed"));
}

TEST_F(AccountWatchTest, APauseThatLastsIsLoggedOnce) {
  StartWatch();
  Say(AccountChange::Kind::kPause);
  rig_.Pass(absl::Seconds(10));
  const std::string text = rig_.log_text.str();
  const size_t first = text.find("account_paused");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(text.find("account_paused", first + 1), std::string::npos);
}

TEST_F(AccountWatchTest, ACodeIsToldOfOnce) {
  StartWatch();
  Say(AccountChange::Kind::kDeclareRefusal, "500_009");
  rig_.Pass(absl::Seconds(10));
  EXPECT_EQ(codes_grew_, 1);
  rig_.Place("a-1");
  rig_.Deliver(AnsweredWithCode("500_009"));
  EXPECT_EQ(rig_.row("a-1").state(), v1::PLACEMENT_STATE_REJECTED);
}

TEST_F(AccountWatchTest, WhatCannotBeReadStaysAsItWas) {
  StartWatch();
  Say(AccountChange::Kind::kPause);
  rig_.Pass(absl::Seconds(2));
  ASSERT_TRUE(paused());
  rig_.ledger.FailNext(MemoryLedger::Method::kFindAccount, MemoryLedger::Fault::kBeforeEffect);
  rig_.Pass(absl::Seconds(2));
  EXPECT_EQ(rig_.ledger.faults_hit(), 1U);
  EXPECT_TRUE(paused());
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("account_not_read"));
}

TEST_F(AccountWatchTest, ALedgerThatDoesNotAnswerIsNotAskedAgain) {
  StartWatch();
  for (int i = 0; i < 10; ++i) rig_.timer.Advance(absl::Seconds(2));
  EXPECT_EQ(rig_.ledger.pending(), 1U);
  Say(AccountChange::Kind::kPause);
  rig_.Pass(absl::Seconds(4));
  EXPECT_TRUE(paused());
}

TEST_F(AccountWatchTest, ThePlacersOwnPauseReachesTheLedgerAtOnce) {
  StartWatch();
  PlaceFiveInDoubt();
  EXPECT_TRUE(paused());
  rig_.ledger.RunPending();
  ASSERT_THAT(rig_.ledger.account_changes(), SizeIs(1));
  EXPECT_EQ(rig_.ledger.account_changes()[0].reason, "outcomes_in_doubt");
  EXPECT_EQ(rig_.ledger.account_changes()[0].actor, "");
  rig_.Pass(absl::Seconds(10));
  EXPECT_TRUE(paused());
  EXPECT_THAT(rig_.ledger.account_changes(), SizeIs(1)) << "it is written once";
}

TEST_F(AccountWatchTest, AnOwnPauseThatIsOnItsWayToTheLedgerIsNotWrittenAgain) {
  StartWatch();
  PlaceFiveInDoubt();
  for (int i = 0; i < 3; ++i) rig_.timer.Advance(absl::Seconds(2));
  rig_.ledger.RunPending();
  EXPECT_THAT(rig_.ledger.account_changes(), SizeIs(1));
}

TEST_F(AccountWatchTest, ThePlacersOwnPauseOutlivesARestart) {
  StartWatch();
  PlaceFiveInDoubt();
  rig_.ledger.RunPending();
  rig_.Restart();
  EXPECT_FALSE(paused());
  StartWatch();
  EXPECT_TRUE(paused());
}

TEST_F(AccountWatchTest, AnOwnPauseThatCannotBeWrittenHoldsAndIsTriedAgain) {
  StartWatch();
  for (int i = 0; i < 2; ++i) {
    rig_.ledger.FailNext(MemoryLedger::Method::kChangeAccount, MemoryLedger::Fault::kBeforeEffect);
  }
  PlaceFiveInDoubt();
  rig_.Pass(absl::Seconds(3));
  EXPECT_EQ(rig_.ledger.faults_hit(), 2U);
  EXPECT_TRUE(paused()) << "although the ledger says that it is not";
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("pause_not_kept"));
  rig_.Pass(absl::Seconds(2));
  EXPECT_THAT(rig_.ledger.account_changes(), SizeIs(1));
  EXPECT_TRUE(paused());
}

TEST_F(AccountWatchTest, AResumeBeginsTheCountOfDoubtsAnew) {
  StartWatch();
  PlaceFiveInDoubt();
  rig_.ledger.RunPending();
  Say(AccountChange::Kind::kResume);
  rig_.Pass(absl::Seconds(2));
  EXPECT_FALSE(paused());
  for (int i = 1; i <= 4; ++i) PlaceInDoubt(absl::StrCat("b-", i));
  EXPECT_FALSE(paused());
  PlaceInDoubt("b-5");
  EXPECT_TRUE(paused());
}

}  // namespace
}  // namespace order1688
