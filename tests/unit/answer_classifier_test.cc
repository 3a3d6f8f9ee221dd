#include "server/upstream/answer_classifier.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/judged_answer.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string SampleAnswer() {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.response.json"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(AnswerClassifierTest, SampleAnswerIsPlaced) {
  v1::Cargo line = SpecLine("BBBgGWh2O6JFI6v1aQuZVgRIA", "e61a85a671bb3d0301d0412b51641c6b");
  const GatewayVerdict verdict = JudgeFor(BatchOf({line}), Answered(200, SampleAnswer()));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(verdict.outcome->cause(), "answered");
  EXPECT_THAT(ResultsOf(verdict),
              ElementsAre("BBBgGWh2O6JFI6v1aQuZVgRIA PLACED 2540608320348880794 0"));
  EXPECT_FALSE(verdict.outcome->results(0).order_id_inexact());
  EXPECT_FALSE(verdict.outcome->results(0).has_error());
  EXPECT_FALSE(verdict.outcome->has_error());
  EXPECT_EQ(verdict.outcome->gateway_request_id(), "1a4cc8ca912144eb92e77ccfcf74fbe8");
  EXPECT_EQ(verdict.outcome->develop_id(), "1110890638347337996");
  EXPECT_THAT(verdict.alarms, IsEmpty());
  EXPECT_THAT(verdict.outcome->unmapped_fields(), IsEmpty());
  EXPECT_THAT(verdict.outcome->unreadable_fields(), IsEmpty());
}

TEST(AnswerClassifierTest, EverySellerWithAnOrderIsPlaced) {
  const GatewayVerdict verdict = Judge(Answered(
      {PlacedJson("seller-b", kSecondId, {"b1"}), PlacedJson("seller-a", kFirstId, {"a1", "a2"})}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-b PLACED ", kSecondId, " 2"),
                                              absl::StrCat("seller-a PLACED ", kFirstId, " 0,1")));
}

TEST(AnswerClassifierTest, OneSellerPlacedAndOneRefusedIsPartiallyPlaced) {
  const GatewayVerdict verdict =
      Judge(Answered({PlacedJson("seller-a", kFirstId, {"a1", "a2"}), RefusedJson("seller-b")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  EXPECT_EQ(verdict.outcome->cause(), "answered");
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                              "seller-b REFUSED  2"));
  const v1::GatewayError& error = verdict.outcome->results(1).error();
  EXPECT_EQ(error.code(), "500_004");
  EXPECT_EQ(error.message(), "库存不足");
  EXPECT_EQ(error.gateway_request_id(), "gw-1");
  EXPECT_EQ(error.http_status(), 200);
  EXPECT_FALSE(verdict.outcome->has_error());
}

TEST(AnswerClassifierTest, EverySellerRefusedIsRejected) {
  const GatewayVerdict verdict =
      Judge(Answered({RefusedJson("seller-a"), RefusedJson("seller-b", "500_001")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre("seller-a REFUSED  0,1", "seller-b REFUSED  2"));
  EXPECT_THAT(verdict.alarms, IsEmpty());
}

TEST(AnswerClassifierTest, MissingSellerIsInDoubtAndThePlacedOrderIsShown) {
  const GatewayVerdict verdict = Judge(Answered({PlacedJson("seller-a", kFirstId, {"a1", "a2"})}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(verdict.outcome->cause(), "line_unanswered");
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                              "seller-b IN_DOUBT  2"));
}

TEST(AnswerClassifierTest, MissingSellerBesideARefusedOneIsInDoubt) {
  const GatewayVerdict verdict = Judge(Answered({RefusedJson("seller-a")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre("seller-a REFUSED  0,1", "seller-b IN_DOUBT  2"));
}

TEST(AnswerClassifierTest, LineThatNoItemOfItsSellersOrderShowsIsInDoubt) {
  const GatewayVerdict verdict = Judge(Answered(
      {PlacedJson("seller-a", kFirstId, {"a1"}), PlacedJson("seller-b", kSecondId, {"b1"})}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), Contains("seller-a IN_DOUBT  1"));
}

TEST(AnswerClassifierTest, EmptyAndNullAndAbsentDataAreInDoubt) {
  for (const char* data : {R"(,"data":[])", R"(,"data":null)", R"(,"data":{})", R"(,"data":[null])",
                           R"(,"data":"")", ""}) {
    SCOPED_TRACE(data);
    const GatewayVerdict verdict =
        Judge(Answered(200, absl::StrCat(R"({"code":200,"msg":"成功")", data, "}")));
    EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
    EXPECT_THAT(ResultsOf(verdict), Contains("seller-b IN_DOUBT  2"));
    EXPECT_FALSE(verdict.outcome->has_error());
  }
}

TEST(AnswerClassifierTest, SuccessFalseBesideAnIdIsPlacedAndTheErrorIsKept) {
  const GatewayVerdict verdict = JudgeOne(
      R"({"baseInfo":{"idOfStr":"2540608320348880794"},"sellerOpenId":"seller-a","success":false,"errorCode":"500_1","errorMsg":"余额"})");
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(verdict.outcome->results(0).outcome(), v1::ORDER_OUTCOME_PLACED);
  EXPECT_EQ(verdict.outcome->results(0).error().code(), "500_1");
  EXPECT_EQ(verdict.outcome->results(0).error().message(), "余额");
  EXPECT_FALSE(verdict.outcome->results(0).order().success());
}

struct ElementCase {
  std::string element;  // after sellerOpenId
  v1::PlacementState state;
};

class ElementWithoutId : public testing::TestWithParam<ElementCase> {};

TEST_P(ElementWithoutId, IsRefusedOnlyIfItSaysSo) {
  const GatewayVerdict verdict =
      JudgeOne(absl::StrCat(R"({"sellerOpenId":"seller-a")", GetParam().element, "}"));
  EXPECT_EQ(verdict.outcome->state(), GetParam().state) << GetParam().element;
}

INSTANTIATE_TEST_SUITE_P(
    AnswerClassifierTest, ElementWithoutId,
    testing::ValuesIn(std::vector<ElementCase>{
        {R"(,"success":false)", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"success":"false")", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"success":0)", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"errorCode":"500_004")", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"errorMsg":"库存不足")", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"success":false,"baseInfo":{"id":null,"idOfStr":null})", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"success":false,"baseInfo":{"id":0,"idOfStr":""})", v1::PLACEMENT_STATE_REJECTED},
        {R"(,"success":false,"productItems":[{"specId":"a1"}])", v1::PLACEMENT_STATE_REJECTED},
        {"", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"success":true)", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"success":null,"errorCode":null,"errorMsg":null)", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"errorCode":"","errorMsg":"")", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"success":"perhaps")", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"success":true,"errorCode":"0","errorMsg":"SUCCESS")", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"success":true,"success":false)", v1::PLACEMENT_STATE_IN_DOUBT},
        {R"(,"success":true,"baseInfo":{"status":"waitbuyerpay"})", v1::PLACEMENT_STATE_IN_DOUBT},
    }),
    [](const auto& info) { return absl::StrCat("Case", info.index); });

