#include "server/placement/refusal_settler.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RefusalSettlerTest : public testing::Test {
 protected:
  RefusalSettlerTest()
      : settler_(
            std::make_shared<RefusalSettler>(std::vector<const OrderGateway*>{rig_.gateway.get()},
                                             rig_.ledger, rig_.timer, rig_.log)) {}

  void PlaceAndGet(const std::string& request_id, HttpResult answer) {
    rig_.Place(request_id);
    rig_.Deliver(std::move(answer));
  }
  void Declare(const std::string& code) { rig_.gateway->refusal_codes().SetDeclared({code}); }
  void Look() {
    settler_->LookNow();
    rig_.ledger.RunPending();
  }
  v1::PlacementState state(const std::string& request_id) const {
    return rig_.row(request_id).state();
  }

  PlacementRig rig_;
  std::shared_ptr<RefusalSettler> settler_;
};

TEST_F(RefusalSettlerTest, SettlesWhatWaitsOnADeclaredCodeAndNothingElse) {
  PlaceAndGet("a-1", AnsweredWithCode("500_009"));
  PlaceAndGet("a-2", AnsweredWithCode("500_010"));
  ASSERT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
  Look();
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT) << "nothing is declared yet";
  Declare("500_009");
  Look();
  const v1::Placement settled = rig_.row("a-1");
  EXPECT_EQ(settled.state(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(settled.cause(), "gateway_refused");
  EXPECT_EQ(settled.error().code(), "500_009");
  EXPECT_EQ(settled.settlement().source(), v1::SETTLEMENT_SOURCE_REFUSAL_CODE);
  EXPECT_EQ(settled.settlement().reason(), "500_009");
  EXPECT_EQ(settled.reference(), "basket 7");
  EXPECT_EQ(state("a-2"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(rig_.log_text.str(), HasSubstr("placement_settled"));
  EXPECT_EQ(rig_.Place("a-1")->reason(), "GATEWAY_REJECTED");
  EXPECT_EQ(rig_.transport.requests().size(), 2U) << "it sends nothing";
}

TEST_F(RefusalSettlerTest, LooksOnceAMinute) {
  settler_->Start();
  PlaceAndGet("a-1", AnsweredWithCode("500_009"));
  Declare("500_009");
  rig_.Pass(absl::Seconds(59));
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
  rig_.Pass(absl::Seconds(1));
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_REJECTED);
  PlaceAndGet("a-2", AnsweredWithCode("500_011"));
  rig_.gateway->refusal_codes().SetDeclared({"500_009", "500_011"});
  rig_.Pass(absl::Minutes(1));
  EXPECT_EQ(state("a-2"), v1::PLACEMENT_STATE_REJECTED);
}

TEST_F(RefusalSettlerTest, AnAnswerThatNamesAnOrderIsNoRefusal) {
  // An order of a seller that was not asked: it exists, and our line has none.
  PlaceAndGet("a-1", Answered(R"({"code":"500_009","data":[{"baseInfo":{"idOfStr":"2540608"},)"
                              R"("sellerOpenId":"another"}]})"));
  ASSERT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
  LedgerRow row = *rig_.ledger.row({"shop", "a-1"});
  row.placement->set_cause("unknown_code");
  row.placement->mutable_error()->set_code("500_009");
  rig_.ledger.SetRow({"shop", "a-1"}, row);
  Declare("500_009");
  Look();
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(RefusalSettlerTest, TheHttpStatusOfTheStoredAnswerCounts) {
  PlaceAndGet("a-1", Answered(R"({"code":"500_009"})", 500));
  ASSERT_EQ(rig_.row("a-1").error().http_status(), 500);
  Declare("500_009");
  Look();
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(rig_.row("a-1").error().http_status(), 500);
}

TEST_F(RefusalSettlerTest, LooksThroughEveryPage) {
  // So many that none of them pauses the account: every second one is answered well.
  for (int i = 0; i < 120; ++i) {
    PlaceAndGet(absl::StrCat("a-", i), AnsweredWithCode(i == 0 ? "500_010" : "500_009"));
    PlaceAndGet(absl::StrCat("b-", i), AnsweredWithCode("400"));
    rig_.clock.Advance(absl::Seconds(1));
  }
  Declare("500_009");
  Look();
  int rejected = 0;
  for (int i = 0; i < 120; ++i) {
    rejected += state(absl::StrCat("a-", i)) == v1::PLACEMENT_STATE_REJECTED ? 1 : 0;
  }
  EXPECT_EQ(rejected, 119);
  EXPECT_EQ(state("a-0"), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(RefusalSettlerTest, WhoAsksWhileItLooksGetsOneMoreLook) {
  PlaceAndGet("a-1", AnsweredWithCode("500_009"));
  Declare("500_009");
  rig_.ledger.FailNext(MemoryLedger::Method::kList, MemoryLedger::Fault::kBeforeEffect);
  settler_->LookNow();
  settler_->LookNow();
  settler_->LookNow();
  EXPECT_EQ(rig_.ledger.pending(), 1U) << "one look at a time";
  rig_.ledger.RunPending();
  EXPECT_EQ(rig_.ledger.faults_hit(), 1U);
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_REJECTED);
}

TEST_F(RefusalSettlerTest, ALedgerThatFailsEndsTheLookAndTheNextOneGoesOn) {
  PlaceAndGet("a-1", AnsweredWithCode("500_009"));
  Declare("500_009");
  for (auto method : {MemoryLedger::Method::kList, MemoryLedger::Method::kFindWhole,
                      MemoryLedger::Method::kSettle}) {
    rig_.ledger.FailNext(method, MemoryLedger::Fault::kBeforeEffect);
    Look();
    EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
  }
  EXPECT_EQ(rig_.ledger.faults_hit(), 3U);
  Look();
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_REJECTED);
}

TEST_F(RefusalSettlerTest, AfterStopItBeginsNothing) {
  PlaceAndGet("a-1", AnsweredWithCode("500_009"));
  Declare("500_009");
  settler_->LookNow();
  settler_->Stop();
  rig_.ledger.RunPending();
  settler_->LookNow();
  EXPECT_EQ(rig_.ledger.pending(), 0U);
  EXPECT_EQ(state("a-1"), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST(RefusalCodesTest, ConfiguredOnesStayAndDeclaredOnesAreReplaced) {
  RefusalCodes codes({"a"});
  EXPECT_TRUE(codes.SetDeclared({"b"}));
  EXPECT_THAT(*codes.all(), testing::UnorderedElementsAre("a", "b"));
  EXPECT_FALSE(codes.SetDeclared({"b", "a"}));
  EXPECT_TRUE(codes.SetDeclared({"b", "c"}));
  EXPECT_FALSE(codes.SetDeclared({}));
  EXPECT_THAT(*codes.all(), ElementsAre("a"));
  EXPECT_FALSE(MayBeRefusalCode("200"));
  EXPECT_TRUE(MayBeRefusalCode("500_009"));
}

}  // namespace
}  // namespace order1688
