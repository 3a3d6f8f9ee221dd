#include "server/upstream/order_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/upstream/http_date.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/gateway_answers.h"

namespace order1688 {
namespace {

using testing::HasSubstr;

constexpr char kTemplate[] =
    R"({"page":{{page}},"pageSize":{{page_size}},"from":"{{created_after}}","to":"{{created_before}}"})";

OrderListTerms Terms() {
  OrderListTerms terms;
  terms.path = "/v2/alibaba/order/page";
  terms.body_template = kTemplate;
  return terms;
}

GatewayAccount Account() {
  GatewayAccount account;
  account.name = "main";
  account.base_url = "https://gateway.example/api";
  account.user_id = "user-1";
  account.signing_key = {"access-key-1", "canary-secret"};
  return account;
}

std::string PageJson(const std::string& total, const std::vector<std::string>& orders) {
  return absl::StrCat(R"({"requestId":"gw-1","code":200,"msg":"ok","data":{"totalRecord":)", total,
                      R"(,"result":[)", absl::StrJoin(orders, ","), "]}}");
}

class OrderListTest : public testing::Test {
 protected:
  void Ask() {
    PageQuestion question;
    question.page = 3;
    question.created_after = absl::FromUnixMillis(1745388824001);
    question.created_before = absl::FromUnixSeconds(1745392424);
    const absl::Status asked = list_->ReadPage(question, [this](OrderPage page) {
      ++answers_;
      page_ = std::move(page);
    });
    EXPECT_TRUE(asked.ok()) << asked;
  }
  const OrderPage& PageOf(HttpResult result) {
    Ask();
    transport_.Deliver(std::move(result));
    EXPECT_EQ(answers_, 1);
    return page_;
  }

  FakeClock clock_;
  std::unique_ptr<OrderList> list_;
  FakeTransport transport_;
  int answers_ = 0;
  OrderPage page_;

