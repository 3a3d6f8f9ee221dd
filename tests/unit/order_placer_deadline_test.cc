// What a caller's deadline and cancellation do, and what they never do.
#include "gtest/gtest.h"
#include "server/placement/order_placer.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

constexpr absl::Duration kInstant = absl::Milliseconds(1);

struct DeadlineCase {
  absl::Duration timeout;
  absl::Duration told_after;
};

class OrderPlacerDeadlineTest : public testing::TestWithParam<DeadlineCase> {};

INSTANTIATE_TEST_SUITE_P(
    Margins, OrderPlacerDeadlineTest,
    testing::Values(DeadlineCase{absl::Seconds(10), absl::Milliseconds(9800)},
                    DeadlineCase{absl::Seconds(2), absl::Milliseconds(1800)},
                    DeadlineCase{absl::Milliseconds(1500), absl::Milliseconds(1350)},
                    DeadlineCase{absl::InfiniteDuration(), absl::Seconds(35)}));

TEST_P(OrderPlacerDeadlineTest, FirstCallerAndJoinerAreToldInTimeAndTheLaterAnswerIsKept) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1", GetParam().timeout);
  PlaceOutcomePtr joiner = rig.Place("a-1", GetParam().timeout);
  ASSERT_TRUE(rig.transport.OpenGate());
  rig.timer.Advance(GetParam().told_after - kInstant);
  EXPECT_EQ(first->reason(), "PENDING");
  EXPECT_EQ(joiner->reason(), "PENDING");
  rig.timer.Advance(kInstant);
  EXPECT_EQ(first->reason(), "PLACEMENT_IN_PROGRESS");
  EXPECT_EQ(joiner->reason(), "PLACEMENT_IN_PROGRESS");
  EXPECT_EQ(CodeOf(first->result.error->reason), grpc::StatusCode::ABORTED);
  EXPECT_TRUE(first->result.error->order_may_exist);
  EXPECT_EQ(first->result.error->next, NextStep::kSameIdNow);
  EXPECT_EQ(first->result.error->metadata.at("account"), "main");

  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_PLACED);
  PlaceOutcomePtr again = rig.Place("a-1");
  ASSERT_TRUE(again->ok()) << again->reason();
  EXPECT_TRUE(again->result.replayed);
  EXPECT_EQ(first->times_answered(), 1);
  EXPECT_EQ(joiner->times_answered(), 1);
  EXPECT_EQ(rig.transport.requests().size(), 1U);
}

TEST(OrderPlacerTest, AJoinerKeepsItsOwnDeadline) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1", absl::Seconds(60));
  PlaceOutcomePtr joiner = rig.Place("a-1", absl::Seconds(2));
  rig.timer.Advance(absl::Seconds(2));
  EXPECT_EQ(first->reason(), "PENDING");
  EXPECT_EQ(joiner->reason(), "PLACEMENT_IN_PROGRESS");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(first->ok());
}

TEST(OrderPlacerTest, RefusesACallWithLessThanASecondLeft) {
  PlacementRig rig;
  PlaceOutcomePtr short_call = rig.Place("a-1", absl::Milliseconds(999));
  EXPECT_EQ(short_call->reason(), "DEADLINE_TOO_SHORT");
  EXPECT_FALSE(rig.has_row("a-1"));
  EXPECT_TRUE(rig.transport.requests().empty());
  EXPECT_EQ(rig.InFlight(), 0);
  rig.Place("a-2", absl::Seconds(1));
  EXPECT_TRUE(rig.has_row("a-2"));
}

TEST(OrderPlacerTest, ADeadlineInThePastIsAnsweredOnceAndSendsNothing) {
  PlacementRig rig;
  PlaceOutcomePtr late = rig.Place("a-1", absl::Seconds(-5));
  rig.timer.RunDue();
  EXPECT_EQ(late->times_answered(), 1);
  EXPECT_FALSE(rig.has_row("a-1"));
  rig.placer->StopTaking();
  rig.placer->WaitUntilIdle();
}

TEST(OrderPlacerTest, AKnownIdIsAnsweredHoweverLittleTimeIsLeft) {
  PlacementRig rig;
  rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(rig.Place("a-1", absl::Milliseconds(100))->ok());
}

TEST(OrderPlacerTest, AnOrderThatCannotLeaveBeforeItsCallerGivesUpIsNeverSent) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1", absl::Seconds(10));
  rig.timer.Advance(absl::Milliseconds(9800));
  EXPECT_EQ(outcome->reason(), "PLACEMENT_IN_PROGRESS");
  EXPECT_FALSE(rig.transport.OpenGate());
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig.row("a-1").cause(), "deadline_passed");
  EXPECT_TRUE(rig.transport.sent().empty());
}