TEST(AnswerClassifierTest, RefusalBesideAnOrderIsInDoubtUnlessTheWholeAnswerSays200) {
  const std::vector<std::string> elements = {PlacedJson("seller-a", kFirstId, {"a1", "a2"}),
                                             RefusedJson("seller-b")};
  const HttpResult odd[] = {
      Answered(500, EnvelopeJson("200", elements)), Answered(400, EnvelopeJson("400", elements)),
      Answered(200, EnvelopeJson("400", elements)),
      Unanswered(SendOutcome::kInDoubt, "answer_cut", 200, EnvelopeJson("200", elements))};
  for (const HttpResult& result : odd) {
    const GatewayVerdict verdict = Judge(result);
    EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT) << result.body;
    EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                                "seller-b IN_DOUBT  2"));
  }
}

TEST(AnswerClassifierTest, RefusalInAnAnswerThatIsNotReadToItsEndIsInDoubt) {
  const std::string whole = EnvelopeJson(
      "200", {PlacedJson("seller-a", kFirstId, {"a1", "a2"}), RefusedJson("seller-b")});
  for (const std::string& body : {whole + "x", whole.substr(0, whole.size() - 1)}) {
    const GatewayVerdict verdict = Judge(Answered(200, body));
    EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
    EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                                "seller-b IN_DOUBT  ", "seller-b IN_DOUBT  2"));
  }
}

TEST(AnswerClassifierTest, OrderUnderAnErrorKeepsTheEnvelopesWords) {
  const GatewayVerdict verdict = Judge(
      Answered(500, EnvelopeJson("\"500_004\"", {PlacedJson("seller-a", kFirstId, {"a1", "a2"})})));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(verdict.outcome->error().code(), "500_004");
  EXPECT_EQ(verdict.outcome->error().http_status(), 500);
}

TEST(AnswerClassifierTest, UnknownKeysAreListedAndChangeNoVerdict) {
  const GatewayVerdict verdict = Judge(Answered(
      200,
      R"({"code":200,"traceId":"x","data":[{"sellerOpenId":"seller-a","success":false,"newKey":1},)"
      R"({"sellerOpenId":"seller-b","success":false}]})"));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_THAT(verdict.outcome->unmapped_fields(), ElementsAre("traceId", "data[0].newKey"));
  EXPECT_EQ(verdict.unmapped_count, 2);
}

