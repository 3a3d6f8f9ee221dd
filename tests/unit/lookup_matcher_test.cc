#include "server/placement/lookup_matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "order1688/v1/order_service.pb.h"
#include "server/ledger/ownership_keys.h"
#include "tests/support/gateway_answers.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kSigned = 1767323045;

google::protobuf::Timestamp At(int64_t seconds) {
  return google::protobuf::util::TimeUtil::SecondsToTimestamp(seconds);
}

v1::Address Receiver(const std::string& name = "li", const std::string& mobile = "13800000001") {
  v1::Address address;
  address.set_full_name(name);
  address.set_mobile(mobile);
  address.set_address("road 1");
  return address;
}

v1::OrderBatch To(v1::Address receiver, std::vector<v1::Cargo> lines) {
  v1::OrderBatch batch = BatchOf(lines);
  *batch.mutable_address() = std::move(receiver);
  return batch;
}

v1::Cargo Line(const std::string& seller, const std::string& spec, double quantity) {
  v1::Cargo line = SpecLine(seller, spec);
  line.set_quantity(quantity);
  return line;
}

LookupTask Doubt(const std::string& request_id, const v1::OrderBatch& batch,
                 int64_t sign_seconds = kSigned) {
  LookupTask task;
  v1::Placement& placement = *task.row.placement;
  placement.set_request_id(request_id);
  placement.set_caller("shop");
  placement.set_account("main");
  placement.set_state(v1::PLACEMENT_STATE_IN_DOUBT);
  *placement.mutable_sign_time() = At(sign_seconds);
  v1::PlaceOrdersRequest request;
  *request.mutable_batch() = batch;
  task.request = request.SerializeAsString();
  return task;
}

// An order as the list shows it.
ListedOrder Listed(const std::string& id, const std::string& seller,
                   const std::vector<std::pair<std::string, std::string>>& goods,
                   int64_t created = kSigned + 2, const v1::Address& receiver = Receiver()) {
  ListedOrder listed;
  v1::Order& order = listed.order;
  order.set_seller_open_id(seller);
  order.mutable_base_info()->set_order_id(id);
  *order.mutable_base_info()->mutable_create_time() = At(created);
  order.mutable_native_logistics()->set_contact_person(receiver.full_name());
  order.mutable_native_logistics()->set_mobile(receiver.mobile());
  order.mutable_base_info()->mutable_receiver_info()->set_to_area("province " + receiver.address());
  for (const auto& [spec, quantity] : goods) {
    v1::ProductItem* item = order.add_product_items();
    item->set_spec_id(spec);
    item->set_quantity(quantity);
  }
  return listed;
}

void Know(LookupTask* task, const std::string& id, std::vector<int> lines,
          v1::OrderOutcome outcome = v1::ORDER_OUTCOME_PLACED) {
  v1::OrderResult* result = task->row.placement->add_results();
  result->set_outcome(outcome);
  result->mutable_cargo_indexes()->Assign(lines.begin(), lines.end());
  if (!id.empty()) result->mutable_order()->mutable_base_info()->set_order_id(id);
}

class LookupMatcherTest : public testing::Test {
 protected:
  LookupFinding Match(const LookupTask& task) const {
    return MatchLookup({task, orders_, whole_, neighbours_});
  }
  // Of one line to the usual receiver.
  LookupFinding MatchOne() const { return Match(Doubt("one", One())); }
  static v1::OrderBatch One() { return To(Receiver(), {Line("seller-a", "a1", 2)}); }

  static std::vector<std::string> Ids(const LookupFinding& finding) {
    std::vector<std::string> ids;
    for (const auto& candidate : finding.candidates) ids.push_back(candidate.order_id());
    return ids;
  }

  void ExpectUnclear(const std::string& why) const {
    SCOPED_TRACE(why);
    const LookupFinding finding = MatchOne();
    EXPECT_THAT(finding.unclear_lines, ElementsAre(0));
    EXPECT_THAT(finding.absent_lines, IsEmpty());
    EXPECT_THAT(finding.results, IsEmpty());
  }
  void ExpectAbsent(const std::string& why) const {
    SCOPED_TRACE(why);
    const LookupFinding finding = MatchOne();
    EXPECT_THAT(finding.absent_lines, ElementsAre(0));
    EXPECT_THAT(finding.unclear_lines, IsEmpty());
  }
  void ExpectFound(const std::string& why) const {
    SCOPED_TRACE(why);
    const LookupFinding finding = MatchOne();
    EXPECT_THAT(finding.absent_lines, IsEmpty());
    EXPECT_THAT(finding.unclear_lines, IsEmpty());
    ASSERT_THAT(finding.results, SizeIs(1));
    EXPECT_EQ(finding.results[0].order().base_info().order_id(), kFirstId);
    EXPECT_THAT(finding.results[0].cargo_indexes(), ElementsAre(0));
  }
  ListedOrder& Only(ListedOrder listed) {
    orders_ = {std::move(listed)};
    return orders_[0];
  }
  ListedOrder& OnlyTheRightOne() { return Only(Listed(kFirstId, "seller-a", {{"a1", "2"}})); }

