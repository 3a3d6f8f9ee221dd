// What the placer does while the ledger fails, or while another process sends.
#include "gtest/gtest.h"
#include "server/placement/order_placer.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

using Fault = MemoryLedger::Fault;
using Method = MemoryLedger::Method;

void ExpireLeases(PlacementRig& rig) {
  rig.ledger.ExpireLeases([](absl::StatusOr<std::vector<PlacementKey>>) {});
  rig.ledger.RunPending();
}

// The row of a sender that this placer knows nothing of.
void PutSendingRow(PlacementRig& rig, const std::string& request_id) {
  rig.Place(request_id);
  rig.Restart();
  ASSERT_EQ(rig.row(request_id).state(), v1::PLACEMENT_STATE_SENDING);
}

TEST(OrderPlacerTest, AFailedReserveSendsNothing) {
  PlacementRig rig({.max_in_flight = 1});
  rig.ledger.FailNext(Method::kReserve, Fault::kBeforeEffect);
  PlaceOutcomePtr outcome = rig.Place("a-1");
  ASSERT_EQ(rig.ledger.faults_hit(), 1U);
  EXPECT_EQ(outcome->reason(), "LEDGER_UNAVAILABLE");
  EXPECT_EQ(outcome->result.error->message, "the ledger cannot be read; nothing was sent");
  EXPECT_EQ(CodeOf(outcome->result.error->reason), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(rig.transport.requests().empty());
  EXPECT_FALSE(rig.has_row("a-1"));
  EXPECT_EQ(rig.Alarms("ledger_unavailable"), 1);
  EXPECT_EQ(rig.InFlight(), 0);
  PlaceOutcomePtr again = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(again->ok()) << again->reason();
}

TEST(OrderPlacerTest, AReserveOfUnknownEffectIsNeverSent) {
  PlacementRig rig;
  rig.ledger.FailNext(Method::kReserve, Fault::kAfterEffect);
  PlaceOutcomePtr outcome = rig.Place("a-1");
  EXPECT_EQ(outcome->reason(), "LEDGER_UNAVAILABLE");
  EXPECT_EQ(outcome->result.error->message, "the ledger cannot be written; nothing was sent");
  EXPECT_EQ(rig.InFlight(), 0) << "its place is given back";
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_SENDING);
  PlaceOutcomePtr again = rig.Place("a-1", absl::Seconds(10));
  rig.Pass(absl::Seconds(10));
  EXPECT_EQ(again->reason(), "PLACEMENT_IN_PROGRESS");
  EXPECT_TRUE(rig.transport.requests().empty());
}

TEST(OrderPlacerTest, AFailedRecordIsTriedAgainAndTheCallerGetsTheOutcome) {
  for (Fault fault : {Fault::kBeforeEffect, Fault::kAfterEffect}) {
    PlacementRig rig;
    PlaceOutcomePtr outcome = rig.Place("a-1");
    rig.ledger.FailNext(Method::kRecord, fault);
    rig.ledger.FailNext(Method::kRecord, fault);
    rig.Deliver(Answered(SampleAnswer()));
    EXPECT_EQ(outcome->reason(), "PENDING");
    rig.Pass(absl::Seconds(3));
    ASSERT_EQ(rig.ledger.faults_hit(), 2U);
    ASSERT_TRUE(outcome->ok()) << outcome->reason();
    EXPECT_FALSE(outcome->result.replayed);
    EXPECT_EQ(rig.Alarms("outcome_not_recorded"), 2);
    EXPECT_EQ(rig.Alarms("late_answer"), 0);
    EXPECT_EQ(rig.ledger.raw_answer({"shop", "a-1"}), SampleAnswer());
    EXPECT_TRUE(rig.ledger.evidence({"shop", "a-1"}).empty());
  }
}

TEST(OrderPlacerTest, AnUnrecordedOutcomeIsToldToNobody) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1", absl::Seconds(10));
  PlaceOutcomePtr joiner = rig.Place("a-1", absl::Seconds(10));
  for (int i = 0; i < 30; ++i) rig.ledger.FailNext(Method::kRecord, Fault::kBeforeEffect);
  rig.Deliver(Answered(SampleAnswer()));
  rig.Pass(absl::Milliseconds(9800));
  EXPECT_EQ(first->reason(), "PLACEMENT_IN_PROGRESS");
  EXPECT_EQ(joiner->reason(), "PLACEMENT_IN_PROGRESS");
  PlaceOutcomePtr waiting = rig.Place("a-1");
  EXPECT_EQ(waiting->reason(), "PENDING");
  rig.Pass(absl::Seconds(30));
  ASSERT_TRUE(waiting->ok()) << waiting->reason();
  EXPECT_TRUE(waiting->result.replayed);
  EXPECT_TRUE(rig.Place("a-1")->ok());
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, AnOutcomeThatCannotBeRecordedBeforeTheLeaseEndsBecomesInDoubt) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1", absl::Minutes(10));
  for (int i = 0; i < 200; ++i) rig.ledger.FailNext(Method::kRecord, Fault::kBeforeEffect);
  rig.Deliver(Answered(SampleAnswer()));
  rig.Pass(absl::Seconds(89));
  ExpireLeases(rig);
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_SENDING) << "the lease is 90 s";
  EXPECT_EQ(first->reason(), "PENDING");
  rig.Pass(absl::Seconds(2));
  EXPECT_EQ(first->reason(), "PLACEMENT_IN_PROGRESS") << "given up";
  ExpireLeases(rig);
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(rig.Place("a-1")->reason(), "OUTCOME_IN_DOUBT");
  EXPECT_EQ(rig.transport.requests().size(), 1U);
  const size_t timers = rig.timer.pending();
  rig.Pass(absl::Minutes(5));
  EXPECT_LE(rig.timer.pending(), timers) << "it stopped trying";
  rig.placer->StopTaking();
  rig.placer->WaitUntilIdle();
}

