#include "server/ledger/ledger.h"

#include <gtest/gtest.h>

namespace order1688 {
namespace {

// Row: from, column: to; both in the order of the enum: UNSPECIFIED, SENDING, PLACED,
// PARTIALLY_PLACED, REJECTED, IN_DOUBT, NOT_PLACED, CLOSED.
constexpr bool kDeclared[8][8] = {
    {false, false, false, false, false, false, false, false},  // UNSPECIFIED
    {false, false, true, true, true, true, true, false},       // SENDING
    {false, false, false, false, false, false, false, false},  // PLACED
    {false, false, false, false, false, false, false, false},  // PARTIALLY_PLACED
    {false, false, false, false, false, false, false, false},  // REJECTED
    {false, false, true, true, true, false, true, true},       // IN_DOUBT
    {false, true, false, false, false, false, false, false},   // NOT_PLACED
    {false, false, false, false, false, false, false, false},  // CLOSED
};

TEST(LedgerTest, DeclaresTheseEdgesAndNoOther) {
  ASSERT_EQ(v1::PlacementState_ARRAYSIZE, 8) << "a new state needs its row and column";
  for (int from = 0; from < 8; ++from) {
    for (int to = 0; to < 8; ++to) {
      const auto a = static_cast<v1::PlacementState>(from);
      const auto b = static_cast<v1::PlacementState>(to);
      EXPECT_EQ(IsDeclaredEdge(a, b), kDeclared[from][to])
          << v1::PlacementState_Name(a) << " -> " << v1::PlacementState_Name(b);
    }
  }
}

TEST(LedgerTest, RefusesStatesThatItDoesNotKnow) {
  const auto unknown = static_cast<v1::PlacementState>(99);
  EXPECT_FALSE(IsDeclaredEdge(unknown, v1::PLACEMENT_STATE_PLACED));
  EXPECT_FALSE(IsDeclaredEdge(v1::PLACEMENT_STATE_SENDING, unknown));
}

}  // namespace
}  // namespace order1688