  std::vector<ListedOrder> orders_;
  bool whole_ = true;
  Neighbours neighbours_;
};

TEST_F(LookupMatcherTest, TheOneOrderWithItsSellerGoodsReceiverAndTimeIsThePlacements) {
  OnlyTheRightOne();
  neighbours_.unsettled.push_back(Doubt("one", One()));  // itself is no rival
  ExpectFound("itself");
  EXPECT_THAT(Ids(MatchOne()), ElementsAre(kFirstId));
}

TEST_F(LookupMatcherTest, NothingInTheListLeavesEveryLineAbsent) {
  ExpectAbsent("an empty list");
  Only(Listed(kFirstId, "seller-b", {{"a1", "2"}}));
  ExpectAbsent("another seller");
  Only(Listed(kFirstId, "seller-a", {{"a9", "2"}}));
  ExpectAbsent("other goods");
}

TEST_F(LookupMatcherTest, TwoTwinsAndOneOrderStayUnclearForBothAndListIt) {
  OnlyTheRightOne();
  const LookupTask one = Doubt("one", One());
  const LookupTask twin = Doubt("twin", One(), kSigned + 30);
  neighbours_.unsettled = {one, twin};
  for (const LookupTask& task : {one, twin}) {
    const LookupFinding finding = Match(task);
    EXPECT_THAT(finding.unclear_lines, ElementsAre(0));
    EXPECT_THAT(Ids(finding), ElementsAre(kFirstId));
  }
  orders_.push_back(Listed(kSecondId, "seller-a", {{"a1", "2"}}));
  EXPECT_THAT(Ids(Match(one)), ElementsAre(kFirstId, kSecondId));
  EXPECT_THAT(Match(one).unclear_lines, ElementsAre(0)) << "which order is whose cannot be told";
}

TEST_F(LookupMatcherTest, ATwinThatIsStillSendingOrCannotBeReadIsARival) {
  OnlyTheRightOne();
  LookupTask sending = Doubt("sending", One());
  sending.row.placement->set_state(v1::PLACEMENT_STATE_SENDING);
  neighbours_.unsettled = {sending};
  ExpectUnclear("sending");
  sending.request = "\xff";
  neighbours_.unsettled = {sending};
  ExpectUnclear("unreadable");
}

TEST_F(LookupMatcherTest, APlacementThatTheOrderDoesNotFitIsNoRival) {
  OnlyTheRightOne();
  neighbours_.unsettled = {Doubt("far", One(), kSigned + 1500),
                           Doubt("seller", To(Receiver(), {Line("b", "a1", 2)})),
                           Doubt("name", To(Receiver("wang"), {Line("seller-a", "a1", 2)})),
                           Doubt("less", To(Receiver(), {Line("seller-a", "a1", 1)}))};
  ExpectFound("four strangers");
  neighbours_.unsettled.push_back(Doubt("more", To(Receiver(), {Line("seller-a", "a1", 5)})));
  ExpectUnclear("it may be a part of a split order");
}

TEST_F(LookupMatcherTest, AnOrderOfAnotherPlacementIsNeverTaken) {
  OnlyTheRightOne();
  neighbours_.owned = {{kFirstId, {"shop", "other"}, absl::FromUnixSeconds(kSigned)}};
  ExpectAbsent("owned");
  EXPECT_THAT(MatchOne().candidates, IsEmpty());
}

TEST_F(LookupMatcherTest, AnOrderThatAnotherMayOwnByARoundedIdIsACandidateAtMost) {
  OnlyTheRightOne();
  ExpectFound("nobody else knows of it");
  neighbours_.owned = {
      {RoundedIdKey("2540608320348881000"), {"shop", "other"}, absl::FromUnixSeconds(kSigned)}};
  ExpectUnclear("it may be the other placement's");
  EXPECT_THAT(Ids(MatchOne()), ElementsAre(kFirstId));
  neighbours_.owned.push_back({kFirstId, {"shop", "one"}, absl::FromUnixSeconds(kSigned)});
  ExpectFound("the exact id is this placement's");
  neighbours_.owned.pop_back();
  neighbours_.owned[0].owner.request_id = "one";
  ExpectFound("the rounded id is this placement's own");
}

