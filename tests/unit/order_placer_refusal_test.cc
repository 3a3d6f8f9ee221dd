// What is refused before a row is written, the pause of an account, stopping, metrics and logs.
#include <atomic>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/placement/order_placer.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

using testing::HasSubstr;
using testing::Not;

// One placement whose outcome is in doubt.
void PlaceInDoubt(PlacementRig& rig, const std::string& request_id) {
  PlaceOutcomePtr outcome = rig.Place(request_id);
  ASSERT_TRUE(rig.transport.OpenGate());
  rig.transport.Fail("no_answer");
  rig.ledger.RunPending();
  ASSERT_EQ(outcome->reason(), "OUTCOME_IN_DOUBT");
}

TEST(OrderPlacerTest, AFullAccountRefusesAndTakesTheNextWhenOneEnds) {
  PlacementRig rig({.max_in_flight = 1});
  rig.Place("a-1");
  PlaceOutcomePtr refused = rig.Place("a-2");
  EXPECT_EQ(refused->reason(), "OVERLOADED");
  EXPECT_FALSE(refused->result.error->order_may_exist);
  EXPECT_TRUE(refused->result.error->retry_delay.has_value());
  EXPECT_FALSE(rig.has_row("a-2"));
  EXPECT_EQ(rig.InFlight(), 1);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.InFlight(), 0);
  PlaceOutcomePtr again = rig.Place("a-2");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(again->ok()) << again->reason();
  EXPECT_EQ(rig.row("a-2").attempt(), 1);
}

TEST(OrderPlacerTest, AFullProcessRefusesAndTakesTheNextWhenOneEnds) {
  PlacementRig rig({.max_placements_in_flight = 2});
  rig.Place("a-1");
  rig.Place("a-2");
  EXPECT_EQ(rig.Place("a-3")->reason(), "OVERLOADED");
  EXPECT_FALSE(rig.has_row("a-3"));
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.Place("a-3")->reason(), "PENDING");
  EXPECT_TRUE(rig.has_row("a-3"));
}

TEST(OrderPlacerTest, ARefusalOfTheAccountGivesThePlaceInTheProcessBack) {
  PlacementRig rig({.orders_per_second = 1, .max_placements_in_flight = 1});
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(rig.Place("a-2")->reason(), "RATE_LIMITED");
  rig.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(rig.Place("a-2")->reason(), "PENDING");
  rig.Deliver(Answered(SampleAnswer()));
  rig.placer->StopTaking();
  rig.placer->WaitUntilIdle();
}

TEST(OrderPlacerTest, TheRateIsKeptAndARefusalSaysWhenToComeAgain) {
  PlacementRig rig({.orders_per_second = 2});
  rig.Place("a-1");
  rig.Place("a-2");
  PlaceOutcomePtr refused = rig.Place("a-3");
  EXPECT_EQ(refused->reason(), "RATE_LIMITED");
  EXPECT_EQ(refused->result.error->retry_delay, absl::Milliseconds(500));
  EXPECT_FALSE(rig.has_row("a-3"));
  EXPECT_EQ(rig.InFlight(), 2);
  rig.clock.Advance(absl::Milliseconds(500));
  EXPECT_EQ(rig.Place("a-3")->reason(), "PENDING");
  EXPECT_EQ(rig.Place("a-4")->reason(), "RATE_LIMITED");
}

TEST(OrderPlacerTest, AKnownIdIsNeverPaced) {
  PlacementRig rig({.max_in_flight = 1, .orders_per_second = 1, .max_placements_in_flight = 1});
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(rig.Place("a-1")->ok());
  rig.clock.Advance(absl::Seconds(1));
  PlaceOutcomePtr sending = rig.Place("a-2");
  PlaceOutcomePtr joiner = rig.Place("a-2");
  EXPECT_EQ(joiner->reason(), "PENDING");
  EXPECT_EQ(rig.Place(rig.OtherCommand("a-2"))->reason(), "REQUEST_ID_REUSED");
}

TEST(OrderPlacerTest, TheSecondAttemptOfAKnownIdIsPaced) {
  PlacementRig rig({.orders_per_second = 1});
  rig.Place("a-1");
  rig.transport.Fail("connect_failed");
  rig.ledger.RunPending();
  EXPECT_EQ(rig.Place("a-1")->reason(), "RATE_LIMITED");
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig.row("a-1").attempt(), 1);
  rig.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(rig.Place("a-1")->reason(), "PENDING");
  EXPECT_EQ(rig.row("a-1").attempt(), 2);
}

