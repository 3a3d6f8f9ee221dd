// Proof: a sender that freezes past its lease, while another server acts, places no second order,
// and its late answer settles the row. Two placers over one ledger; the test owns the time.
// bazel-free-scripts/soak.sh does the same to real processes.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "server/placement/lease_sweeper.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

constexpr absl::Duration kLease = absl::Seconds(90);
constexpr absl::Duration kSweep = absl::Seconds(10);

// The rig is the sender; beside it stands another server with a gateway, timer and sweeper of its
// own. While the sender is frozen, its timer and its transport do nothing.
class FreezeTest : public testing::Test {
 protected:
  FreezeTest() : other_timer_(rig_.clock) {
    other_gateway_ = *OrderGateway::Create(TestAccount(), other_transport_, rig_.clock);
    other_ = std::make_shared<OrderPlacer>(
        std::vector<PlacerAccount>{{other_gateway_.get(), 16, 1000}}, 100, absl::Hours(24 * 90),
        rig_.ledger, other_timer_, rig_.clock, rig_.metrics, rig_.log);
    std::make_shared<LeaseSweeper>(kSweep, rig_.ledger, other_timer_, rig_.metrics, rig_.log)
        ->Start();
  }

  // Time passes for all but the frozen sender.
  void PassWhileFrozen(absl::Duration duration) {
    for (absl::Duration passed; passed < duration; passed += kSweep) {
      other_timer_.Advance(kSweep);
      rig_.ledger.RunPending();
    }
  }

  PlaceOutcomePtr AskOther(const std::string& request_id) {
    auto outcome = std::make_shared<PlaceOutcome>();
    outcome->call = other_->Place(rig_.Command(request_id), [outcome](PlaceResult result) {
      ++outcome->answers;
      outcome->result = std::move(result);
    });
    rig_.ledger.RunPending();
    return outcome;
  }

  size_t sent() const { return rig_.transport.sent().size() + other_transport_.sent().size(); }
  v1::PlacementState state() const { return rig_.row("r1").state(); }

  FakeTransport other_transport_;
  PlacementRig rig_;
  FakeTimer other_timer_;
  std::unique_ptr<OrderGateway> other_gateway_;
  std::shared_ptr<OrderPlacer> other_;
};

TEST_F(FreezeTest, FrozenAfterTheGateIsInDoubtForAllAndItsLateAnswerSettlesIt) {
  rig_.Place("r1");
  ASSERT_TRUE(rig_.transport.OpenGate());
  PassWhileFrozen(kLease - kSweep);
  EXPECT_EQ(state(), v1::PLACEMENT_STATE_SENDING);
  PassWhileFrozen(2 * kSweep);
  EXPECT_EQ(state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(AskOther("r1")->reason(), "OUTCOME_IN_DOUBT");
  EXPECT_EQ(other_transport_.requests().size(), 0u);

  rig_.timer.RunDue();
  rig_.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_TRUE(AskOther("r1")->ok());
  EXPECT_EQ(sent(), 1u);
}

TEST_F(FreezeTest, FrozenBeforeTheGateIsNeverSentByItAndOnceByTheOther) {
  rig_.Place("r1");
  PassWhileFrozen(kLease + kSweep);
  EXPECT_EQ(state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(AskOther("r1")->reason(), "OUTCOME_IN_DOUBT");

  EXPECT_FALSE(rig_.transport.OpenGate()) << "the lease has ended";
  rig_.Deliver(Answered(SampleAnswer()));
  EXPECT_EQ(state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(rig_.row("r1").evidence(), v1::NOT_PLACED_EVIDENCE_NEVER_SENT);
  EXPECT_EQ(sent(), 0u);

  const PlaceOutcomePtr again = AskOther("r1");
  ASSERT_TRUE(other_transport_.OpenGate());
  other_transport_.Deliver(Answered(SampleAnswer()));
  rig_.ledger.RunPending();
  EXPECT_TRUE(again->ok());
  EXPECT_EQ(sent(), 1u);
}

// The gateway takes a signature for 600 s: until then, and without a lookup for ever, a frozen
// sender may still order.
TEST_F(FreezeTest, TimeAloneNeverProvesThatNothingWasOrdered) {
  rig_.Place("r1");
  ASSERT_TRUE(rig_.transport.OpenGate());
  PassWhileFrozen(kLease + kSweep);
  for (absl::Duration passed; passed < absl::Hours(2); passed += absl::Minutes(5)) {
    PassWhileFrozen(absl::Minutes(5));
    ASSERT_EQ(state(), v1::PLACEMENT_STATE_IN_DOUBT);
    ASSERT_EQ(AskOther("r1")->reason(), "OUTCOME_IN_DOUBT");
  }
  EXPECT_EQ(sent(), 1u);
}

}  // namespace
}  // namespace order1688
