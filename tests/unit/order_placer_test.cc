#include "server/placement/order_placer.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/placement/keyed_mac.h"
#include "server/placement/request_fingerprint.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

constexpr char kSampleOrderId[] = "2540608320348880794";

TEST(OrderPlacerTest, PlacesTheSampleAndStoresWhatItAnswers) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1");
  ASSERT_EQ(rig.transport.unanswered(), 1U);
  EXPECT_EQ(outcome->reason(), "PENDING");
  rig.Deliver(Answered(SampleAnswer()));

  ASSERT_TRUE(outcome->ok()) << outcome->reason();
  EXPECT_FALSE(outcome->result.replayed);
  const v1::Placement& placement = *outcome->result.placement;
  EXPECT_EQ(placement.state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(placement.request_id(), "a-1");
  EXPECT_EQ(placement.caller(), "shop");
  EXPECT_EQ(placement.account(), "main");
  EXPECT_EQ(placement.gateway_host(), "gateway.example");
  EXPECT_EQ(placement.environment(), v1::ENVIRONMENT_SANDBOX);
  EXPECT_EQ(placement.reference(), "basket 7");
  EXPECT_EQ(placement.attempt(), 1);
  ASSERT_EQ(placement.results_size(), 1);
  EXPECT_EQ(placement.results(0).order().base_info().order_id(), kSampleOrderId);
  EXPECT_EQ(placement.SerializeAsString(), rig.row("a-1").SerializeAsString());
  EXPECT_EQ(rig.ledger.raw_answer({"shop", "a-1"}), SampleAnswer());
  EXPECT_EQ(rig.ledger.request({"shop", "a-1"}), rig.Command("a-1").request->SerializeAsString());
  EXPECT_EQ(rig.transport.sent().size(), 1U);
  EXPECT_EQ(rig.transport.requests()[0].body, rig.Command("a-1").body);
}

TEST(OrderPlacerTest, PostsNothingBeforeTheRowIsDurable) {
  PlacementRig rig;
  rig.Start(rig.Command("a-1"));
  EXPECT_TRUE(rig.transport.requests().empty());
  EXPECT_FALSE(rig.has_row("a-1"));
  rig.ledger.RunPending();
  ASSERT_EQ(rig.transport.requests().size(), 1U);
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_SENDING);
  // The signed time in the row is the one that the gateway sees.
  EXPECT_EQ(rig.row("a-1").sign_time().seconds(), 1767323045);
}

TEST(OrderPlacerTest, AnswersNobodyBeforeTheOutcomeIsDurable) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1");
  rig.transport.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(outcome->reason(), "PENDING");
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_SENDING);
  rig.ledger.RunPending();
  EXPECT_TRUE(outcome->ok());
}

TEST(OrderPlacerTest, SecondCallWithTheSameIdGetsTheFirstAnswer) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  PlaceOutcomePtr second = rig.Place("a-1");
  ASSERT_TRUE(second->ok()) << second->reason();
  EXPECT_TRUE(second->result.replayed);
  EXPECT_EQ(second->result.placement->SerializeAsString(),
            first->result.placement->SerializeAsString());
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, ReplaysAfterARestart) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  rig.Restart();
  PlaceOutcomePtr again = rig.Place("a-1");
  ASSERT_TRUE(again->ok()) << again->reason();
  EXPECT_TRUE(again->result.replayed);
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, OtherContentUnderAKnownIdIsRefused) {
  PlacementRig rig;
  rig.Place("a-1");
  PlaceOutcomePtr while_sending = rig.Place(rig.OtherCommand("a-1"));
  EXPECT_EQ(while_sending->reason(), "REQUEST_ID_REUSED");
  EXPECT_TRUE(while_sending->result.error->order_may_exist);
  EXPECT_EQ(while_sending->result.error->request_id, "a-1");
  EXPECT_EQ(while_sending->result.error->metadata.at("state"), "SENDING");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.Place(rig.OtherCommand("a-1"))->reason(), "REQUEST_ID_REUSED");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, OtherContentIsRefusedEvenAfterNotPlaced) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.transport.Fail("connect_failed");
  rig.ledger.RunPending();
  ASSERT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig.Place(rig.OtherCommand("a-1"))->reason(), "REQUEST_ID_REUSED");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, OtherContentIsRefusedWhenReserveMeetsIt) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Start(rig.Command("a-1"));
  PlaceOutcomePtr other =
      rig.Start(rig.OtherCommand("a-1"));  // both wait before either is reserved
  rig.ledger.RunPending();
  EXPECT_EQ(other->reason(), "REQUEST_ID_REUSED");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(first->ok());
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, AFingerprintOfAnotherVersionNeverMakesAKnownIdLookReused) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  LedgerRow row = *rig.ledger.row({"shop", "a-1"});
  row.fingerprint.version += 1;
  rig.ledger.SetRow({"shop", "a-1"}, row);
  PlaceOutcomePtr again = rig.Place("a-1");
  EXPECT_TRUE(again->ok()) << again->reason();
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

