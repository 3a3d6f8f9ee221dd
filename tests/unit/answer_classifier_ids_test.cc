// What ids, and parts that cannot be read, prove in an answer.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/judged_answer.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AnswerClassifierTest, OnlyTheNumericIdIsPlacedInexactWithoutOrderId) {
  const GatewayVerdict verdict =
      JudgeOne(BaseInfoJson("seller-a", R"({"id":2540608320348881000})"));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_TRUE(verdict.outcome->results(0).order_id_inexact());
  EXPECT_EQ(verdict.outcome->results(0).order().base_info().order_id(), "");
  EXPECT_EQ(verdict.outcome->results(0).order().base_info().id_number(), 2540608320348881000);
  EXPECT_THAT(verdict.alarms, ElementsAre("order_id_inexact"));
}

TEST(AnswerClassifierTest, NumericIdBesideAnUnusableTextIsPlacedInexactWithoutOrderId) {
  const GatewayVerdict verdict =
      JudgeOne(BaseInfoJson("seller-a", R"({"id":2540608320348881000,"idOfStr":"none"})"));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_TRUE(verdict.outcome->results(0).order_id_inexact());
  EXPECT_EQ(verdict.outcome->results(0).order().base_info().order_id(), "");
}

TEST(AnswerClassifierTest, TextIdCountsWhenTheTwinsDiffer) {
  const GatewayVerdict verdict =
      JudgeOne(BaseInfoJson("seller-a", R"({"id":77,"idOfStr":"2540608320348880794"})"));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(verdict.outcome->results(0).order().base_info().order_id(), kFirstId);
  EXPECT_FALSE(verdict.outcome->results(0).order_id_inexact());
  EXPECT_THAT(verdict.alarms, ElementsAre("order_id_twins_differ"));
}

TEST(AnswerClassifierTest, IdAsABareNumberIsExact) {
  const GatewayVerdict verdict =
      JudgeOne(BaseInfoJson("seller-a", R"({"idOfStr":2540608320348880794})"));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(verdict.outcome->results(0).order().base_info().order_id(), kFirstId);
}

TEST(AnswerClassifierTest, IdCountsUnderAnyHttpStatusAndCode) {
  for (int status : {200, 204, 302, 400, 401, 404, 429, 500, 503}) {
    for (const char* code :
         {"200", "400", "401", "429", "\"gw.SignatureInvalid\"", "\"500_004\"", "{}", "null"}) {
      SCOPED_TRACE(absl::StrCat(status, " ", code));
      const std::string body = EnvelopeJson(code, {PlacedJson("seller-a", kFirstId, {"a1", "a2"}),
                                                   PlacedJson("seller-b", kSecondId, {"b1"})});
      const GatewayVerdict verdict = Judge(Answered(status, body));
      EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PLACED);
      EXPECT_THAT(verdict.alarms, IsEmpty());
      EXPECT_EQ(
          Judge(Unanswered(SendOutcome::kInDoubt, "answer_cut", status, body)).outcome->state(),
          v1::PLACEMENT_STATE_PLACED);
    }
  }
}

// Each element says success:false and holds an id that cannot be used.
const char* const kUnusableIds[] = {
    R"({"baseInfo":{"idOfStr":{"v":"2540608320348880794"}},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"idOfStr":["2540608320348880794"]},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"idOfStr":"1","idOfStr":"2"},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"id":1,"id":2},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"id":{}},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"id":25406083203488807940000},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"id":-5},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"idOfStr":"0"},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"idOfStr":"AB12"},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"idOfStr":" 2540608320348880794"},"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{"idOfStr":"254060832034888079425406083203488807942"},"success":false,"sellerOpenId":"seller-a"})",
    "{\"baseInfo\":{\"idOfStr\":\"25406\xFF\"},\"success\":false,\"sellerOpenId\":\"seller-a\"}",
    R"({"baseInfo":"2540608320348880794","success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":[{"idOfStr":"2540608320348880794"}],"success":false,"sellerOpenId":"seller-a"})",
    R"({"baseInfo":{},"baseInfo":{"idOfStr":"2540608320348880794"},"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":[{"subItemIDString":"2540608320348880794"}],"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":[{"subItemID":2540608320348881000}],"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":[{"subItemIDString":{}}],"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":{"subItemID":"many"},"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":["2540608320348880794"],"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":2540608320348881000,"success":false,"sellerOpenId":"seller-a"})",
    R"({"productItems":[{"specId":"a1"}],"productItems":[{"subItemIDString":"1"}],"success":false,"sellerOpenId":"seller-a"})",
};

class UnusableId : public testing::TestWithParam<const char*> {};

TEST_P(UnusableId, IsNeverRefused) {
  const GatewayVerdict verdict = JudgeOne(GetParam());
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT) << GetParam();
}

TEST_P(UnusableId, IsNeverRefusedWhereDataIsOneObject) {
  const GatewayVerdict verdict =
      JudgeFor(BatchOf({SpecLine("seller-a", "a1")}),
               Answered(200, absl::StrCat(R"({"code":200,"data":)", GetParam(), "}")));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT) << GetParam();
}

