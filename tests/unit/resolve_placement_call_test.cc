#include "server/inbound/resolve_placement_call.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/placement/person_verdict.h"
#include "tests/support/service_rig.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr char kOrderId[] = "2540608320348880794";
constexpr char kOtherId[] = "2540608320348880801";
// What a double keeps of kOrderId.
constexpr int64_t kRounded = 2540608320348880896;

class ResolvePlacementCallTest : public testing::Test {
 protected:
  static v1::ResolvePlacementRequest Request(const std::string& request_id,
                                             v1::PlacementState verdict,
                                             std::vector<std::string> order_ids = {}) {
    v1::ResolvePlacementRequest request;
    request.set_caller("shop");
    request.set_request_id(request_id);
    request.set_verdict(verdict);
    request.mutable_order_ids()->Assign(order_ids.begin(), order_ids.end());
    request.set_reason("CANARY looked it up on 1688");
    return request;
  }
  static v1::ResolvePlacementRequest Placed(const std::string& request_id,
                                            std::vector<std::string> order_ids) {
    return Request(request_id, v1::PLACEMENT_STATE_PLACED, std::move(order_ids));
  }
  static v1::ResolvePlacementRequest NotPlaced(const std::string& request_id) {
    return Request(request_id, v1::PLACEMENT_STATE_NOT_PLACED);
  }

  // A row in doubt, with these results.
  void PutInDoubt(const std::string& request_id, std::vector<v1::OrderResult> results = {}) {
    PlacementRecord record =
        SampleRecord(rig_.Reserve(request_id), v1::PLACEMENT_STATE_IN_DOUBT, "line_unanswered");
    record.placement->mutable_results()->Assign(results.begin(), results.end());
    record.placement->mutable_error()->set_code("500");
    ASSERT_TRUE(RecordAndWait(rig_.rig.ledger, record).ok());
  }

  static v1::OrderResult Known(const std::string& order_id) {
    v1::OrderResult result;
    result.set_outcome(v1::ORDER_OUTCOME_PLACED);
    result.set_seller_open_id("seller-a");
    result.add_cargo_indexes(0);
    result.mutable_order()->mutable_base_info()->set_order_id(order_id);
    result.mutable_order()->mutable_base_info()->set_status("waitbuyerpay");
    return result;
  }
  static v1::OrderResult Inexact(int64_t id_number) {
    v1::OrderResult result = Known("");
    result.mutable_order()->mutable_base_info()->clear_order_id();
    result.mutable_order()->mutable_base_info()->set_id_number(id_number);
    result.set_order_id_inexact(true);
    return result;
  }
  static v1::OrderResult Unanswered() {
    v1::OrderResult result;
    result.set_outcome(v1::ORDER_OUTCOME_IN_DOUBT);
    result.set_seller_open_id("seller-b");
    result.add_cargo_indexes(1);
    return result;
  }

  v1::Placement row(const std::string& request_id) { return rig_.rig.row(request_id); }
  // As if a person came back after the gateway refuses the signature.
  void WaitUntilNoOrderCanAppear() { rig_.rig.clock.Advance(absl::Seconds(1320)); }

  ServiceRig rig_;
};

