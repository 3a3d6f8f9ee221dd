#include "common/json_decoder.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JsonDecoderTest : public ::testing::Test {
 protected:
  void Decode(absl::string_view json) { report_ = DecodeJson(plan_, json, &answer_); }

  // Decodes an answer with one order whose baseInfo holds `members`, and gives that back.
  const v1::OrderBaseInfo& BaseInfo(absl::string_view members) {
    Decode(absl::StrCat(R"({"data":[{"baseInfo":{)", members, "}}]}"));
    EXPECT_TRUE(report_.complete) << report_.problem;
    EXPECT_THAT(report_.unmapped, IsEmpty());
    EXPECT_EQ(answer_.orders_size(), 1);
    return answer_.orders(0).base_info();
  }

  JsonPlan plan_ = *JsonPlan::Compile(wire::v1::BatchCreateAnswer::descriptor());
  wire::v1::BatchCreateAnswer answer_;
  DecodeReport report_;
};

TEST_F(JsonDecoderTest, StringsTakeNumbersAndBooleansAsTheirText) {
  const auto& info = BaseInfo(
      R"("idOfStr":2540608320348880794,"tradeType":23.10,"status":true,"remark":"","ccid":1E2)");
  EXPECT_EQ(info.order_id(), "2540608320348880794");
  EXPECT_EQ(info.trade_type(), "23.10");
  EXPECT_EQ(info.status(), "true");
  EXPECT_EQ(info.ccid(), "1E2");
  EXPECT_TRUE(info.has_remark());
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonDecoderTest, IntegersTakeTextAndZeroFractions) {
  EXPECT_EQ(BaseInfo(R"("payTimeout":432000)").pay_timeout(), 432000);
  EXPECT_EQ(BaseInfo(R"("payTimeout":"432000")").pay_timeout(), 432000);
  EXPECT_EQ(BaseInfo(R"("payTimeout":5.0)").pay_timeout(), 5);
  EXPECT_EQ(BaseInfo(R"("payTimeoutType":-2147483648)").pay_timeout_type(), INT32_MIN);
  EXPECT_EQ(BaseInfo(R"("id":-9223372036854775808)").id_number(), INT64_MIN);
  EXPECT_EQ(BaseInfo(R"("id":9223372036854775807)").id_number(), INT64_MAX);
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonDecoderTest, BooleansTakeTextAndOneAndZero) {
  for (const char* text : {"true", "1", R"("true")", R"("TRUE")", R"("1")"}) {
    EXPECT_TRUE(BaseInfo(absl::StrCat(R"("stepPayAll":)", text)).step_pay_all()) << text;
  }
  for (const char* text : {"false", "0", R"("false")", R"("0")"}) {
    const auto& info = BaseInfo(absl::StrCat(R"("stepPayAll":)", text));
    EXPECT_TRUE(info.has_step_pay_all()) << text;
    EXPECT_FALSE(info.step_pay_all()) << text;
  }
}

TEST_F(JsonDecoderTest, AmountsAreExactAndInYuan) {
  const auto& info = BaseInfo(
      R"("totalAmount":23.10,"shippingFee":"4","refund":-3175.97,"couponFee":1E2,"sumProductPayment":19.0)");
  EXPECT_EQ(info.total_amount().currency_code(), "CNY");
  EXPECT_EQ(info.total_amount().units(), 23);
  EXPECT_EQ(info.total_amount().nanos(), 100'000'000);
  EXPECT_EQ(info.shipping_fee().units(), 4);
  EXPECT_EQ(info.refund().units(), -3175);
  EXPECT_EQ(info.refund().nanos(), -970'000'000);
  EXPECT_EQ(info.coupon_fee().units(), 100);
  EXPECT_EQ(info.sum_product_payment().units(), 19);
}

TEST_F(JsonDecoderTest, AnAmountBeyondADoubleIsExact) {
  const auto& info = BaseInfo(R"("totalAmount":9007199254740993.123456789)");
  EXPECT_EQ(info.total_amount().units(), 9007199254740993);
  EXPECT_EQ(info.total_amount().nanos(), 123'456'789);
}