TEST(OrderPlacerTest, ASlowReserveNeverSendsAfterItsCallerWasAnswered) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Start(rig.Command("a-1", absl::Seconds(5)));
  rig.timer.Advance(absl::Seconds(5));
  EXPECT_EQ(outcome->reason(), "PLACEMENT_IN_PROGRESS");
  rig.ledger.RunPending();
  EXPECT_FALSE(rig.has_row("a-1")) << "the ledger got to it too late to go on";
  EXPECT_EQ(outcome->times_answered(), 1);
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, ASignatureOlderThanSixtySecondsIsNeverSent) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1", absl::Minutes(5));
  rig.clock.SetNow(rig.clock.Now() - absl::Hours(1));  // the wall clock has no say
  rig.Pass(absl::Seconds(60) + kInstant);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(outcome->reason(), "GATEWAY_UNREACHABLE");
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig.row("a-1").cause(), "gate_expired");
  EXPECT_TRUE(rig.transport.sent().empty());
}

TEST(OrderPlacerTest, ASignatureOfSixtySecondsIsStillSent) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Place("a-1", absl::Minutes(5));
  rig.Pass(absl::Seconds(60));
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(outcome->ok()) << outcome->reason();
}

TEST(OrderPlacerTest, ACallerThatLeavesBeforeTheGateStopsTheSend) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.placer->Cancel(first->call);
  EXPECT_EQ(first->times_answered(), 1);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig.row("a-1").evidence(), v1::NOT_PLACED_EVIDENCE_NEVER_SENT);
  EXPECT_EQ(rig.row("a-1").cause(), "caller_gone");
  EXPECT_TRUE(rig.transport.sent().empty());

  PlaceOutcomePtr second = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  ASSERT_TRUE(second->ok()) << second->reason();
  EXPECT_EQ(rig.row("a-1").attempt(), 2);
  EXPECT_EQ(rig.transport.sent().size(), 1U);
  EXPECT_EQ(first->times_answered(), 1);
}

TEST(OrderPlacerTest, ACallerThatLeavesWhileItsRowIsWrittenSendsNothing) {
  PlacementRig rig;
  PlaceOutcomePtr outcome = rig.Start(rig.Command("a-1"));
  rig.ledger.BeforeNextAnswer([&] { rig.placer->Cancel(outcome->call); });
  rig.ledger.RunPending();
  ASSERT_EQ(outcome->times_answered(), 1);
  ASSERT_TRUE(rig.has_row("a-1"));
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_TRUE(rig.transport.sent().empty());
  EXPECT_EQ(rig.InFlight(), 0);
}

TEST(OrderPlacerTest, ACallerThatLeavesBeforeItsRowIsWrittenLeavesNone) {
  PlacementRig rig({.max_in_flight = 1, .orders_per_second = 1});
  PlaceOutcomePtr gone = rig.Start(rig.Command("a-1"));
  rig.placer->Cancel(gone->call);
  rig.ledger.RunPending();
  EXPECT_EQ(gone->times_answered(), 1);
  EXPECT_FALSE(rig.has_row("a-1"));
  rig.Place("a-2");
  EXPECT_TRUE(rig.has_row("a-2")) << "it took no place of the account";
}

TEST(OrderPlacerTest, ACallerThatLeavesAfterTheGateLosesNothing) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  ASSERT_TRUE(rig.transport.OpenGate());
  rig.placer->Cancel(first->call);
  EXPECT_EQ(first->reason(), "PLACEMENT_IN_PROGRESS");
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(rig.row("a-1").state(), v1::PLACEMENT_STATE_PLACED);
  PlaceOutcomePtr again = rig.Place("a-1");
  EXPECT_TRUE(again->ok()) << again->reason();
  EXPECT_EQ(rig.transport.sent().size(), 1U);
  EXPECT_EQ(first->times_answered(), 1);
}

TEST(OrderPlacerTest, AJoinerThatLeavesDoesNotStopTheSend) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  PlaceOutcomePtr joiner = rig.Place("a-1");
  rig.placer->Cancel(joiner->call);
  rig.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(first->ok()) << first->reason();
  EXPECT_EQ(joiner->times_answered(), 1);
}

TEST(OrderPlacerTest, CancelAfterTheAnswerChangesNothing) {
  PlacementRig rig;
  PlaceOutcomePtr first = rig.Place("a-1");
  rig.Deliver(Answered(SampleAnswer()));
  rig.placer->Cancel(first->call);
  EXPECT_TRUE(first->ok());
  EXPECT_EQ(rig.timer.pending(), 0U) << "no timer is left of an answered call";
}

}  // namespace
}  // namespace order1688