TEST_P(UnusableId, IsNeverRefusedBehindANullElement) {
  const GatewayVerdict verdict =
      JudgeFor(BatchOf({SpecLine("seller-a", "a1"), SpecLine("seller-b", "b1")}),
               Answered({"null", GetParam(), RefusedJson("seller-b")}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT) << GetParam();
  EXPECT_EQ(verdict.outcome->results(0).outcome(), v1::ORDER_OUTCOME_IN_DOUBT) << GetParam();
}

TEST_P(UnusableId, OutweighsARefusingCode) {
  for (const char* code : {"400", "401", "429"}) {
    const GatewayVerdict verdict = JudgeFor(BatchOf({SpecLine("seller-a", "a1")}),
                                            Answered(200, EnvelopeJson(code, {GetParam()})));
    EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT) << code << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(AnswerClassifierTest, UnusableId, testing::ValuesIn(kUnusableIds),
                         [](const auto& info) { return absl::StrCat("Case", info.index); });

TEST(AnswerClassifierTest, DataThatIsNoListOfOrdersOutweighsARefusingCode) {
  for (const char* data : {"\"2540608320348880794\"", "2540608320348880794",
                           "[\"2540608320348880794\"]", "[[{\"baseInfo\":{\"idOfStr\":\"1\"}}]]",
                           "[{\"success\":false}],\"data\":[{\"baseInfo\":{\"idOfStr\":\"1\"}}]"}) {
    for (const char* code : {"200", "400", "401", "429"}) {
      SCOPED_TRACE(absl::StrCat(code, data));
      const GatewayVerdict verdict =
          Judge(Answered(200, absl::StrCat("{\"code\":", code, ",\"data\":", data, "}")));
      EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
    }
  }
}

TEST(AnswerClassifierTest, BadLeafElsewhereChangesNoVerdict) {
  const std::string placed = absl::StrCat(
      R"({"baseInfo":{"idOfStr":")", kFirstId,
      R"(","id":"many","totalAmount":"dear"},"productItems":[{"specId":"a1","price":{}},{"specId":"a2"}],)",
      R"("sellerOpenId":"seller-a"})");
  const GatewayVerdict verdict = Judge(Answered({RefusedJson("seller-b"), placed}));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  EXPECT_THAT(verdict.outcome->unreadable_fields(),
              ElementsAre("data[1].baseInfo.id", "data[1].baseInfo.totalAmount",
                          "data[1].productItems[0].price"));
  EXPECT_EQ(verdict.unreadable_count, 3);
}

TEST(AnswerClassifierTest, MoreUnreadableLeavesThanAreListedRefuseNothing) {
  std::string leaves;
  for (int i = 0; i < 101; ++i) absl::StrAppend(&leaves, i == 0 ? "" : ",", R"({"price":{}})");
  const std::string element =
      absl::StrCat(R"({"sellerOpenId":"seller-a","success":false,"productItems":[)", leaves, "]}");
  const GatewayVerdict verdict = JudgeOne(element);
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(verdict.unreadable_count, 101);
  EXPECT_EQ(verdict.outcome->unreadable_fields_size(), 100);
}

TEST(AnswerClassifierTest, TruncationNeverHidesNorInventsAnOutcome) {
  const std::string whole = EnvelopeJson("200", {PlacedJson("seller-a", kFirstId, {"a1", "a2"}),
                                                 PlacedJson("seller-b", kSecondId, {"b1"})});
  const std::string seller_first = EnvelopeJson(
      "200", {absl::StrCat(R"({"sellerOpenId":"seller-a","baseInfo":{"idOfStr":")", kFirstId,
                           R"("},"productItems":)", ItemsJson({"a1", "a2"}), "}"),
              absl::StrCat(R"({"sellerOpenId":"seller-b","baseInfo":{"idOfStr":")", kSecondId,
                           R"("},"productItems":)", ItemsJson({"b1"}), "}")});
  for (const std::string& answer : {whole, seller_first}) {
    int placed = 0;
    for (size_t size = 0; size < answer.size(); ++size) {
      const std::string cut = answer.substr(0, size);
      for (const HttpResult& result : {Answered(200, cut), Answered(400, cut), Answered(429, cut),
                                       Unanswered(SendOutcome::kInDoubt, "answer_cut", 200, cut)}) {
        const GatewayVerdict verdict = Judge(result);
        const v1::PlacementState state = verdict.outcome->state();
        if (size == 0 && result.outcome == SendOutcome::kAnswered && result.http_status != 200)
          continue;
        ASSERT_TRUE(state == v1::PLACEMENT_STATE_IN_DOUBT || state == v1::PLACEMENT_STATE_PLACED)
            << cut;
        if (state == v1::PLACEMENT_STATE_PLACED) {
          ++placed;
          ASSERT_TRUE(absl::StrContains(cut, absl::StrCat("\"", kFirstId, "\"")) &&
                      absl::StrContains(cut, absl::StrCat("\"", kSecondId, "\"")))
              << cut;
          ASSERT_TRUE(absl::StrContains(cut, "\"a2\"") && absl::StrContains(cut, "\"b1\"")) << cut;
        }
      }
    }
    EXPECT_GT(placed, 0);
  }
}

TEST(AnswerClassifierTest, TruncatedOrderWithUnreadItemsCoversNoOtherLine) {
  const v1::OrderBatch batch = BatchOf({SpecLine("seller-a", "a1"), MappedLine("seller-a", "m2")});
  const std::string cut =
      absl::StrCat(R"({"code":200,"data":[{"sellerOpenId":"seller-a","baseInfo":{"idOfStr":")",
                   kFirstId, R"("},"productItems":[{"productID":4,"specId":"a1"},{"productID":5)");
  const GatewayVerdict verdict = JudgeFor(batch, Answered(200, cut));
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ResultsOf(verdict), ElementsAre(absl::StrCat("seller-a PLACED ", kFirstId, " 0"),
                                              "seller-a IN_DOUBT  1"));
}

}  // namespace
}  // namespace order1688