TEST(OrderPlacerTest, FiveDoubtsInARowPauseTheAccount) {
  PlacementRig rig;
  for (int i = 1; i <= 4; ++i) PlaceInDoubt(rig, absl::StrCat("a-", i));
  EXPECT_FALSE(rig.placer->pauses()->Paused("main"));
  PlaceInDoubt(rig, "a-5");
  EXPECT_TRUE(rig.placer->pauses()->Paused("main"));
  EXPECT_EQ(rig.Alarms("account_paused"), 1);
  EXPECT_EQ(rig.Metric("order1688_account_paused{account=\"main\"}"), 1);
  PlaceOutcomePtr refused = rig.Place("a-6");
  EXPECT_EQ(refused->reason(), "ACCOUNT_PAUSED");
  EXPECT_FALSE(rig.has_row("a-6"));
  EXPECT_EQ(rig.transport.requests().size(), 5U);
  EXPECT_EQ(rig.Place("a-1")->reason(), "OUTCOME_IN_DOUBT")
      << "known ids are answered all the same";
  EXPECT_FALSE(rig.placer->pauses()->Paused("unknown"));
}

TEST(OrderPlacerTest, ADefiniteAnswerBetweenDoubtsKeepsTheAccountOpen) {
  PlacementRig rig;
  for (int i = 1; i <= 4; ++i) PlaceInDoubt(rig, absl::StrCat("a-", i));
  rig.Place("b-1");
  rig.Deliver(AnsweredWithCode("400"));
  for (int i = 5; i <= 8; ++i) PlaceInDoubt(rig, absl::StrCat("a-", i));
  EXPECT_FALSE(rig.placer->pauses()->Paused("main"));
}

TEST(OrderPlacerTest, WhatWasNeverSentNeitherCountsAsADoubtNorEndsARow) {
  PlacementRig rig;
  const auto never_sent = [&](const std::string& request_id) {
    rig.Place(request_id);
    rig.transport.Fail("connect_failed");
    rig.ledger.RunPending();
  };
  for (int i = 0; i < 10; ++i) never_sent(absl::StrCat("n-", i));
  EXPECT_FALSE(rig.placer->pauses()->Paused("main"));
  for (int i = 1; i <= 4; ++i) PlaceInDoubt(rig, absl::StrCat("a-", i));
  never_sent("n-11");
  PlaceInDoubt(rig, "a-5");
  EXPECT_TRUE(rig.placer->pauses()->Paused("main"));
}

TEST(OrderPlacerTest, AStoppingPlacerRefusesWhatIsNewAndAnswersWhatItKnows) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  PlaceOutcomePtr sending = rig.Place("a-2");
  rig.placer->StopTaking();
  PlaceOutcomePtr refused = rig.Place("a-3");
  EXPECT_EQ(refused->reason(), "SHUTTING_DOWN");
  EXPECT_FALSE(rig.has_row("a-3"));
  EXPECT_TRUE(rig.Place("a-1")->ok());
  PlaceOutcomePtr joiner = rig.Place("a-2");
  EXPECT_EQ(joiner->reason(), "PENDING");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(sending->ok());
  EXPECT_TRUE(joiner->ok());
  rig.placer->WaitUntilIdle();
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, AStopRefusesACallThatTheLedgerHasNotReachedYet) {
  PlacementRig rig;
  PlaceOutcomePtr waiting = rig.Start(rig.Command("a-1"));
  PlaceOutcomePtr gone = rig.Start(rig.Command("a-2"));
  rig.placer->StopTaking();
  rig.placer->Cancel(gone->call);
  rig.ledger.RunPending();
  EXPECT_EQ(waiting->reason(), "SHUTTING_DOWN");
  EXPECT_FALSE(rig.has_row("a-1"));
  EXPECT_FALSE(rig.has_row("a-2"));
  EXPECT_TRUE(rig.transport.requests().empty());
  rig.placer->WaitUntilIdle();
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, AStopWaitsForACallWhoseRowIsJustBeingWritten) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Start(rig.Command("a-1"));
  std::thread waiter;
  std::atomic<bool> idle = false;
  rig.ledger.BeforeNextAnswer([&] {
    rig.placer->Cancel(outcome->call);
    rig.placer->StopTaking();
    waiter = std::thread([&] {
      rig.placer->WaitUntilIdle();
      EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
      idle = true;
    });
  });
  rig.ledger.RunPending();
  EXPECT_FALSE(idle);
  rig.Deliver(Answered(SampleAnswer()));
  waiter.join();
  EXPECT_TRUE(rig.transport.sent().empty());
}

