#include "server/upstream/cargo_matcher.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/gateway_answers.h"

namespace order1688 {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Order OrderOf(const std::string& seller, const std::vector<std::string>& specs) {
  v1::Order order;
  if (!seller.empty()) order.set_seller_open_id(seller);
  for (const std::string& spec : specs) order.add_product_items()->set_spec_id(spec);
  return order;
}

v1::Order OrderOfProducts(const std::string& seller, const std::vector<int64_t>& products) {
  v1::Order order = OrderOf(seller, {});
  for (int64_t product : products) order.add_product_items()->set_product_id(product);
  return order;
}

v1::Cargo WithOffer(v1::Cargo line, int64_t offer_id) {
  line.clear_offer_map_id();
  line.set_offer_id(offer_id);
  return line;
}

v1::ProductItem ItemOf(int64_t product, const std::string& spec) {
  v1::ProductItem item;
  item.set_product_id(product);
  if (!spec.empty()) item.set_spec_id(spec);
  return item;
}

CargoMatch Match(const v1::OrderBatch& batch, const std::vector<v1::Order>& orders,
                 bool complete = true) {
  google::protobuf::RepeatedPtrField<v1::Order> repeated(orders.begin(), orders.end());
  return MatchCargo(batch, repeated, complete);
}

TEST(CargoMatcherTest, SplitOrdersOfOneSellerAreMatchedBySpec) {
  const v1::OrderBatch batch =
      BatchOf({SpecLine("a", "s1"), SpecLine("a", "s2"), SpecLine("a", "s3")});
  const CargoMatch match = Match(batch, {OrderOf("a", {"s3", "s1"}), OrderOf("a", {"s2"})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0, 2), ElementsAre(1)));
  EXPECT_THAT(match.answered, Each(true));
}

TEST(CargoMatcherTest, SameSpecOfTwoSellersIsToldApart) {
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1"), SpecLine("b", "s1")});
  const CargoMatch match = Match(batch, {OrderOf("b", {"s1"}), OrderOf("a", {"s1"})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(1), ElementsAre(0)));
}

TEST(CargoMatcherTest, LineWithoutSpecIsMatchedByOffer) {
  const v1::OrderBatch batch = BatchOf({OfferLine("a", 11), OfferLine("a", 12)});
  const CargoMatch match = Match(batch, {OrderOfProducts("a", {12}), OrderOfProducts("a", {11})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(1), ElementsAre(0)));
  EXPECT_THAT(match.answered, Each(true));
}

TEST(CargoMatcherTest, OtherOfferOrSpecCoversNothing) {
  const v1::OrderBatch batch = BatchOf({OfferLine("a", 11), SpecLine("a", "s1")});
  const CargoMatch match = Match(batch, {OrderOfProducts("a", {12}), OrderOf("a", {"s9"})});
  EXPECT_THAT(match.lines_of_order[1], ElementsAre(0))
      << "an item that shows no product may be the offer";
  const CargoMatch none = Match(BatchOf({OfferLine("a", 11)}), {OrderOfProducts("a", {12})});
  EXPECT_THAT(none.lines_of_order, ElementsAre(IsEmpty()));
  EXPECT_THAT(none.answered, ElementsAre(false));
  EXPECT_THAT(Match(BatchOf({SpecLine("a", "s1")}), {OrderOf("a", {"s9"})}).answered,
              ElementsAre(false));
}

TEST(CargoMatcherTest, SameSpecOfTwoOffersIsToldApartByOffer) {
  const v1::OrderBatch batch =
      BatchOf({WithOffer(SpecLine("a", "s1"), 11), WithOffer(SpecLine("a", "s1"), 12)});
  v1::Order first = OrderOf("a", {});
  *first.add_product_items() = ItemOf(12, "s1");
  v1::Order second = OrderOf("a", {});
  *second.add_product_items() = ItemOf(11, "s1");
  EXPECT_THAT(Match(batch, {first, second}).lines_of_order,
              ElementsAre(ElementsAre(1), ElementsAre(0)));
  const CargoMatch one = Match(batch, {first});
  EXPECT_THAT(one.lines_of_order, ElementsAre(ElementsAre(1)));
  EXPECT_THAT(one.answered, ElementsAre(false, true));
}

