#include "server/placement/business_mac.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

const KeyedMac kKey(std::string(32, 'k'));

v1::OrderBatch Batch() {
  v1::OrderBatch batch;
  batch.set_flow("general");
  batch.mutable_address()->set_full_name("li");
  batch.mutable_address()->set_address("xxxxxxx");
  for (const char* spec : {"red", "blue"}) {
    v1::Cargo* line = batch.add_cargo_lines();
    line->set_offer_id(610947572360);
    line->set_spec_id(spec);
    line->set_quantity(2);
    line->set_seller_open_id("seller-1");
  }
  return batch;
}

TEST(BusinessMacTest, EqualPurchaseGivesTheEqualMac) {
  EXPECT_EQ(BusinessMacOf(kKey, Batch()), BusinessMacOf(kKey, Batch()));
  EXPECT_EQ(BusinessMacOf(kKey, Batch()).size(), 32);
  EXPECT_NE(BusinessMacOf(KeyedMac(std::string(32, 'x')), Batch()), BusinessMacOf(kKey, Batch()));
}

TEST(BusinessMacTest, OrderOfTheLinesDoesNotCount) {
  v1::OrderBatch swapped = Batch();
  swapped.mutable_cargo_lines()->SwapElements(0, 1);
  EXPECT_EQ(BusinessMacOf(kKey, swapped), BusinessMacOf(kKey, Batch()));
}

TEST(BusinessMacTest, WhatIsSaidBesideThePurchaseDoesNotCount) {
  v1::OrderBatch batch = Batch();
  batch.set_message("please hurry");
  batch.set_trade_type("assureTrade");
  batch.set_flow("fenxiao");
  batch.set_staff_name("wang");
  EXPECT_EQ(BusinessMacOf(kKey, batch), BusinessMacOf(kKey, Batch()));
}

TEST(BusinessMacTest, EveryPartOfCargoAndReceiverCounts) {
  const std::vector<std::function<void(v1::OrderBatch*)>> changes = {
      [](v1::OrderBatch*) {},
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_quantity(3); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_offer_id(1); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_offer_map_id("x"); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_spec_id("x"); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_seller_open_id("x"); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_product_no("x"); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines(0)->set_container("x"); },
      [](v1::OrderBatch* b) { b->mutable_cargo_lines()->RemoveLast(); },
      [](v1::OrderBatch* b) { *b->add_cargo_lines() = b->cargo_lines(0); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_full_name("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_mobile("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_phone("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_post_code("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_province_text("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_city_text("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_area_text("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_town_text("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_address("x"); },
      [](v1::OrderBatch* b) { b->mutable_address()->set_district_code("x"); }};
  std::set<std::string> macs;
  for (const auto& change : changes) {
    v1::OrderBatch batch = Batch();
    change(&batch);
    macs.insert(BusinessMacOf(kKey, batch));
  }
  EXPECT_EQ(macs.size(), changes.size());
}

TEST(BusinessMacTest, EveryDigitOfAQuantityCounts) {
  std::set<std::string> macs;
  const std::vector<double> quantities = {1234567, 1234568, 0.1, 0.1000001, 1e300};
  for (const double quantity : quantities) {
    v1::OrderBatch batch = Batch();
    batch.mutable_cargo_lines(0)->set_quantity(quantity);
    macs.insert(BusinessMacOf(kKey, batch));
  }
  EXPECT_EQ(macs.size(), quantities.size());
}

// Pins the hash: a row that is already stored must still be found. What KeyedMacTest computes of
// 'order1688 business v2\n'"$parts" where $parts is, in one piece,
//   29:2:li0:0:0:0:0:0:0:7:xxxxxxx0:
//   39:0:12:6109475723603:red1:28:seller-10:0:
//   40:0:12:6109475723604:blue1:28:seller-10:0:
TEST(BusinessMacTest, MacStaysAsItIs) {
  EXPECT_EQ(absl::BytesToHexString(BusinessMacOf(kKey, Batch())),
            "a7e4d8756f4389ae6c15a01eb09a1b6d04e66a397dab763c47e4243bf647a97e");
}

}  // namespace
}  // namespace order1688