TEST_F(ResolvePlacementCallTest, NeedsThePermissionResolve) {
  PutInDoubt("a-1");
  EXPECT_EQ(rig_.Resolve("shop", Placed("a-1", {kOrderId})).reason(), "NOT_PERMITTED");
  EXPECT_EQ(row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(ResolvePlacementCallTest, PlacedGivesAResultForEachOrderAndSaysWhoDecided) {
  PutInDoubt("a-1");
  const auto answer = rig_.Resolve("desk", Placed("a-1", {kOrderId}));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  const v1::Placement& placement = answer.response.placement();
  EXPECT_EQ(placement.SerializeAsString(), row("a-1").SerializeAsString());
  EXPECT_EQ(placement.state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(placement.cause(), "resolved");
  EXPECT_FALSE(placement.has_error());
  ASSERT_THAT(placement.results(), SizeIs(1));
  const v1::OrderResult& result = placement.results(0);
  EXPECT_EQ(result.outcome(), v1::ORDER_OUTCOME_PLACED);
  EXPECT_EQ(result.order().base_info().order_id(), kOrderId);
  EXPECT_THAT(result.cargo_indexes(), ElementsAre(0)) << "one order buys every line";
  EXPECT_EQ(result.seller_open_id(), SampleRequest("a-1").batch().cargo_lines(0).seller_open_id());
  EXPECT_EQ(placement.settlement().source(), v1::SETTLEMENT_SOURCE_PERSON);
  EXPECT_EQ(placement.settlement().actor(), "desk");
  EXPECT_EQ(placement.settlement().reason(), "CANARY looked it up on 1688");
  EXPECT_TRUE(placement.settlement().has_time());
}

TEST_F(ResolvePlacementCallTest, TheAuditLineHasNoPersonalData) {
  PutInDoubt("a-1");
  ASSERT_TRUE(rig_.Resolve("desk", Placed("a-1", {kOrderId})).status.ok());
  EXPECT_THAT(rig_.rig.log_text.str(), HasSubstr("\"event\":\"placement_resolved\""));
  EXPECT_THAT(rig_.rig.log_text.str(), HasSubstr("\"verdict\":\"PLACEMENT_STATE_PLACED\""));
  EXPECT_THAT(rig_.rig.log_text.str(), Not(HasSubstr("CANARY")));
}

TEST_F(ResolvePlacementCallTest, SeveralOrdersLeaveTheirLinesOpenAndKeepWhatIsKnown) {
  PutInDoubt("a-1", {Known(kOrderId), Unanswered()});
  const auto answer = rig_.Resolve("desk", Placed("a-1", {kOtherId, kOrderId}));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  ASSERT_THAT(answer.response.placement().results(), SizeIs(2));
  EXPECT_THAT(answer.response.placement().results(0).cargo_indexes(), IsEmpty());
  const v1::OrderResult& known = answer.response.placement().results(1);
  EXPECT_EQ(known.order().base_info().status(), "waitbuyerpay");
  EXPECT_THAT(known.cargo_indexes(), ElementsAre(0));
}

TEST_F(ResolvePlacementCallTest, ThePersonsIdMakesARoundedOneExact) {
  PutInDoubt("a-1", {Inexact(kRounded)});
  const auto answer = rig_.Resolve("desk", Placed("a-1", {kOrderId}));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  ASSERT_THAT(answer.response.placement().results(), SizeIs(1));
  EXPECT_FALSE(answer.response.placement().results(0).order_id_inexact());
  EXPECT_EQ(answer.response.placement().results(0).order().base_info().order_id(), kOrderId);
  EXPECT_EQ(answer.response.placement().results(0).order().base_info().status(), "waitbuyerpay");
}

TEST_F(ResolvePlacementCallTest, ARoundedIdThatFitsNoGivenOneIsKept) {
  PutInDoubt("a-1", {Inexact(1234567)});
  const auto answer = rig_.Resolve("desk", Placed("a-1", {kOrderId}));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  ASSERT_THAT(answer.response.placement().results(), SizeIs(2));
  EXPECT_TRUE(answer.response.placement().results(1).order_id_inexact());
}

TEST_F(ResolvePlacementCallTest, AConfirmedOrderCannotBeDenied) {
  PutInDoubt("a-1", {Known(kOrderId), Unanswered()});
  WaitUntilNoOrderCanAppear();
  const auto missing = rig_.Resolve("desk", Placed("a-1", {kOtherId}));
  EXPECT_EQ(missing.reason(), "ORDER_OWNED");
  EXPECT_THAT(missing.error->message, HasSubstr(kOrderId));
  EXPECT_EQ(rig_.Resolve("desk", NotPlaced("a-1")).reason(), "ORDER_OWNED");
  PutInDoubt("a-2", {Inexact(kRounded)});
  WaitUntilNoOrderCanAppear();
  EXPECT_EQ(rig_.Resolve("desk", NotPlaced("a-2")).reason(), "ORDER_OWNED");
  EXPECT_EQ(row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(ResolvePlacementCallTest, ClosedKeepsTheKnownOrders) {
  PutInDoubt("a-1", {Known(kOrderId), Unanswered()});
  const auto answer = rig_.Resolve("desk", Request("a-1", v1::PLACEMENT_STATE_CLOSED));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(row("a-1").state(), v1::PLACEMENT_STATE_CLOSED);
  ASSERT_THAT(row("a-1").results(), SizeIs(2));
  EXPECT_EQ(row("a-1").results(0).order().base_info().order_id(), kOrderId);
}

TEST_F(ResolvePlacementCallTest, NotPlacedWaitsUntilTheGatewayRefusesTheSignature) {
  PutInDoubt("a-1", {Unanswered()});
  rig_.rig.clock.Advance(absl::Seconds(1320) - absl::Nanoseconds(1));
  const auto early = rig_.Resolve("desk", NotPlaced("a-1"));
  EXPECT_EQ(early.reason(), "TOO_EARLY");
  EXPECT_EQ(early.status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_TRUE(early.error->order_may_exist);
  EXPECT_EQ(early.error->metadata.at("possibleFrom"), "2026-01-02T03:26:05Z");
  EXPECT_THAT(early.error->message, HasSubstr("2026-01-02T03:26:05Z"));
  rig_.rig.clock.Advance(absl::Nanoseconds(1));
  const auto answer = rig_.Resolve("desk", NotPlaced("a-1"));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(row("a-1").evidence(), v1::NOT_PLACED_EVIDENCE_PERSON);
  EXPECT_THAT(row("a-1").results(), IsEmpty());
}

TEST_F(ResolvePlacementCallTest, TheSameVerdictAgainIsAnsweredLikeTheFirst) {
  PutInDoubt("a-1");
  PutInDoubt("a-2");
  WaitUntilNoOrderCanAppear();
  const auto first = rig_.Resolve("desk", Placed("a-1", {kOrderId, kOtherId}));
  const auto again = rig_.Resolve("desk", Placed("a-1", {kOtherId, kOrderId}));
  ASSERT_TRUE(again.status.ok()) << again.status.error_message();
  EXPECT_EQ(again.response.SerializeAsString(), first.response.SerializeAsString());
  EXPECT_EQ(rig_.Resolve("desk", Placed("a-1", {kOrderId})).reason(), "NOT_IN_DOUBT");
  EXPECT_EQ(rig_.Resolve("desk", NotPlaced("a-1")).reason(), "NOT_IN_DOUBT");
  ASSERT_TRUE(rig_.Resolve("desk", NotPlaced("a-2")).status.ok());
  EXPECT_TRUE(rig_.Resolve("desk", NotPlaced("a-2")).status.ok());
  EXPECT_EQ(rig_.rig.ledger.evidence({"shop", "a-2"}).size(), 1U) << "it was settled once";
}

TEST_F(ResolvePlacementCallTest, AVerdictWhoseAnswerWasLostIsRecognised) {
  PutInDoubt("a-1");
  rig_.rig.ledger.FailNext(MemoryLedger::Method::kSettle, MemoryLedger::Fault::kAfterEffect);
  EXPECT_EQ(rig_.Resolve("desk", Placed("a-1", {kOrderId})).reason(), "LEDGER_UNAVAILABLE");
  EXPECT_TRUE(rig_.Resolve("desk", Placed("a-1", {kOrderId})).status.ok());
}

TEST_F(ResolvePlacementCallTest, WhatIsNotInDoubtCannotBeResolved) {
  rig_.Reserve("a-1");
  rig_.Record("a-2", v1::PLACEMENT_STATE_REJECTED);
  for (const char* id : {"a-1", "a-2"}) {
    EXPECT_EQ(rig_.Resolve("desk", Placed(id, {kOrderId})).reason(), "NOT_IN_DOUBT") << id;
  }
  EXPECT_EQ(rig_.Resolve("desk", Placed("a-3", {kOrderId})).reason(), "PLACEMENT_NOT_FOUND");
}

TEST_F(ResolvePlacementCallTest, APlacementThatTheServiceSettledItselfHoldsNobodysVerdict) {
  rig_.Record("a-1", v1::PLACEMENT_STATE_NOT_PLACED);
  WaitUntilNoOrderCanAppear();
  EXPECT_EQ(rig_.Resolve("desk", NotPlaced("a-1")).reason(), "NOT_IN_DOUBT");
}

TEST_F(ResolvePlacementCallTest, AnOrderOfAnotherPlacementIsRefused) {
  PutInDoubt("a-1", {Known(kOrderId)});
  PutInDoubt("a-2");
  EXPECT_EQ(rig_.Resolve("desk", Placed("a-2", {kOrderId})).reason(), "ORDER_OWNED");
  EXPECT_EQ(row("a-2").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(ResolvePlacementCallTest, AVerdictIsAboutTheAttemptThatThePersonLookedAt) {
  PutInDoubt("a-1");
  WaitUntilNoOrderCanAppear();
  v1::ResolvePlacementRequest request = NotPlaced("a-1");
  request.set_attempt(1);
  ASSERT_TRUE(rig_.Resolve("desk", request).status.ok());
  PutInDoubt("a-1");
  WaitUntilNoOrderCanAppear();
  ASSERT_EQ(row("a-1").attempt(), 2);
  const auto stale = rig_.Resolve("desk", request);
  EXPECT_EQ(stale.reason(), "PLACEMENT_CHANGED");
  EXPECT_EQ(stale.status.error_code(), grpc::ABORTED);
  EXPECT_EQ(row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(ResolvePlacementCallTest, TellsEveryWrongField) {
  v1::ResolvePlacementRequest request = Request("a b", v1::PLACEMENT_STATE_SENDING, {"12"});
  request.set_caller("A");
  request.set_reason("");
  request.set_attempt(-1);
  EXPECT_THAT(
      rig_.Resolve("desk", request).fields(),
      UnorderedElementsAre("caller", "request_id", "verdict", "order_ids", "reason", "attempt"));
  EXPECT_THAT(rig_.Resolve("desk", Placed("a-1", {})).fields(), ElementsAre("order_ids"));
  EXPECT_THAT(
      rig_.Resolve("desk", Placed("a-1", {"1", "x2", "1", std::string(33, '9'), ""})).fields(),
      ElementsAre("order_ids[1]", "order_ids[2]", "order_ids[3]", "order_ids[4]"));
  EXPECT_THAT(rig_.Resolve("desk", Placed("a-1", std::vector<std::string>(51, kOrderId))).fields(),
              testing::Contains("order_ids"));
  request = Placed("a-1", {kOrderId});
  request.set_reason(std::string(501, 'x'));
  EXPECT_THAT(rig_.Resolve("desk", request).fields(), ElementsAre("reason"));
  request.set_reason("");
  for (int i = 0; i < 500; ++i) request.mutable_reason()->append("错");
  EXPECT_EQ(rig_.Resolve("desk", request).reason(), "PLACEMENT_NOT_FOUND") << "500 code points";
}

TEST_F(ResolvePlacementCallTest, ALedgerThatIsAwayIsUnavailable) {
  PutInDoubt("a-1");
  for (auto method : {MemoryLedger::Method::kFindWhole, MemoryLedger::Method::kSettle}) {
    rig_.rig.ledger.FailNext(method, MemoryLedger::Fault::kBeforeEffect);
    EXPECT_EQ(rig_.Resolve("desk", Placed("a-1", {kOrderId})).reason(), "LEDGER_UNAVAILABLE");
  }
  EXPECT_EQ(row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

}  // namespace
}  // namespace order1688