TEST_F(JsonDecoderTest, FenBecomesYuanOnceAndOnlyWhereListed) {
  Decode(
      R"({"data":[{"baseInfo":{"discount":-1999,"refundPayment":"5","officialSolutionCost":100,"totalAmount":1999},
                      "productItems":[{"entryDiscount":250,"price":250}],"orderInvoiceInfo":{"amount":12345}}]})");
  ASSERT_EQ(answer_.orders_size(), 1);
  const v1::Order& order = answer_.orders(0);
  EXPECT_EQ(order.base_info().discount().units(), -19);
  EXPECT_EQ(order.base_info().discount().nanos(), -990'000'000);
  EXPECT_EQ(order.base_info().refund_payment().units(), 0);
  EXPECT_EQ(order.base_info().refund_payment().nanos(), 50'000'000);
  EXPECT_EQ(order.base_info().official_solution_cost().units(), 1);
  EXPECT_EQ(order.base_info().total_amount().units(), 1999);
  EXPECT_EQ(order.product_items(0).entry_discount().units(), 2);
  EXPECT_EQ(order.product_items(0).entry_discount().nanos(), 500'000'000);
  EXPECT_EQ(order.product_items(0).price().units(), 250);
  EXPECT_EQ(order.order_invoice_info().amount().units(), 123);
  EXPECT_EQ(order.order_invoice_info().amount().nanos(), 450'000'000);
}

TEST_F(JsonDecoderTest, TimesComeInFourForms) {
  const auto& info = BaseInfo(
      R"("createTime":"2025-04-23T14:13:44.000+08:00","modifyTime":"20250423141344000+0800",
         "payTime":"2025-04-23 14:13:44","completeTime":1745388824000,"confirmedTime":"1745388824000")");
  for (const auto* time : {&info.create_time(), &info.modify_time(), &info.pay_time(),
                           &info.complete_time(), &info.confirmed_time()}) {
    EXPECT_EQ(time->seconds(), 1745388824);
    EXPECT_EQ(time->nanos(), 0);
  }
}

TEST_F(JsonDecoderTest, NullAbsentAndEmptyMeanNothing) {
  Decode(
      R"({"data":[null,{"guaranteesTerms":[],"nativeLogistics":"","quoteList":null,"tradeTerms":[],"success":"",
             "baseInfo":{"totalAmount":"","createTime":"","payTimeout":"","status":[],"refund":[],"buyerContact":null}}]})");
  EXPECT_TRUE(report_.complete);
  EXPECT_THAT(report_.unreadable, IsEmpty());
  EXPECT_THAT(report_.unmapped, IsEmpty());
  wire::v1::BatchCreateAnswer expected;
  expected.add_orders()->mutable_base_info();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(answer_, expected))
      << answer_.DebugString();
}

