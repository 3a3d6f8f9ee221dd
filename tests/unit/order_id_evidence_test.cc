#include "server/upstream/order_id_evidence.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

v1::Order OrderWith(const std::optional<std::string>& text, std::optional<int64_t> number) {
  v1::Order order;
  if (text.has_value()) order.mutable_base_info()->set_order_id(*text);
  if (number.has_value()) order.mutable_base_info()->set_id_number(*number);
  return order;
}

TEST(OrderIdEvidenceTest, DigitsAreAnExactId) {
  for (const char* id : {"1", "2540608320348880794", "00012", "99999999999999999999999999999999"}) {
    EXPECT_EQ(EvidenceOf(OrderWith(id, std::nullopt)), OrderIdEvidence::kExact) << id;
  }
}

TEST(OrderIdEvidenceTest, NumericTwinAloneIsInexact) {
  EXPECT_EQ(EvidenceOf(OrderWith(std::nullopt, 2540608320348881000)), OrderIdEvidence::kInexact);
  EXPECT_EQ(EvidenceOf(OrderWith("", 1)), OrderIdEvidence::kInexact);
  EXPECT_EQ(EvidenceOf(OrderWith("unknown", 1)), OrderIdEvidence::kInexact);
}

TEST(OrderIdEvidenceTest, TextThatIsNoIdIsAHint) {
  for (const char* id :
       {"0", "000", "AB12", "-5", "1.0", " 1", "999999999999999999999999999999999", "２"}) {
    EXPECT_EQ(EvidenceOf(OrderWith(id, std::nullopt)), OrderIdEvidence::kHint) << id;
  }
  EXPECT_EQ(EvidenceOf(OrderWith(std::nullopt, -1)), OrderIdEvidence::kHint);
}

TEST(OrderIdEvidenceTest, SubOrderIdIsAHint) {
  v1::Order text;
  text.add_product_items()->set_sub_item_id("2540608320348880794");
  EXPECT_EQ(EvidenceOf(text), OrderIdEvidence::kHint);
  v1::Order number;
  number.add_product_items();
  number.add_product_items()->set_sub_item_id_number(7);
  EXPECT_EQ(EvidenceOf(number), OrderIdEvidence::kHint);
}

TEST(OrderIdEvidenceTest, NothingIsNoEvidence) {
  EXPECT_EQ(EvidenceOf(v1::Order()), OrderIdEvidence::kNone);
  v1::Order order = OrderWith("", 0);
  order.mutable_base_info()->set_status("cancel");
  order.add_product_items()->set_spec_id("a1");
  EXPECT_EQ(EvidenceOf(order), OrderIdEvidence::kNone);
}

TEST(OrderIdEvidenceTest, EqualTwinsDoNotDiffer) {
  EXPECT_FALSE(TwinsDiffer(OrderWith("2540608320348880794", 2540608320348880794)));
  EXPECT_FALSE(TwinsDiffer(OrderWith("0077", 77)));
}

TEST(OrderIdEvidenceTest, RoundedTwinDoesNotDiffer) {
  // The sample's number is what JavaScript prints; the double itself is the second one.
  EXPECT_FALSE(TwinsDiffer(OrderWith("2540608320348880794", 2540608320348881000)));
  EXPECT_FALSE(TwinsDiffer(OrderWith("2540608320348880794", 2540608320348880896)));
  // The disease of the official sample: ...944 against ...941.
  EXPECT_FALSE(TwinsDiffer(OrderWith("167539019420002941", 167539019420002944)));
  EXPECT_FALSE(TwinsDiffer(OrderWith("2540608320348881000", 2540608320348880794)));
  EXPECT_FALSE(TwinsDiffer(OrderWith("9007199254740993", 9007199254740992)));
}

TEST(OrderIdEvidenceTest, NumberThatIsNoRoundingDiffers) {
  EXPECT_TRUE(TwinsDiffer(OrderWith("2540608320348880794", 2540608320348880795)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("2540608320348880794", 2540608320348880800)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("2540608320348880794", 2540608320348882000)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("78", 77)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("1000000", 100000)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("2540608320348880794", 0)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("2540608320348880794", -1)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("99999999999999999999", 5)));
}

TEST(OrderIdEvidenceTest, LargestNumbersAreCompared) {
  const int64_t largest = std::numeric_limits<int64_t>::max();
  EXPECT_FALSE(TwinsDiffer(OrderWith("9223372036854775807", largest)));
  EXPECT_TRUE(TwinsDiffer(OrderWith("9223372036854775807", largest - 1)));
}

TEST(OrderIdEvidenceTest, TwinThatIsAbsentDoesNotDiffer) {
  EXPECT_FALSE(TwinsDiffer(OrderWith("77", std::nullopt)));
  EXPECT_FALSE(TwinsDiffer(OrderWith(std::nullopt, 77)));
  EXPECT_FALSE(TwinsDiffer(OrderWith("none", 77)));
}

TEST(OrderIdEvidenceTest, PathOfAnIdMayHideAnOrder) {
  for (const char* path :
       {"data[0].baseInfo.idOfStr", "data[12].baseInfo.id", "data.baseInfo.id",
        "data[0].productItems[3].subItemID", "data[0].productItems.subItemIDString"}) {
    EXPECT_EQ(JudgeUnreadable(path), Unreadable::kId) << path;
  }
}

TEST(OrderIdEvidenceTest, PathOfAPartWithIdsMayHideAnOrder) {
  for (const char* path :
       {"data", "data[0]", "data[7].baseInfo", "data.baseInfo", "data[0].productItems",
        "data[0].productItems[2]", "data.productItems"}) {
    EXPECT_EQ(JudgeUnreadable(path), Unreadable::kPart) << path;
  }
}

TEST(OrderIdEvidenceTest, PathOfAnythingElseHidesNoOrder) {
  for (const char* path :
       {"", "code", "data[0].baseInfo.idOfStrange", "data[0].baseInfo.totalAmount",
        "data[0].success", "data[0].productItems[0].price", "data[0].baseInfo.newStepOrderList[0]",
        "datax", "data[", "data[0"}) {
    EXPECT_NE(JudgeUnreadable(path), Unreadable::kId) << path;
  }
  EXPECT_EQ(JudgeUnreadable("data[0].baseInfo.totalAmount"), Unreadable::kOther);
  EXPECT_EQ(JudgeUnreadable("data[0].productItems[0].price"), Unreadable::kOther);
  EXPECT_EQ(JudgeUnreadable("code"), Unreadable::kOther);
}

}  // namespace
}  // namespace order1688