  OrderListTest() { list_ = *OrderList::Create(Account(), Terms(), transport_, clock_); }
};

TEST_F(OrderListTest, AsksOnTheConfiguredPathWithTheFiveHeadersAndShanghaiTimes) {
  Ask();
  const HttpRequest request = transport_.requests().front();
  EXPECT_EQ(request.url, "https://gateway.example/api/v2/alibaba/order/page");
  EXPECT_EQ(
      request.body,
      R"({"page":3,"pageSize":20,"from":"20250423141344001+0800","to":"20250423151344000+0800"})");
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers) names.push_back(name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("access-key", "timestamp", "user-id",
                                                   "signature", "nonce-str", "Content-Type"));
}

TEST_F(OrderListTest, IsSentOnceAndNotWithAnOldSignature) {
  Ask();
  EXPECT_TRUE(transport_.OpenGate());
  EXPECT_FALSE(transport_.OpenGate()) << "a second send of the same read";
  transport_.Fail("no_answer");
  EXPECT_EQ(page_.problem, "no_answer");
  Ask();
  clock_.Advance(absl::Seconds(61));
  EXPECT_FALSE(transport_.OpenGate());
}

TEST_F(OrderListTest, ReadsOrdersTotalAndTheGatewaysClock) {
  HttpResult result = Answered(200, PageJson("7", {PlacedJson("seller-a", kFirstId, {"a1"}),
                                                   PlacedJson("seller-b", kSecondId, {"b1"})}));
  result.date = "Fri, 02 Jan 2026 03:04:06 GMT";
  const OrderPage& page = PageOf(std::move(result));
  EXPECT_EQ(page.problem, "");
  EXPECT_EQ(page.total, 7);
  ASSERT_EQ(page.orders.size(), 2U);
  EXPECT_EQ(page.orders[1].order.base_info().order_id(), kSecondId);
  EXPECT_FALSE(page.orders[1].damaged);
  EXPECT_EQ(page.date, absl::FromUnixSeconds(1767323046));
}

TEST_F(OrderListTest, AnythingButAWholePageIsAProblem) {
  const std::string good = PageJson("1", {PlacedJson("seller-a", kFirstId, {"a1"})});
  EXPECT_EQ(PageOf(Answered(500, good)).problem, "unexpected_http_status");
  answers_ = 0;
  EXPECT_EQ(PageOf(Answered(200, "{\"code\":401,\"msg\":\"li\"}")).problem, "gateway_code");
  EXPECT_EQ(page_.gateway_code, "401");
  answers_ = 0;
  EXPECT_EQ(PageOf(Answered(200, good.substr(0, good.size() - 2))).problem, "unreadable_answer");
  answers_ = 0;
  EXPECT_EQ(PageOf(Answered(200, "{\"code\":200,\"data\":null}")).problem, "unreadable_answer");
  answers_ = 0;
  EXPECT_EQ(PageOf(Answered(200, "<html>")).problem, "unreadable_answer");
  answers_ = 0;
  EXPECT_EQ(PageOf(Unanswered(SendOutcome::kInDoubt, "answer_cut", 200, good)).problem,
            "answer_cut");
  EXPECT_TRUE(page_.orders.empty());
  answers_ = 0;
  EXPECT_EQ(PageOf(Answered(200, "{\"code\":\"Li Lei 1\",\"data\":{}}")).gateway_code, "");
}

TEST_F(OrderListTest, DamageIsSeenWhereItCouldHideAnOrder) {
  EXPECT_TRUE(
      PageOf(Answered(200, PageJson("1", {R"({"baseInfo":{"idOfStr":[]},"sellerOpenId":{}})"})))
          .orders[0]
          .damaged);
  answers_ = 0;
  EXPECT_FALSE(PageOf(Answered(200, PageJson("1", {R"({"baseInfo":{"totalAmount":"x"}})"})))
                   .orders[0]
                   .damaged);
  for (const char* path :
       {"data", "data.result", "data.result[3]", "data.result[0].baseInfo.createTime",
        "data.result[0].baseInfo.receiverInfo.toMobile", "data.result[0].nativeLogistics.mobile",
        "data.result[0].productItems", "data.result[0].productItems[2]",
        "data.result[0].productItems[2].specId", "data.result.sellerOpenId"}) {
    EXPECT_TRUE(DamagesOrders(path)) << path;
  }
  for (const char* path : {"msg", "data.totalRecord", "data.result[0].productItems[2].price",
                           "data.result[0].nativeLogistics.logisticsItems[0].id"}) {
    EXPECT_FALSE(DamagesOrders(path)) << path;
  }
}

TEST_F(OrderListTest, CanNeverBeMadeForACallThatChangesSomething) {
  for (const char* path : {"/v2/alibaba/order/batch/create", "/alibaba/order/CREATE",
                           "/alibaba/cart/create/order", "/v2/alibaba/order/cancel",
                           "/alibaba/order/batch/submit/to/pay", "/alibaba/order/receivegoods",
                           "/v2/alibaba/order/page/../batch/cre%61te", "/order/page?x=/create",
                           "/order/page/", "order/page", "//order/page", "/order/page#x", ""}) {
    OrderListTerms terms = Terms();
    terms.path = path;
    EXPECT_EQ(OrderList::Create(Account(), terms, transport_, clock_).status().code(),
              absl::StatusCode::kInvalidArgument)
        << path;
  }
}

TEST_F(OrderListTest, TheTemplateMustMakeOneJsonObject) {
  const std::string times = R"("from":"{{created_after}}","to":"{{created_before}}")";
  EXPECT_TRUE(CheckPageBody(kTemplate).ok());
  EXPECT_TRUE(CheckPageBody(absl::StrCat(R"({"page":"{{page}}",)", times, "}")).ok());
  for (const std::string& bad :
       {absl::StrCat(R"({"page":{{page}},)", times), absl::StrCat("{", times, "}"),
        absl::StrCat(R"({"page":{{page}},"page":{{page}},)", times, "}"),
        absl::StrCat(R"({"a":[{"page":{{page}},"page":1}],)", times, "}"),
        absl::StrCat(R"({"page":{{page}},"x":"{{nonsense}}",)", times, "}"),
        absl::StrCat(R"([{"page":{{page}},)", times, "}]"),
        std::string(R"({"page":{{page}},"from":{{created_after}},"to":"{{created_before}}"})")}) {
    EXPECT_FALSE(CheckPageBody(bad).ok()) << bad;
  }
  EXPECT_THAT(CheckPageBody("{}").message(), HasSubstr("{{page}}"));
}

TEST(HttpDateTest, ReadsTheOneFormAndNothingElse) {
  EXPECT_EQ(ParseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT"), absl::FromUnixSeconds(784111777));
  for (const char* text : {"", "Sun, 06 Nov 1994 08:49:37", "infinite-future", "1994-11-06",
                           "Sunday, 06-Nov-94 08:49:37 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace order1688