TEST(AnswerClassifierTest, OrderThatFitsNoLineIsListedAndAlarmsAndLeavesTheLinesInDoubt) {
  const GatewayVerdict verdict = Judge(Answered(
      {PlacedJson("seller-a", kFirstId, {"a1", "a2"}), PlacedJson("seller-x", kSecondId, {"b1"})}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                              absl::StrCat("seller-x PLACED ", kSecondId, " "),
                                              "seller-b IN_DOUBT  2"));
  EXPECT_THAT(verdict.alarms, ElementsAre("unmatched_order"));
}

TEST(AnswerClassifierTest, OrderThatFitsNoLineBesideAllTheOthersIsListedAndAlarms) {
  const GatewayVerdict verdict = Judge(
      Answered({PlacedJson("seller-a", kFirstId, {"a1", "a2"}),
                PlacedJson("seller-b", kSecondId, {"b1"}), PlacedJson("seller-x", "7", {"z"})}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_THAT(ResultsOf(verdict), Contains("seller-x PLACED 7 "));
  EXPECT_THAT(verdict.alarms, ElementsAre("unmatched_order"));
}

TEST(AnswerClassifierTest, ElementThatSaysNothingIsInDoubtBesideAllTheOthers) {
  const GatewayVerdict verdict = Judge(
      Answered({PlacedJson("seller-a", kFirstId, {"a1", "a2"}),
                PlacedJson("seller-b", kSecondId, {"b1"}), R"({"sellerOpenId":"seller-x"})"}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), Contains("seller-x IN_DOUBT  "));
}

TEST(AnswerClassifierTest, LineThatIsBothPlacedAndRefusedIsInDoubt) {
  const std::string placed =
      absl::StrCat(R"({"baseInfo":{"idOfStr":")", kFirstId, R"("},"sellerOpenId":"seller-a"})");
  const GatewayVerdict verdict =
      JudgeFor(BatchOf({SpecLine("seller-a", "a1"), SpecLine("seller-a", "a2")}),
               Answered({placed, RefusedJson("seller-a")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                              "seller-a REFUSED  0,1"));
}

TEST(AnswerClassifierTest, RefusalOfTheRestOfASellerIsPartiallyPlaced) {
  const GatewayVerdict verdict =
      JudgeFor(BatchOf({SpecLine("seller-a", "a1"), SpecLine("seller-a", "a2")}),
               Answered({PlacedJson("seller-a", kFirstId, {"a2"}), RefusedJson("seller-a")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  EXPECT_THAT(ResultsOf(verdict),
              ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 1"), "seller-a REFUSED  0"));
}

TEST(AnswerClassifierTest, LineWithTooFewItemsIsListedWithItsOrderAndInDoubt) {
  const GatewayVerdict verdict = JudgeFor(
      BatchOf({MappedLine("seller-a", "m1"), MappedLine("seller-a", "m2")}),
      Answered({absl::StrCat(R"({"productItems":[{"productID":5}],"baseInfo":{"idOfStr":")",
                             kFirstId, R"("},"sellerOpenId":"seller-a"})")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0,1"),
                                              "seller-a IN_DOUBT  0,1"));
}

TEST(AnswerClassifierTest, ElementWithoutSellerBelongsToTheOnlySeller) {
  const GatewayVerdict verdict = JudgeOne(R"({"baseInfo":{"idOfStr":"2540608320348880794"}})");
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0")));
}

TEST(AnswerClassifierTest, ALongAnswerIsReadToItsEnd) {
  const std::string body = EnvelopeJson("400", {}) + std::string(3 << 20, ' ');
  const GatewayVerdict verdict = Judge(Answered(200, body));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_REJECTED);
}

TEST(AnswerClassifierTest, SellersMessageIsCutTo256CodePoints) {
  std::string message;
  for (int i = 0; i < 300; ++i) message += "库";
  const GatewayVerdict verdict =
      JudgeOne(absl::StrCat(R"({"sellerOpenId":"seller-a","errorMsg":")", message, R"("})"));
  EXPECT_EQ(verdict.outcome->results(0).error().message(), message.substr(0, size_t{3} * 256));
}

TEST(AnswerClassifierTest, SetsNothingThatTheLedgerOwns) {
  const v1::Placement outcome =
      *Judge(Answered({PlacedJson("seller-a", kFirstId, {"a1", "a2"})})).outcome;
  EXPECT_EQ(outcome.request_id() + outcome.caller() + outcome.account() + outcome.gateway_host() +
                outcome.reference(),
            "");
  EXPECT_EQ(outcome.attempt(), 0);
  EXPECT_FALSE(outcome.has_sign_time() || outcome.has_create_time() || outcome.has_update_time() ||
               outcome.has_erase_time());
}

}  // namespace
}  // namespace order1688
