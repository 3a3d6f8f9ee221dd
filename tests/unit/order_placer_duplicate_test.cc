// The caller's duplicate guard, and what of a placement is kept for how long.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/placement/order_placer.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

class OrderPlacerDuplicateTest : public testing::Test {
 protected:
  PlaceCommand Guarded(const std::string& request_id, bool refuse) const {
    PlaceCommand command = rig_.Command(request_id);
    command.duplicate_window = absl::Hours(24);
    command.refuse_duplicates = refuse;
    return command;
  }
  void PlaceFirst() {
    PlaceOutcomePtr first = rig_.Place(Guarded("a-1", false));
    rig_.Deliver(Answered(SampleAnswer()));
    ASSERT_TRUE(first->ok()) << first->reason();
  }

  PlacementRig rig_;
};

TEST_F(OrderPlacerDuplicateTest, IsRefusedAndLeavesNothing) {
  PlaceFirst();
  PlaceOutcomePtr second = rig_.Place(Guarded("a-2", true));
  ASSERT_EQ(second->reason(), "POSSIBLE_DUPLICATE");
  const Error& error = *second->result.error;
  EXPECT_EQ(CodeOf(error.reason), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(error.request_id, "a-2");
  EXPECT_EQ(error.metadata.at("earlierRequestId"), "a-1");
  EXPECT_EQ(error.metadata.at("account"), "main");
  EXPECT_FALSE(error.order_may_exist);
  EXPECT_FALSE(rig_.has_row("a-2"));
  EXPECT_EQ(rig_.transport.requests().size(), 1U);
  EXPECT_EQ(rig_.InFlight(), 0);
}

TEST_F(OrderPlacerDuplicateTest, IsPlacedIfTheCallSaysThatBothAreWanted) {
  PlaceFirst();
  ASSERT_EQ(rig_.Place(Guarded("a-2", true))->reason(), "POSSIBLE_DUPLICATE");
  PlaceCommand allowed = Guarded("a-2", true);
  allowed.request->set_allow_duplicate(true);
  PlaceOutcomePtr second = rig_.Place(allowed);
  rig_.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(second->ok()) << second->reason();
  EXPECT_EQ(second->result.placement->possible_duplicate_of(), "");

  // It is not part of the content.
  PlaceOutcomePtr again = rig_.Place(Guarded("a-2", true));
  EXPECT_TRUE(again->ok()) << again->reason();
  EXPECT_TRUE(again->result.replayed);
}

TEST_F(OrderPlacerDuplicateTest, IsNamedAndPlaced) {
  PlaceFirst();
  for (const bool allow : {false, true}) {
    rig_.clock.Advance(absl::Seconds(1));
    PlaceCommand command = Guarded(allow ? "a-3" : "a-2", false);
    command.request->set_allow_duplicate(allow);
    PlaceOutcomePtr second = rig_.Place(command);
    rig_.Deliver(Answered(SampleAnswer()));
    EXPECT_TRUE(second->ok()) << second->reason();
    EXPECT_EQ(second->result.placement->possible_duplicate_of(), allow ? "a-2" : "a-1");
  }
}

TEST_F(OrderPlacerDuplicateTest, EqualOrdersAreNormalWithoutAGuard) {
  PlaceFirst();
  PlaceOutcomePtr second = rig_.Place("a-2");
  rig_.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(second->ok()) << second->reason();
  EXPECT_EQ(second->result.placement->possible_duplicate_of(), "");
  // The guard sees those that were placed before it was configured.
  EXPECT_EQ(rig_.Place(Guarded("a-3", true))->result.error->metadata.at("earlierRequestId"), "a-1");
}

TEST_F(OrderPlacerDuplicateTest, OtherCargoOrAnOldOrderIsNone) {
  PlaceFirst();
  PlaceCommand other = rig_.OtherCommand("a-2");
  other.duplicate_window = absl::Hours(24);
  other.refuse_duplicates = true;
  EXPECT_EQ(rig_.Place(other)->reason(), "PENDING");
  rig_.clock.Advance(absl::Hours(25));
  EXPECT_EQ(rig_.Place(Guarded("a-3", true))->reason(), "PENDING");
}

TEST_F(OrderPlacerDuplicateTest, PersonalDataIsErasedAfterTheRetention) {
  PlaceFirst();
  EXPECT_EQ(rig_.row("a-1").erase_time().seconds() - rig_.row("a-1").create_time().seconds(),
            90 * 86400);
  PlacementRig kept({.retention = absl::ZeroDuration()});
  kept.Place("a-1");
  EXPECT_FALSE(kept.row("a-1").has_erase_time());
}

}  // namespace
}  // namespace order1688