// As if a server of then had placed it.
void GiveFirstVersionFingerprint(PlacementRig& rig, const std::string& request_id) {
  const PlaceCommand command = rig.Command(request_id);
  LedgerRow row = *rig.ledger.row({"shop", request_id});
  row.fingerprint =
      FingerprintOf(KeyedMac(rig.ledger.fingerprint_key()), command.account,
                    command.request->reference(), rig.transport.requests().front().body, 1);
  rig.ledger.SetRow({"shop", request_id}, row);
}

TEST(OrderPlacerTest, ARowWithAFingerprintOfTheFirstVersionIsComparedWithIt) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  GiveFirstVersionFingerprint(rig, "a-1");
  PlaceOutcomePtr again = rig.Place("a-1");
  EXPECT_TRUE(again->ok()) << again->reason();
  EXPECT_EQ(rig.Place(rig.OtherCommand("a-1"))->reason(), "REQUEST_ID_REUSED");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

// It is not sent again under its own id, and the answer does not say that the id was used for
// something else.
TEST(OrderPlacerTest, ANotPlacedRowOfTheFirstVersionIsAnsweredAsItIs) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.transport.Fail("connect_failed");
  rig.ledger.RunPending();
  GiveFirstVersionFingerprint(rig, "a-1");
  PlaceOutcomePtr again = rig.Place("a-1");
  EXPECT_EQ(again->reason(), "GATEWAY_UNREACHABLE");
  EXPECT_TRUE(again->result.replayed);
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, ConcurrentCallsWithOneIdSendOneOrder) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  PlaceOutcomePtr joiner = rig.Place("a-1");
  PlaceOutcomePtr late_joiner = rig.Place("a-1");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
  EXPECT_EQ(joiner->reason(), "PENDING");
  rig.Deliver(Answered(SampleAnswer()));
  ASSERT_TRUE(first->ok());
  EXPECT_FALSE(first->result.replayed);
  for (const PlaceOutcomePtr& outcome : {joiner, late_joiner}) {
    ASSERT_TRUE(outcome->ok()) << outcome->reason();
    EXPECT_TRUE(outcome->result.replayed);
    EXPECT_EQ(outcome->result.placement->SerializeAsString(),
              first->result.placement->SerializeAsString());
  }
  EXPECT_EQ(rig.ledger.pending(), 0U);
}

TEST(OrderPlacerTest, JoinsACallWhoseReserveIsStillPending) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Start(rig.Command("a-1"));
  PlaceOutcomePtr joiner = rig.Start(rig.Command("a-1"));  // the ledger has answered neither
  rig.ledger.RunPending();
  EXPECT_EQ(rig.transport.requests().size(), 1U);
  EXPECT_EQ(rig.InFlight(), 1) << "the joiner takes no place";
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(first->ok());
  ASSERT_TRUE(joiner->ok()) << joiner->reason();
  EXPECT_TRUE(joiner->result.replayed);
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, RequestIdsOfTwoCallersAreTwoPlacements) {
  PlacementRig rig;
  rig.Place("a-1");
  PlaceCommand other = rig.Command("a-1");
  other.key.caller = "depot";
  rig.Place(std::move(other));
  EXPECT_EQ(rig.transport.requests().size(), 2U);
}

