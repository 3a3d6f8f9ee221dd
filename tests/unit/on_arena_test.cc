#include "common/on_arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "order1688/v1/placement.pb.h"

namespace order1688 {
namespace {

using Placement = OnArena<v1::Placement>;

Placement Sample(const std::string& request_id) {
  Placement placement;
  placement->set_request_id(request_id);
  placement->add_results()->mutable_order()->set_seller_open_id("seller");
  return placement;
}

TEST(OnArenaTest, IsEmptyAndWithoutAnArenaAtFirst) {
  const Placement placement;
  EXPECT_EQ(placement.arena(), nullptr);
  EXPECT_EQ(placement->request_id(), "");
  EXPECT_EQ(placement->results_size(), 0);
}

TEST(OnArenaTest, KeepsAllPartsOnItsArena) {
  Placement placement = Placement::WithRoom(4096);
  ASSERT_NE(placement.arena(), nullptr);
  const uint64_t before = placement.arena()->SpaceAllocated();
  placement->add_results()->mutable_order()->set_seller_open_id("seller");
  EXPECT_EQ(placement->results(0).order().GetArena(), placement.arena());
  EXPECT_EQ(placement.arena()->SpaceAllocated(), before) << "there was room for it";
}

TEST(OnArenaTest, ACopyIsDeep) {
  Placement first = Sample("first");
  Placement second = first;
  second->set_request_id("second");
  second->mutable_results(0)->mutable_order()->set_seller_open_id("another");
  EXPECT_EQ(first->request_id(), "first");
  EXPECT_EQ(first->results(0).order().seller_open_id(), "seller");
  EXPECT_NE(first.arena(), second.arena());
  second = first;
  EXPECT_EQ(second->request_id(), "first");
  second = *second;
  EXPECT_EQ(second->request_id(), "first");
}

TEST(OnArenaTest, MovingHandsTheArenaOverAndLeavesAnEmptyMessage) {
  Placement first = Sample("first");
  const v1::Placement* message = &*first;
  Placement second = std::move(first);
  EXPECT_EQ(&*second, message);
  EXPECT_EQ(std::as_const(first)->request_id(), "");
  first = Sample("again");
  second = std::move(first);
  EXPECT_EQ(second->request_id(), "again");
  EXPECT_EQ(std::as_const(first)->request_id(), "");
}

TEST(OnArenaTest, TakesACopyOfAMessage) {
  const Placement sample = Sample("first");
  const Placement copy(*sample);
  EXPECT_EQ(copy->SerializeAsString(), sample->SerializeAsString());
}

}  // namespace
}  // namespace order1688