TEST_F(JsonDecoderTest, TheRoundedNumericIdStandsBesideTheExactOne) {
  const auto& info = BaseInfo(R"("id":2540608320348881000,"idOfStr":"2540608320348880794")");
  EXPECT_EQ(info.id_number(), 2540608320348881000);
  EXPECT_EQ(info.order_id(), "2540608320348880794");
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonDecoderTest, OneObjectOrLeafStandsForAnArrayOfOne) {
  Decode(
      R"({"data":{"baseInfo":{"idOfStr":"7","payChannelList":"alipay"},"productItems":{"name":"bag"}}})");
  ASSERT_EQ(answer_.orders_size(), 1);
  EXPECT_EQ(answer_.orders(0).base_info().order_id(), "7");
  EXPECT_THAT(answer_.orders(0).base_info().pay_channel_list(), ElementsAre("alipay"));
  EXPECT_EQ(answer_.orders(0).product_items(0).name(), "bag");
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonDecoderTest, EveryUnreadableLeafIsListedByPathAndLeftUnset) {
  const char* const members[] = {R"("totalAmount":0.0000000001)",
                                 R"("totalAmount":"ten")",
                                 R"("totalAmount":true)",
                                 R"("totalAmount":{})",
                                 R"("totalAmount":[1])",
                                 R"("totalAmount":9223372036854775808)",
                                 R"("payTimeout":5.5)",
                                 R"("payTimeout":"five")",
                                 R"("payTimeout":9223372036854775808)",
                                 R"("payTimeoutType":2147483648)",
                                 R"("stepPayAll":2)",
                                 R"("stepPayAll":"yes")",
                                 R"("createTime":"2025-02-30 00:00:00")",
                                 R"("createTime":17)",
                                 R"("status":{"a":1})",
                                 R"("status":["a"])",
                                 R"("buyerContact":"x")",
                                 R"("buyerContact":[{}])",
                                 R"("buyerContact":1)",
                                 R"("status":NaN)",
                                 R"("id":1e400)",
                                 R"("id":Infinity)",
                                 "\"status\":\"\xC4\xE3\"",
                                 R"("status":"\ud83d")",
                                 R"("status":undefined)",
                                 R"("id":+1)",
                                 R"("id":0x1F)"};
  for (const char* member : members) {
    SCOPED_TRACE(member);
    const auto& info = BaseInfo(absl::StrCat(member, R"(,"idOfStr":"7")"));
    EXPECT_EQ(info.order_id(), "7");
    const std::string key = std::string(member).substr(1, std::string(member).find('"', 1) - 1);
    EXPECT_THAT(report_.unreadable, ElementsAre("data[0].baseInfo." + key));
    EXPECT_EQ(report_.total_unreadable, 1);
    v1::OrderBaseInfo only_id;
    only_id.set_order_id("7");
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(info, only_id))
        << info.DebugString();
  }
}

TEST_F(JsonDecoderTest, ABadElementDoesNotHideTheOthers) {
  Decode(
      R"({"data":["x",{"baseInfo":{"idOfStr":"7"}},[{"a":1}],3,{"baseInfo":{"idOfStr":"8","payChannelList":["a",{},"b"]}}]})");
  EXPECT_TRUE(report_.complete);
  ASSERT_EQ(answer_.orders_size(), 2);
  EXPECT_EQ(answer_.orders(0).base_info().order_id(), "7");
  EXPECT_EQ(answer_.orders(1).base_info().order_id(), "8");
  EXPECT_THAT(answer_.orders(1).base_info().pay_channel_list(), ElementsAre("a", "b"));
  EXPECT_THAT(report_.unreadable,
              ElementsAre("data[0]", "data[2]", "data[3]", "data[4].baseInfo.payChannelList[1]"));
}

TEST_F(JsonDecoderTest, UnknownKeysAreListedAtTheirTopOnly) {
  Decode(
      R"({"traceId":"x","data":[{"baseInfo":{"newKey":{"deep":[{"er":1}]},"idOfStr":"7"},"more":[1,2]}]})");
  EXPECT_TRUE(report_.complete);
  EXPECT_THAT(report_.unmapped, ElementsAre("traceId", "data[0].baseInfo.newKey", "data[0].more"));
  EXPECT_EQ(report_.total_unmapped, 3);
  EXPECT_EQ(answer_.orders(0).base_info().order_id(), "7");
}

TEST_F(JsonDecoderTest, AKeyThatCouldBePersonalDataIsNotRepeated) {
  Decode(R"({"wang@example.com":1,"13800000001":2,"王小明":3,"":4,"a\nb":5})");
  EXPECT_THAT(report_.unmapped, ElementsAre("?", "?", "?", "?", "?"));
}

TEST_F(JsonDecoderTest, ListsEndAtOneHundredAndCountOn) {
  std::string json = R"({"data":[)";
  for (int i = 0; i < 150; ++i)
    absl::StrAppend(&json, i == 0 ? "" : ",", R"({"new":1,"success":"maybe"})");
  Decode(json + "]}");
  EXPECT_TRUE(report_.complete);
  EXPECT_THAT(report_.unmapped, SizeIs(100));
  EXPECT_THAT(report_.unreadable, SizeIs(100));
  EXPECT_EQ(report_.total_unmapped, 150);
  EXPECT_EQ(report_.total_unreadable, 150);
}