TEST(OrderPlacerTest, NeverSentIsUnavailableAndTheSameIdPlacesAfresh) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.clock.Advance(absl::Seconds(2));
  rig.transport.Fail("connect_failed");
  rig.ledger.RunPending();
  EXPECT_EQ(first->reason(), "GATEWAY_UNREACHABLE");
  EXPECT_FALSE(first->result.error->order_may_exist);
  EXPECT_TRUE(first->result.error->retry_delay.has_value());
  EXPECT_EQ(first->result.error->metadata.at("cause"), "connect_failed");
  EXPECT_EQ(rig.row("a-1").evidence(), v1::NOT_PLACED_EVIDENCE_NEVER_SENT);

  PlaceOutcomePtr second = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  ASSERT_TRUE(second->ok()) << second->reason();
  EXPECT_FALSE(second->result.replayed);
  EXPECT_EQ(rig.row("a-1").attempt(), 2);
  EXPECT_EQ(rig.row("a-1").evidence(), v1::NOT_PLACED_EVIDENCE_UNSPECIFIED);
  EXPECT_EQ(rig.transport.sent().size(), 1U);
  const auto timestamp = [&](size_t i) {
    const HttpRequest request = rig.transport.requests()[i];
    for (const auto& [name, value] : request.headers) {
      if (name == "timestamp") return value;
    }
    return std::string();
  };
  EXPECT_NE(timestamp(0), timestamp(1)) << "signed anew";
}

TEST(OrderPlacerTest, InDoubtIsToldAndNeverPostedAgain) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  ASSERT_TRUE(rig.transport.OpenGate());
  rig.transport.Fail("no_answer");
  rig.ledger.RunPending();
  EXPECT_EQ(first->reason(), "OUTCOME_IN_DOUBT");
  EXPECT_TRUE(first->result.error->order_may_exist);
  EXPECT_FALSE(first->result.error->replayed);
  for (int i = 0; i < 3; ++i) {
    PlaceOutcomePtr again = rig.Place("a-1");
    EXPECT_EQ(again->reason(), "OUTCOME_IN_DOUBT");
    EXPECT_TRUE(again->result.error->replayed);
    rig.Pass(absl::Minutes(10));
  }
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, ARefusalIsStoredAndReplayedAsOne) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.Deliver(AnsweredWithCode("400"));
  EXPECT_EQ(first->reason(), "GATEWAY_REJECTED");
  EXPECT_FALSE(first->result.error->replayed);
  EXPECT_EQ(first->result.error->metadata.at("gatewayCode"), "400");
  PlaceOutcomePtr again = rig.Place("a-1");
  EXPECT_EQ(again->reason(), "GATEWAY_REJECTED");
  EXPECT_TRUE(again->result.error->replayed);
  EXPECT_EQ(again->result.error->metadata.at("gatewayCode"), "400");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, ARefusedSignatureAlarmsAndTheSameIdPlacesAfresh) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.Deliver(Answered("", 401));
  EXPECT_EQ(first->reason(), "GATEWAY_AUTHENTICATION");
  EXPECT_EQ(rig.Alarms("gateway_authentication"), 1);
  EXPECT_EQ(rig.row("a-1").evidence(), v1::NOT_PLACED_EVIDENCE_REFUSED_FOR_NOW);
  PlaceOutcomePtr second = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(second->ok()) << second->reason();
  EXPECT_EQ(rig.row("a-1").attempt(), 2);
}

TEST(OrderPlacerTest, ThrottlingSaysWhenToAskAgain) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.Deliver(Answered("", 429));
  EXPECT_EQ(first->reason(), "GATEWAY_THROTTLED");
  EXPECT_TRUE(first->result.error->retry_delay.has_value());
  EXPECT_EQ(rig.Alarms("gateway_throttled"), 1);
  PlaceOutcomePtr second = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(second->ok()) << second->reason();
}

TEST(OrderPlacerTest, EveryReasonThatClientsRetryByThemselvesIsGivenOnlyWhenNothingLeft) {
  // Everything that can come back after the gate has opened.
  const std::vector<HttpResult> answers = {
      Answered(SampleAnswer()), Answered("", 401),     Answered("", 429),
      Answered("", 500),        Answered("", 503),     Answered("<html>", 200),
      AnsweredWithCode("400"),  AnsweredWithCode("9"), HttpResult{}};
  int number = 0;
  for (const HttpResult& answer : answers) {
    PlacementRig rig;
    PlaceOutcomePtr outcome = rig.Place(absl::StrCat("a-", ++number));
    ASSERT_TRUE(rig.transport.OpenGate());
    rig.transport.Answer(answer);
    rig.ledger.RunPending();
    ASSERT_EQ(outcome->times_answered(), 1);
    if (outcome->ok()) continue;
    EXPECT_NE(CodeOf(outcome->result.error->reason), grpc::StatusCode::UNAVAILABLE)
        << outcome->reason();
  }
}

}  // namespace
}  // namespace order1688