TEST(CargoMatcherTest, SameSpecOfTwoMappedOffersIsAmbiguousAndNeedsTwoItems) {
  v1::Cargo other = SpecLine("a", "s1");
  other.set_offer_map_id("other");
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1"), other});
  const CargoMatch two = Match(batch, {OrderOf("a", {"s1"}), OrderOf("a", {"s1"})});
  EXPECT_THAT(two.lines_of_order, ElementsAre(ElementsAre(0, 1), ElementsAre(0, 1)));
  EXPECT_THAT(two.answered, Each(true));
  const CargoMatch one = Match(batch, {OrderOf("a", {"s1"})});
  EXPECT_THAT(one.lines_of_order, ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(one.answered, Each(false));
}

TEST(CargoMatcherTest, SameGoodsTwiceMayBeOneItem) {
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1"), SpecLine("a", "s1")});
  const CargoMatch match = Match(batch, {OrderOf("a", {"s1"})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(match.answered, Each(true));
}

TEST(CargoMatcherTest, LinesOfEqualGoodsAreAnsweredAndListedAlike) {
  const v1::OrderBatch batch =
      BatchOf({SpecLine("a", "s1"), MappedLine("a", "m2"), SpecLine("b", "s1"), SpecLine("a", "s1"),
               MappedLine("a", "m3"), MappedLine("a", "m2")});
  v1::Order order = OrderOf("a", {"s1"});
  *order.add_product_items() = ItemOf(77, "");
  const CargoMatch one = Match(batch, {order});
  EXPECT_THAT(one.lines_of_order, ElementsAre(ElementsAre(0, 1, 3, 4, 5)));
  EXPECT_THAT(one.answered, ElementsAre(true, false, false, true, false, false))
      << "one item for the goods m2 and m3";
  *order.add_product_items() = ItemOf(78, "");
  EXPECT_THAT(Match(batch, {order}).answered, ElementsAre(true, true, false, true, true, true));
}

TEST(CargoMatcherTest, MappedLineIsAnyItemThatNoOtherLineIs) {
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1"), MappedLine("a", "m2")});
  v1::Order order = OrderOf("a", {"s1"});
  *order.add_product_items() = ItemOf(77, "");
  const CargoMatch match = Match(batch, {order});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(match.answered, Each(true));
}

TEST(CargoMatcherTest, MappedLineIsNotTheItemOfAnotherLine) {
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1"), MappedLine("a", "m2")});
  const CargoMatch match = Match(batch, {OrderOf("a", {"s1"})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0)));
  EXPECT_THAT(match.answered, ElementsAre(true, false));
}

TEST(CargoMatcherTest, AmbiguousMappedLinesAreListedWithBothOrders) {
  const v1::OrderBatch batch = BatchOf({MappedLine("a", "m1"), MappedLine("a", "m2")});
  const CargoMatch match = Match(batch, {OrderOfProducts("a", {5}), OrderOfProducts("a", {6})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0, 1), ElementsAre(0, 1)));
  EXPECT_THAT(match.answered, Each(true));
}

TEST(CargoMatcherTest, FewerItemsThanMappedLinesAnswerNone) {
  const v1::OrderBatch batch = BatchOf({MappedLine("a", "m1"), MappedLine("a", "m2")});
  const CargoMatch match = Match(batch, {OrderOfProducts("a", {5})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(match.answered, Each(false));
}

TEST(CargoMatcherTest, ItemWithoutSpecMayBeALineWithSpec) {
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1")});
  EXPECT_THAT(Match(batch, {OrderOfProducts("a", {5})}).answered, ElementsAre(true));
  EXPECT_THAT(
      Match(BatchOf({WithOffer(SpecLine("a", "s1"), 6)}), {OrderOfProducts("a", {5})}).answered,
      ElementsAre(false));
}

TEST(CargoMatcherTest, OrderWithoutItemsCoversAllLinesOfItsSeller) {
  const CargoMatch match = Match(TwoSellers(), {OrderOf("seller-a", {})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0, 1)));
  EXPECT_THAT(match.answered, ElementsAre(true, true, false));
}

TEST(CargoMatcherTest, OrderWithoutItemsCoversWhatTheOthersLeave) {
  const CargoMatch match =
      Match(TwoSellers(),
            {OrderOf("seller-a", {}), OrderOf("seller-a", {"a1"}), OrderOf("seller-b", {"b1"})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(1), ElementsAre(0), ElementsAre(2)));
  EXPECT_THAT(match.answered, Each(true));
}

TEST(CargoMatcherTest, TwoOrdersWithoutItemsAreBothListed) {
  const CargoMatch match =
      Match(BatchOf({SpecLine("a", "s1")}), {OrderOf("a", {}), OrderOf("a", {})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0), ElementsAre(0)));
}

TEST(CargoMatcherTest, OrderWithoutSellerBelongsToTheOnlySeller) {
  EXPECT_THAT(Match(BatchOf({SpecLine("a", "s1")}), {OrderOf("", {})}).lines_of_order,
              ElementsAre(ElementsAre(0)));
  EXPECT_THAT(Match(TwoSellers(), {OrderOf("", {"a1"})}).lines_of_order, ElementsAre(IsEmpty()));
}

TEST(CargoMatcherTest, OrderOfAnotherSellerCoversNothing) {
  const CargoMatch match =
      Match(BatchOf({SpecLine("a", "s1")}), {OrderOf("x", {"s1"}), OrderOf("A", {})});
  EXPECT_THAT(match.lines_of_order, ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_THAT(match.answered, ElementsAre(false));
}

TEST(CargoMatcherTest, InACutAnswerOnlyNamedItemsCover) {
  const v1::OrderBatch batch = BatchOf({SpecLine("a", "s1"), MappedLine("a", "m2")});
  v1::Order order = OrderOf("a", {"s1"});
  *order.add_product_items() = ItemOf(77, "");
  const CargoMatch match = Match(batch, {order, OrderOf("a", {})}, /*complete=*/false);
  EXPECT_THAT(match.lines_of_order, ElementsAre(ElementsAre(0), IsEmpty()));
  EXPECT_THAT(match.answered, ElementsAre(true, false));
}

class CargoMatcherCountTest : public ::testing::TestWithParam<int> {};

TEST_P(CargoMatcherCountTest, EachOfManySellersAndGoodsIsToldApart) {
  const int count = GetParam();  // of sellers, and of the goods of each
  std::vector<v1::Cargo> lines;
  std::vector<v1::Order> orders;
  for (int round = 0; round < 2; ++round) {
    for (int goods = 0; goods < count; ++goods) {
      for (int seller = 0; seller < count; ++seller)
        lines.push_back(SpecLine(absl::StrCat("seller", seller), absl::StrCat("s", goods)));
    }
  }
  const int different = count * count;
  for (int line = different - 1; line >= 0; --line)
    orders.push_back(OrderOf(lines[line].seller_open_id(), {lines[line].spec_id()}));
  orders.push_back(OrderOf("another", {"s0"}));

  const CargoMatch match = Match(BatchOf(lines), orders);

  for (int order = 0; order < different; ++order) {
    const int line = different - 1 - order;
    EXPECT_THAT(match.lines_of_order[order], ElementsAre(line, line + different));
  }
  EXPECT_THAT(match.lines_of_order[different], IsEmpty());
  EXPECT_THAT(match.answered, Each(true));
}

INSTANTIATE_TEST_SUITE_P(Counts, CargoMatcherCountTest, ::testing::Values(1, 2, 8, 9, 10, 20));

TEST(CargoMatcherTest, NoOrdersAnswerNothing) {
  const CargoMatch match = Match(TwoSellers(), {});
  EXPECT_THAT(match.lines_of_order, IsEmpty());
  EXPECT_THAT(match.answered, ElementsAre(false, false, false));
}

}  // namespace
}  // namespace order1688