TEST(OrderPlacerTest, TheLateAnswerOfItsOwnAttemptSettlesADoubt) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1", absl::Minutes(10));
  ASSERT_TRUE(rig.transport.OpenGate());
  rig.Pass(absl::Seconds(91));
  ExpireLeases(rig);
  ASSERT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(rig.Place("a-1")->reason(), "OUTCOME_IN_DOUBT");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_TRUE(first->ok()) << first->reason();
  EXPECT_EQ(rig.Alarms("late_answer"), 0);
  EXPECT_TRUE(rig.Place("a-1")->ok());
}

TEST(OrderPlacerTest, TheGateStaysShutOnceTheLeaseHasEnded) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1", absl::Minutes(10));
  rig.Pass(absl::Seconds(90));
  EXPECT_FALSE(rig.transport.OpenGate());
  ExpireLeases(rig);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(outcome->reason(), "GATEWAY_UNREACHABLE");
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
}

TEST(OrderPlacerTest, ASupersededAnswerChangesNoStateAndAlarms) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1");
  ASSERT_TRUE(rig.transport.OpenGate());
  LedgerRow row = *rig.ledger.row({"shop", "a-1"});
  row.fence += 1;
  row.placement->set_state(v1::PLACEMENT_STATE_CLOSED);
  rig.ledger.SetRow({"shop", "a-1"}, row);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(outcome->reason(), "PLACEMENT_CLOSED");
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_CLOSED);
  EXPECT_EQ(rig.Alarms("late_answer"), 1);
  ASSERT_EQ(rig.ledger.evidence({"shop", "a-1"}).size(), 1U);
  EXPECT_EQ(rig.ledger.evidence({"shop", "a-1"})[0].raw_answer, SampleAnswer());
}

TEST(OrderPlacerTest, NobodyWhoseOrderLeftHearsThatItDidNotWhateverOthersConcluded) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  PlaceOutcomePtr joiner = rig.Place("a-1");
  ASSERT_TRUE(rig.transport.OpenGate());
  LedgerRow row = *rig.ledger.row({"shop", "a-1"});
  row.placement->set_state(v1::PLACEMENT_STATE_NOT_PLACED);
  row.placement->set_evidence(v1::NOT_PLACED_EVIDENCE_PERSON);
  rig.ledger.SetRow({"shop", "a-1"}, row);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(first->reason(), "OUTCOME_IN_DOUBT");
  EXPECT_EQ(joiner->reason(), "OUTCOME_IN_DOUBT");
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
}

TEST(OrderPlacerTest, AnOldAttemptThatEndsLeavesTheJoinersOfTheNewOne) {
  PlacementRig rig;
  rig.Place("a-1");
  ASSERT_TRUE(rig.transport.OpenGate());
  LedgerRow row = *rig.ledger.row({"shop", "a-1"});
  row.placement->set_state(v1::PLACEMENT_STATE_NOT_PLACED);
  rig.ledger.SetRow({"shop", "a-1"}, row);
  PlaceOutcomePtr second = rig.Place("a-1");
  ASSERT_EQ(rig.transport.unanswered(), 2U);
  rig.transport.Answer(HttpResult{}, 0);  // the late end of attempt 1
  rig.ledger.RunPending();
  PlaceOutcomePtr joiner = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(second->ok()) << second->reason();
  EXPECT_TRUE(joiner->ok()) << joiner->reason() << ": it should not need to poll";
}

TEST(OrderPlacerTest, WaitsForTheSenderInAnotherProcessByReadingTheLedger) {
  PlacementRig rig;
  PutSendingRow(rig, "a-1");
  PlaceOutcomePtr outcome = rig.Place("a-1");
  rig.ledger.FailNext(Method::kFind, Fault::kBeforeEffect);
  rig.Pass(absl::Seconds(5));
  EXPECT_EQ(rig.ledger.faults_hit(), 1U);
  EXPECT_EQ(outcome->reason(), "PENDING");
  rig.Deliver(Answered(SampleAnswer()));  // the other process
  EXPECT_EQ(outcome->reason(), "PENDING");
  rig.Pass(absl::Milliseconds(250));
  ASSERT_TRUE(outcome->ok()) << outcome->reason();
  EXPECT_TRUE(outcome->result.replayed);
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, ASenderInAnotherProcessThatTakesTooLongIsInProgress) {
  PlacementRig rig;
  PutSendingRow(rig, "a-1");
  PlaceOutcomePtr outcome = rig.Place("a-1", absl::Seconds(10));
  rig.Pass(absl::Milliseconds(9750));
  EXPECT_EQ(outcome->reason(), "PENDING");
  rig.Pass(absl::Milliseconds(50));
  EXPECT_EQ(outcome->reason(), "PLACEMENT_IN_PROGRESS");
  rig.Pass(absl::Seconds(1));
  const size_t timers = rig.timer.pending();
  rig.Pass(absl::Seconds(1));
  EXPECT_EQ(rig.timer.pending(), timers);
  EXPECT_EQ(rig.ledger.pending(), 0U) << "it stopped asking";
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, AWaitForAnotherProcessDoesNotHoldUpAStop) {
  PlacementRig rig;
  PutSendingRow(rig, "a-1");
  PlaceOutcomePtr outcome = rig.Place("a-1", absl::Hours(1));
  rig.placer->StopTaking();
  rig.Pass(absl::Seconds(1));
  EXPECT_EQ(outcome->reason(), "PLACEMENT_IN_PROGRESS");
  rig.placer->WaitUntilIdle();
}

}  // namespace
}  // namespace order1688