TEST(OrderPlacerTest, IsIdleOnlyWhenTheOutcomeIsRecordedAlsoIfItsCallerHasGone) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1");
  ASSERT_TRUE(rig.transport.OpenGate());
  rig.placer->Cancel(outcome->call);
  rig.placer->StopTaking();
  std::atomic<bool> idle = false;
  v1::PlacementState state_when_idle = v1::PLACEMENT_STATE_UNSPECIFIED;
  std::thread waiter([&] {
    rig.placer->WaitUntilIdle();
    state_when_idle = rig.row("a-1").state();
    idle = true;
  });
  rig.transport.Answer(Answered(SampleAnswer()));
  EXPECT_FALSE(idle);
  rig.ledger.RunPending();
  waiter.join();
  EXPECT_EQ(state_when_idle, v1::PLACEMENT_STATE_PLACED);
}

TEST(OrderPlacerTest, AnUnknownCodeAlarmsOncePerCode) {
  PlacementRig rig;
  const auto answer = [&](const std::string& request_id, const std::string& code) {
    rig.Place(request_id);
    rig.Deliver(AnsweredWithCode(code));
    rig.Place("definite-" + request_id);  // so that the account is not paused
    rig.Deliver(Answered(SampleAnswer()));
  };
  answer("a-1", "E_NEW");
  answer("a-2", "E_NEW");
  EXPECT_EQ(rig.Alarms("unknown_gateway_code"), 1);
  EXPECT_THAT(rig.log_text.str(), HasSubstr("E_NEW"));
  answer("a-3", "E_OTHER");
  EXPECT_EQ(rig.Alarms("unknown_gateway_code"), 2);
  EXPECT_EQ(rig.row("a-2").state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST(OrderPlacerTest, NothingStaysInFlightWhateverBecomesOfACall) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.Place("a-2");
  rig.Place("a-2");
  rig.Place(rig.OtherCommand("a-2"));
  rig.ledger.FailNext(MemoryLedger::Method::kReserve, MemoryLedger::Fault::kBeforeEffect);
  rig.Place("a-3");
  PlaceOutcomePtr gone = rig.Place("a-4");
  rig.placer->Cancel(gone->call);
  EXPECT_EQ(rig.InFlight(), 3);
  rig.Deliver(Answered(SampleAnswer()));
  rig.Deliver(AnsweredWithCode("400"));
  rig.Deliver(Answered("never seen"));
  EXPECT_EQ(rig.InFlight(), 0);
  EXPECT_EQ(rig.Metric(
                "order1688_placements_total{account=\"main\",cause=\"answered\",state=\"placed\"}"),
            1);
  EXPECT_EQ(rig.Metric("order1688_placements_total{account=\"main\",cause=\"caller_gone\",state="
                       "\"not_placed\"}"),
            1);
  rig.placer->StopTaking();
  rig.placer->WaitUntilIdle();
}

TEST(OrderPlacerTest, LogsAndMetricsHoldNoPersonalDataAndNoSecret) {
  PlacementRig rig;
  const auto command = [&](const std::string& request_id) {
    PlaceCommand made = rig.Command(request_id);
    v1::Address& address = *made.request->mutable_batch()->mutable_address();
    address.set_full_name("canary-name");
    address.set_mobile("13899999999");
    address.set_phone("0571-88888888");
    address.set_address("canary-street 7");
    made.wire = made.request->SerializeAsString();
    made.body = *rig.gateway->Encode(made.request->batch().SerializeAsString());
    return made;
  };
  const std::string refusal =
      R"({"requestId":"gw-1","code":"E_NEW","msg":"canary-street 7 of canary-name","x":1,"data":[{"y":2}]})";
  int number = 0;
  for (const std::string& body : {refusal, SampleAnswer(), std::string("canary-name"),
                                  std::string(R"({"code":400,"msg":"13899999999"})")}) {
    rig.Place(command(absl::StrCat("a-", ++number)));
    rig.Deliver(Answered(body));
  }
  for (int status : {401, 429, 500}) {
    rig.Place(command(absl::StrCat("a-", ++number)));
    rig.Deliver(Answered("canary-street 7", status));
  }
  rig.Place(command("a-x"));
  rig.ledger.FailNext(MemoryLedger::Method::kRecord, MemoryLedger::Fault::kBeforeEffect);
  rig.Deliver(Answered(SampleAnswer()));
  rig.Pass(absl::Seconds(2));

  const std::string log = rig.log_text.str();
  EXPECT_THAT(log, HasSubstr("unknown_gateway_code"));
  EXPECT_THAT(log, HasSubstr("unmapped_fields"));
  EXPECT_THAT(log, HasSubstr("outcome_not_recorded"));
  const std::string outputs = log + rig.metrics.Render();
  for (const char* canary :
       {"canary", "13899999999", "88888888", "wang@example.com", "13800000002", "王小明",
        "examplebuyer01", "access-key-1", "li\"", "signature", "basket 7"}) {
    EXPECT_THAT(outputs, Not(HasSubstr(canary)));
  }
}

}  // namespace
}  // namespace order1688