TEST_F(LookupMatcherTest, AnotherReceiverExcludesOnlyByTwoFacts) {
  Only(Listed(kFirstId, "seller-a", {{"a1", "2"}}, kSigned, Receiver("wang", "13900000009")));
  orders_[0].order.mutable_base_info()->mutable_receiver_info()->set_to_area("street 9");
  ExpectAbsent("name, number and address differ");
  Only(Listed(kFirstId, "seller-a", {{"a1", "2"}}, kSigned, Receiver("wang")));
  ExpectUnclear("only the name differs");
  orders_[0].order.mutable_native_logistics()->clear_mobile();
  orders_[0].order.mutable_base_info()->clear_receiver_info();
  ExpectUnclear("the name differs, and nothing else is shown");
  OnlyTheRightOne().order.mutable_native_logistics()->set_mobile("13900000009");
  ExpectUnclear("only the number differs");
  OnlyTheRightOne().order.clear_native_logistics();
  orders_[0].order.mutable_base_info()->clear_receiver_info();
  ExpectUnclear("the list leaves the receiver out");
  OnlyTheRightOne().order.mutable_native_logistics()->set_contact_person("l*");
  orders_[0].order.mutable_native_logistics()->set_mobile("138****0001");
  orders_[0].order.mutable_base_info()->clear_receiver_info();
  ExpectUnclear("the list masks the receiver");
}

TEST_F(LookupMatcherTest, WhatTheListLeavesOutOrWritesDifferentlyContradictsNothing) {
  OnlyTheRightOne().order.mutable_native_logistics()->set_mobile("+86 138-0000-0001");
  ExpectFound("a number with its country code");
  OnlyTheRightOne().order.mutable_native_logistics()->clear_mobile();
  ExpectFound("no number");
  OnlyTheRightOne().order.mutable_base_info()->mutable_receiver_info()->set_to_area("x road1 y");
  ExpectFound("an address with other blanks");
}

TEST_F(LookupMatcherTest, SplitOrdersAreFoundIfTheyHoldExactlyTheLines) {
  const LookupTask task =
      Doubt("split", To(Receiver(), {Line("seller-a", "a1", 2), Line("seller-a", "a2", 3.5)}));
  orders_ = {Listed(kFirstId, "seller-a", {{"a1", "2"}}),
             Listed(kSecondId, "seller-a", {{"a2", "3.5"}})};
  LookupFinding finding = Match(task);
  EXPECT_THAT(finding.unclear_lines, IsEmpty());
  ASSERT_THAT(finding.results, SizeIs(2));
  EXPECT_THAT(finding.results[0].cargo_indexes(), ElementsAre(0));
  EXPECT_THAT(finding.results[1].cargo_indexes(), ElementsAre(1));
  orders_.pop_back();
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0, 1)) << "half of it proves nothing";
  orders_.push_back(Listed(kSecondId, "seller-a", {{"a2", "3"}}));
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0, 1)) << "half a piece is missing";
}

TEST_F(LookupMatcherTest, TwoOrdersForOneLineAreCandidates) {
  orders_ = {Listed(kFirstId, "seller-a", {{"a1", "2"}}),
             Listed(kSecondId, "seller-a", {{"a1", "2"}})};
  ExpectUnclear("two");
  EXPECT_THAT(Ids(MatchOne()), ElementsAre(kFirstId, kSecondId));
}

TEST_F(LookupMatcherTest, WhatCannotBeExcludedIsNeverAbsent) {
  OnlyTheRightOne().order.mutable_product_items(0)->set_quantity("3");
  ExpectUnclear("more than was asked for");
  OnlyTheRightOne().order.mutable_product_items(0)->set_quantity("many");
  ExpectUnclear("a quantity that is no number");
  OnlyTheRightOne().order.add_product_items()->set_spec_id("a9");
  ExpectUnclear("goods that were not asked for beside ours");
  OnlyTheRightOne().order.clear_product_items();
  ExpectUnclear("no goods shown");
  OnlyTheRightOne().order.mutable_product_items(0)->clear_spec_id();
  ExpectUnclear("no spec shown");
  OnlyTheRightOne().order.clear_seller_open_id();
  ExpectUnclear("no seller shown");
  OnlyTheRightOne().order.mutable_base_info()->clear_create_time();
  ExpectUnclear("no time shown");
  OnlyTheRightOne().order.mutable_base_info()->clear_order_id();
  orders_[0].order.mutable_base_info()->set_id_number(2540608320348881000);
  ExpectUnclear("only a rounded id");
  EXPECT_THAT(MatchOne().candidates, IsEmpty());
  Only(Listed(kFirstId, "seller-a", {{"a9", "2"}})).damaged = true;
  ExpectUnclear("other goods, but some could not be read");
}