TEST_F(JsonDecoderTest, ARepeatedKeyWithAnEqualValueIsKept) {
  const auto& info = BaseInfo(
      R"("idOfStr":"7","idOfStr":7,"totalAmount":19,"totalAmount":"19.00","status":null,"status":"a",
      "stepPayAll":true,"stepPayAll":"true","payTime":1745388824000,"payTime":"2025-04-23 14:13:44","payTime":null)");
  EXPECT_EQ(info.order_id(), "7");
  EXPECT_EQ(info.total_amount().units(), 19);
  EXPECT_EQ(info.status(), "a");
  EXPECT_TRUE(info.step_pay_all());
  EXPECT_TRUE(info.has_pay_time());
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonDecoderTest, ARepeatedLeafWithAnotherValueIsUnset) {
  const auto& info =
      BaseInfo(R"("idOfStr":"7","idOfStr":"8","idOfStr":"7","totalAmount":19,"totalAmount":19.01,
      "status":"a","status":NaN,"remark":NaN,"remark":"a")");
  v1::OrderBaseInfo nothing;
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(info, nothing))
      << info.DebugString();
  EXPECT_THAT(report_.unreadable,
              ElementsAre("data[0].baseInfo.idOfStr", "data[0].baseInfo.totalAmount",
                          "data[0].baseInfo.status", "data[0].baseInfo.remark"));
}

TEST_F(JsonDecoderTest, OfRepeatedObjectsAndArraysTheFirstStays) {
  Decode(
      R"({"data":[{"baseInfo":{"idOfStr":"7"},"baseInfo":{"idOfStr":"8","status":"x"}}],"data":[{"success":true}]})");
  EXPECT_TRUE(report_.complete);
  ASSERT_EQ(answer_.orders_size(), 1);
  EXPECT_EQ(answer_.orders(0).base_info().order_id(), "7");
  EXPECT_FALSE(answer_.orders(0).base_info().has_status());
  EXPECT_THAT(report_.unreadable, ElementsAre("data[0].baseInfo", "data"));
}

TEST_F(JsonDecoderTest, NothingBeforeARealArrayDoesNotHideIt) {
  for (const char* first : {"null", "[]", R"("x")"}) {
    Decode(
        absl::StrCat(R"({"data":)", first, R"(,"data":[{"baseInfo":{"idOfStr":"7"}}],"data":[]})"));
    ASSERT_EQ(answer_.orders_size(), 1) << first;
    EXPECT_EQ(answer_.orders(0).base_info().order_id(), "7");
  }
}

TEST_F(JsonDecoderTest, TheSameKeyInTwoObjectsIsNoDuplicate) {
  Decode(
      R"({"data":[{"success":true,"baseInfo":{"refundStatus":"a"}},{"success":false,"baseInfo":{"refundStatus":"b"}}]})");
  EXPECT_THAT(report_.unreadable, IsEmpty());
  EXPECT_FALSE(answer_.orders(1).success());
}

TEST_F(JsonDecoderTest, ThePreviousContentOfTheMessageIsGone) {
  answer_.set_msg("old");
  Decode("{}");
  EXPECT_FALSE(answer_.has_msg());
}

TEST(JsonDecoderRequestTest, AQuantityIsReadAsTheNearestDouble) {
  const JsonPlan plan = *JsonPlan::Compile(v1::OrderBatch::descriptor());
  v1::OrderBatch batch;
  const DecodeReport report = DecodeJson(
      plan,
      R"({"cargoParamList":[{"quantity":0.1},{"quantity":"2.5"},{"quantity":1e300},{"quantity":"NaN"}]})",
      &batch);
  EXPECT_TRUE(report.complete);
  ASSERT_EQ(batch.cargo_lines_size(), 4);
  EXPECT_EQ(batch.cargo_lines(0).quantity(), 0.1);
  EXPECT_EQ(batch.cargo_lines(1).quantity(), 2.5);
  EXPECT_THAT(report.unreadable, ElementsAre("cargoParamList[3].quantity"));
}

}  // namespace
}  // namespace order1688
