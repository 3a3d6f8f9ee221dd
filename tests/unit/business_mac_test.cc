#include "server/placement/business_mac.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "order1688/v1/order_service.pb.h"

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

std::string MacOf(const v1::OrderBatch& batch, const KeyedMac& key = kKey) {
  v1::PlaceOrdersRequest request;
  *request.mutable_batch() = batch;
  return BusinessMacOf(key, request.SerializeAsString());
}

TEST(BusinessMacTest, EqualPurchaseGivesTheEqualMac) {
  EXPECT_EQ(MacOf(Batch()), MacOf(Batch()));
  EXPECT_EQ(MacOf(Batch()).size(), 32);
  EXPECT_NE(MacOf(Batch(), KeyedMac(std::string(32, 'x'))), MacOf(Batch()));
}

TEST(BusinessMacTest, OrderOfTheLinesDoesNotCount) {
  v1::OrderBatch swapped = Batch();
  swapped.mutable_cargo_lines()->SwapElements(0, 1);
  EXPECT_EQ(MacOf(swapped), MacOf(Batch()));
}

TEST(BusinessMacTest, WhatIsSaidBesideThePurchaseDoesNotCount) {
  v1::OrderBatch batch = Batch();
  batch.set_message("please hurry");
  batch.set_trade_type("assureTrade");
  batch.set_flow("fenxiao");
  batch.set_staff_name("wang");
  EXPECT_EQ(MacOf(batch), MacOf(Batch()));
}

TEST(BusinessMacTest, WhatIsSaidBesideTheBatchDoesNotCount) {
  v1::PlaceOrdersRequest request;
  request.set_request_id("a-1");
  request.set_account("main");
  request.set_reference("basket 7");
  request.set_allow_duplicate(true);
  *request.mutable_batch() = Batch();
  EXPECT_EQ(BusinessMacOf(kKey, request.SerializeAsString()), MacOf(Batch()));
}

// Without their lengths these would be the same bytes.
TEST(BusinessMacTest, WhereALineEndsCounts) {
  v1::OrderBatch one;
  one.add_cargo_lines()->set_spec_id("red");
  v1::OrderBatch two = one;
  one.mutable_cargo_lines(0)->set_quantity(2);
  two.add_cargo_lines()->set_quantity(2);
  EXPECT_NE(MacOf(one), MacOf(two));
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
    macs.insert(MacOf(batch));
  }
  EXPECT_EQ(macs.size(), changes.size());
}

TEST(BusinessMacTest, EveryDigitOfAQuantityCounts) {
  std::set<std::string> macs;
  const std::vector<double> quantities = {1234567, 1234568, 0.1, 0.1000001, 1e300};
  for (const double quantity : quantities) {
    v1::OrderBatch batch = Batch();
    batch.mutable_cargo_lines(0)->set_quantity(quantity);
    macs.insert(MacOf(batch));
  }
  EXPECT_EQ(macs.size(), quantities.size());
}

// Pins the hash: a row that is already stored must still be found. What KeyedMacTest computes of
// 'order1688 business v2\n' and then, each with its length and ':' in front, what
// protoc --encode=order1688.v1.Address and --encode=order1688.v1.Cargo give for the receiver and
// for the two lines, in the order of their bytes.
TEST(BusinessMacTest, MacStaysAsItIs) {
  EXPECT_EQ(absl::BytesToHexString(MacOf(Batch())),
            "598e4709eeb695faa8c636eaba0dd4de4ea1061353acc685d376de448e41b9c0");
}

}  // namespace
}  // namespace order1688