TEST_F(LookupMatcherTest, TheTimeWindowIsWideForExclusionAndNarrowForAMatch) {
  for (const int64_t after : {-120, 0, 720}) {
    Only(Listed(kFirstId, "seller-a", {{"a1", "2"}}, kSigned + after));
    ExpectFound(std::to_string(after));
  }
  for (const int64_t after : {-720, -121}) {
    Only(Listed(kFirstId, "seller-a", {{"a1", "2"}}, kSigned + after));
    ExpectUnclear("our clock may be ahead of the gateway's");
  }
  for (const int64_t after : {-721, 721}) {
    Only(Listed(kFirstId, "seller-a", {{"a1", "2"}}, kSigned + after));
    ExpectAbsent(std::to_string(after));
  }
}

TEST_F(LookupMatcherTest, AListThatIsNotWholeProvesNothing) {
  whole_ = false;
  ExpectUnclear("empty");
  OnlyTheRightOne();
  ExpectUnclear("with the right order");
  EXPECT_THAT(Ids(MatchOne()), ElementsAre(kFirstId));
  whole_ = true;
  neighbours_.complete = false;
  ExpectUnclear("with rivals that were left out");
}

TEST_F(LookupMatcherTest, AnIdThatTheRowKnowsCountsWhateverElseTheListSays) {
  LookupTask task = Doubt("known", To(Receiver(), {Line("seller-a", "a1", 2)}));
  Know(&task, kFirstId, {});
  Know(&task, "", {0}, v1::ORDER_OUTCOME_IN_DOUBT);
  Only(Listed(kFirstId, "seller-a", {{"a1", "7"}}, kSigned + 9000, Receiver("wang")));
  whole_ = false;
  const LookupFinding finding = Match(task);
  EXPECT_THAT(finding.unclear_lines, IsEmpty());
  ASSERT_THAT(finding.results, SizeIs(1));
  EXPECT_THAT(finding.results[0].cargo_indexes(), ElementsAre(0));
  EXPECT_EQ(finding.results[0].order().product_items_size(), 1) << "completed from the list";
}

TEST_F(LookupMatcherTest, AListWithoutAnOrderThatIsKnownToExistIsNotTrusted) {
  LookupTask task =
      Doubt("known", To(Receiver(), {Line("seller-a", "a1", 2), Line("seller-b", "b1", 1)}));
  Know(&task, kFirstId, {0});
  Know(&task, "", {1}, v1::ORDER_OUTCOME_IN_DOUBT);
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(1));
  OnlyTheRightOne();
  EXPECT_THAT(Match(task).absent_lines, ElementsAre(1));
  EXPECT_THAT(Match(task).results, SizeIs(1)) << "the known order stays known";
}

TEST_F(LookupMatcherTest, ARoundedIdGetsItsExactForm) {
  LookupTask task = Doubt("rounded", To(Receiver(), {Line("seller-a", "a1", 2)}));
  Know(&task, "", {0});
  v1::OrderResult* rounded = task.row.placement->mutable_results(0);
  rounded->set_order_id_inexact(true);
  rounded->mutable_order()->mutable_base_info()->set_id_number(2540608320348881000);
  OnlyTheRightOne();
  const LookupFinding finding = Match(task);
  EXPECT_THAT(finding.unclear_lines, IsEmpty());
  ASSERT_THAT(finding.results, SizeIs(1));
  EXPECT_EQ(finding.results[0].order().base_info().order_id(), kFirstId);
  EXPECT_FALSE(finding.results[0].order_id_inexact());
  neighbours_.owned = {{RoundedIdKey(kFirstId), {"shop", "other"}, absl::FromUnixSeconds(kSigned)}};
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0)) << "two placements know that number";
  neighbours_.owned.clear();
  orders_.push_back(Listed("2540608320348880795", "seller-a", {{"a1", "2"}}));
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0)) << "two ids round to it";
  orders_ = {Listed("2540608320348990000", "seller-a", {{"a1", "2"}})};
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0)) << "its order is not in the list";
}

TEST_F(LookupMatcherTest, AHintOfAnOrderInTheOwnAnswerForbidsAbsence) {
  LookupTask task = Doubt("hint", One());
  Know(&task, "", {0}, v1::ORDER_OUTCOME_IN_DOUBT);
  EXPECT_THAT(Match(task).absent_lines, ElementsAre(0));
  task.row.placement->add_unreadable_fields("data[0].baseInfo.idOfStr");
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0));
  task.row.placement->clear_unreadable_fields();
  task.row.placement->mutable_results(0)->mutable_order()->add_product_items()->set_sub_item_id(
      "7");
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0));
}

TEST_F(LookupMatcherTest, EachSellerIsJudgedAlone) {
  const LookupTask task =
      Doubt("sellers", To(Receiver(), {Line("seller-a", "a1", 2), Line("seller-b", "b1", 1)}));
  OnlyTheRightOne();
  const LookupFinding finding = Match(task);
  EXPECT_THAT(finding.absent_lines, ElementsAre(1));
  EXPECT_THAT(finding.unclear_lines, IsEmpty());
  ASSERT_THAT(finding.results, SizeIs(1));
  EXPECT_EQ(finding.results[0].seller_open_id(), "seller-a");
}

TEST_F(LookupMatcherTest, ARefusalOfTheGatewayStaysBesideWhatIsFound) {
  LookupTask task =
      Doubt("refused", To(Receiver(), {Line("seller-a", "a1", 2), Line("seller-b", "b1", 1)}));
  Know(&task, "", {0}, v1::ORDER_OUTCOME_IN_DOUBT);
  Know(&task, "", {1}, v1::ORDER_OUTCOME_REFUSED);
  OnlyTheRightOne();
  const LookupFinding finding = Match(task);
  EXPECT_THAT(finding.unclear_lines, IsEmpty());
  ASSERT_THAT(finding.results, SizeIs(2));
  EXPECT_EQ(finding.results[0].outcome(), v1::ORDER_OUTCOME_REFUSED);
  EXPECT_EQ(finding.results[1].order().base_info().order_id(), kFirstId);
}

TEST_F(LookupMatcherTest, ARefusalDoesNotSettleALineBesideAnElementThatMaySpeakOfIt) {
  LookupTask task = Doubt("stray", One());
  Know(&task, "", {0}, v1::ORDER_OUTCOME_REFUSED);
  Know(&task, "", {}, v1::ORDER_OUTCOME_IN_DOUBT);
  EXPECT_THAT(Match(task).absent_lines, ElementsAre(0));
  OnlyTheRightOne();
  const LookupFinding finding = Match(task);
  ASSERT_THAT(finding.results, SizeIs(1));
  EXPECT_EQ(finding.results[0].outcome(), v1::ORDER_OUTCOME_PLACED);
}

TEST_F(LookupMatcherTest, ALineThatOnlyTheMappedOfferNamesIsNeverMatched) {
  const LookupTask task = Doubt("mapped", To(Receiver(), {MappedLine("seller-a", "L0P")}));
  orders_ = {Listed(kFirstId, "seller-a", {{"", "1"}})};
  EXPECT_THAT(Match(task).unclear_lines, ElementsAre(0));
  EXPECT_THAT(Ids(Match(task)), ElementsAre(kFirstId));
}

TEST_F(LookupMatcherTest, AnOfferWithoutSpecsIsMatchedByItsNumber) {
  v1::OrderBatch batch = To(Receiver(), {OfferLine("seller-a", 743470146022)});
  orders_ = {Listed(kFirstId, "seller-a", {{"", "1"}})};
  orders_[0].order.mutable_product_items(0)->set_product_id(743470146022);
  EXPECT_THAT(Match(Doubt("offer", batch)).results, SizeIs(1));
  orders_[0].order.mutable_product_items(0)->set_product_id(1);
  EXPECT_THAT(Match(Doubt("offer", batch)).absent_lines, ElementsAre(0));
}

TEST_F(LookupMatcherTest, ARequestThatCannotBeReadIsUnclear) {
  LookupTask task = Doubt("erased", One());
  task.request.clear();
  EXPECT_THAT(Match(task).unclear_lines, SizeIs(1));
}

TEST_F(LookupMatcherTest, AtMostTwentyCandidatesAreListed) {
  for (int i = 0; i < 30; ++i) {
    orders_.push_back(Listed(std::to_string(1000 + i), "seller-a", {{"a1", "2"}}));
  }
  EXPECT_THAT(MatchOne().candidates, SizeIs(20));
}

}  // namespace
}  // namespace order1688
