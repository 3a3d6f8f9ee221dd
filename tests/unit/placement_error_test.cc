#include "server/placement/placement_error.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;

v1::Placement PlacementIn(v1::PlacementState state, const std::string& cause = "") {
  v1::Placement placement;
  placement.set_request_id("id-1");
  placement.set_account("main");
  placement.set_gateway_host("gateway.example");
  placement.set_environment(v1::ENVIRONMENT_SANDBOX);
  placement.set_state(state);
  placement.set_cause(cause);
  return placement;
}

Error ErrorIn(v1::PlacementState state, const std::string& cause = "") {
  const std::optional<Error> error = ErrorOf(PlacementIn(state, cause), /*replayed=*/false);
  EXPECT_TRUE(error.has_value());
  return error.value_or(Error());
}

TEST(PlacementErrorTest, PlacedAndPartiallyPlacedAreNoErrors) {
  EXPECT_FALSE(ErrorOf(PlacementIn(v1::PLACEMENT_STATE_PLACED), false).has_value());
  EXPECT_FALSE(ErrorOf(PlacementIn(v1::PLACEMENT_STATE_PARTIALLY_PLACED), true).has_value());
}

struct Row {
  v1::PlacementState state;
  const char* cause;
  v1::ErrorReason reason;
  grpc::StatusCode code;
  bool order_may_exist;
  NextStep next;
  bool retry_told;
};

class StateTable : public testing::TestWithParam<Row> {};

TEST_P(StateTable, StateHasItsError) {
  const Row& row = GetParam();
  const Error error = ErrorIn(row.state, row.cause);
  EXPECT_EQ(error.reason, row.reason);
  EXPECT_EQ(CodeOf(error.reason), row.code);
  EXPECT_EQ(error.order_may_exist, row.order_may_exist);
  EXPECT_EQ(error.next, row.next);
  EXPECT_EQ(error.retry_delay.has_value(), row.retry_told);
  EXPECT_EQ(error.request_id, "id-1");
  EXPECT_FALSE(error.message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    PlacementErrorTest, StateTable,
    testing::Values(
        Row{v1::PLACEMENT_STATE_SENDING, "", v1::ERROR_REASON_PLACEMENT_IN_PROGRESS, grpc::ABORTED,
            true, NextStep::kSameIdNow, false},
        Row{v1::PLACEMENT_STATE_REJECTED, "answered", v1::ERROR_REASON_GATEWAY_REJECTED,
            grpc::FAILED_PRECONDITION, false, NextStep::kNewIdAfterFix, false},
        Row{v1::PLACEMENT_STATE_NOT_PLACED, "gateway_authentication",
            v1::ERROR_REASON_GATEWAY_AUTHENTICATION, grpc::FAILED_PRECONDITION, false,
            NextStep::kAskOperator, false},
        Row{v1::PLACEMENT_STATE_NOT_PLACED, "gateway_throttled", v1::ERROR_REASON_GATEWAY_THROTTLED,
            grpc::RESOURCE_EXHAUSTED, false, NextStep::kSameIdLater, true},
        Row{v1::PLACEMENT_STATE_NOT_PLACED, "connect_failed", v1::ERROR_REASON_GATEWAY_UNREACHABLE,
            grpc::UNAVAILABLE, false, NextStep::kSameIdNow, true},
        Row{v1::PLACEMENT_STATE_IN_DOUBT, "no_answer", v1::ERROR_REASON_OUTCOME_IN_DOUBT,
            grpc::UNKNOWN, true, NextStep::kSameIdLater, false},
        Row{v1::PLACEMENT_STATE_CLOSED, "", v1::ERROR_REASON_PLACEMENT_CLOSED,
            grpc::FAILED_PRECONDITION, false, NextStep::kNewIdAfterFix, false},
        Row{v1::PLACEMENT_STATE_UNSPECIFIED, "", v1::ERROR_REASON_OUTCOME_IN_DOUBT, grpc::UNKNOWN,
            true, NextStep::kSameIdLater, false}),
    [](const auto& info) {
      return v1::ErrorReason_Name(info.param.reason).substr(13) + "_" + std::to_string(info.index);
    });

TEST(PlacementErrorTest, StateOfALaterVersionMayBeAnOrder) {
  EXPECT_EQ(ErrorIn(static_cast<v1::PlacementState>(99)).reason, v1::ERROR_REASON_OUTCOME_IN_DOUBT);
}

TEST(PlacementErrorTest, StateThatMayHideAnOrderIsNeverUnavailable) {
  for (int state = v1::PlacementState_MIN; state <= v1::PlacementState_MAX; ++state) {
    for (const char* cause :
         {"", "no_answer", "connect_failed", "gateway_throttled", "gateway_authentication"}) {
      const auto error = ErrorOf(PlacementIn(static_cast<v1::PlacementState>(state), cause), false);
      if (!error.has_value() || CodeOf(error->reason) != grpc::UNAVAILABLE) continue;
      EXPECT_EQ(state, v1::PLACEMENT_STATE_NOT_PLACED);
      EXPECT_FALSE(error->order_may_exist);
    }
  }
}

TEST(PlacementErrorTest, ReplayIsTold) {
  EXPECT_TRUE(ErrorOf(PlacementIn(v1::PLACEMENT_STATE_REJECTED), /*replayed=*/true)->replayed);
  EXPECT_FALSE(ErrorOf(PlacementIn(v1::PLACEMENT_STATE_REJECTED), /*replayed=*/false)->replayed);
}

TEST(PlacementErrorTest, PlacementIsDescribed) {
  EXPECT_THAT(
      ErrorIn(v1::PLACEMENT_STATE_IN_DOUBT, "no_answer").metadata,
      testing::UnorderedElementsAre(Pair("account", "main"), Pair("gatewayHost", "gateway.example"),
                                    Pair("environment", "SANDBOX"), Pair("state", "IN_DOUBT"),
                                    Pair("cause", "no_answer")));
}

TEST(PlacementErrorTest, DescriptionOfAnUnstoredPlacementHasNoStateAndNoCause) {
  Error error;
  DescribePlacement(PlacementIn(v1::PLACEMENT_STATE_UNSPECIFIED), &error);
  EXPECT_THAT(error.metadata, AllOf(Not(Contains(Key("state"))), Not(Contains(Key("cause"))),
                                    Contains(Pair("account", "main"))));
}

void FillWords(const std::string& code, v1::GatewayError* error) {
  error->set_code(code);
  error->set_message("库存不足");
  error->set_gateway_request_id("gw-1");
}

TEST(PlacementErrorTest, GatewaysOwnWordsAreHandedOn) {
  v1::Placement placement = PlacementIn(v1::PLACEMENT_STATE_REJECTED);
  FillWords("400", placement.mutable_error());
  FillWords("500_004", placement.add_results()->mutable_error());
  EXPECT_THAT(
      ErrorOf(placement, false)->metadata,
      AllOf(Contains(Pair("gatewayCode", "400")), Contains(Pair("gatewayMessage", "库存不足")),
            Contains(Pair("gatewayRequestId", "gw-1"))));
}

TEST(PlacementErrorTest, FirstSellersWordsStandWhereTheCallHasNone) {
  v1::Placement placement = PlacementIn(v1::PLACEMENT_STATE_REJECTED);
  placement.add_results();
  FillWords("500_004", placement.add_results()->mutable_error());
  FillWords("500_001", placement.add_results()->mutable_error());
  EXPECT_THAT(ErrorOf(placement, false)->metadata, Contains(Pair("gatewayCode", "500_004")));
  EXPECT_THAT(ErrorIn(v1::PLACEMENT_STATE_REJECTED).metadata, Not(Contains(Key("gatewayCode"))));
}

TEST(PlacementErrorTest, MessageForLogsHoldsNoWordOfTheGateway) {
  v1::Placement placement = PlacementIn(v1::PLACEMENT_STATE_REJECTED);
  FillWords("400", placement.mutable_error());
  EXPECT_THAT(ErrorOf(placement, false)->message, Not(HasSubstr("库存不足")));
}

TEST(PlacementErrorTest, KnownOrdersOfADoubtAreCounted) {
  v1::Placement placement = PlacementIn(v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_THAT(ErrorOf(placement, false)->metadata, Not(Contains(Key("knownOrders"))));
  placement.add_results()->set_outcome(v1::ORDER_OUTCOME_PLACED);
  placement.add_results()->set_outcome(v1::ORDER_OUTCOME_IN_DOUBT);
  placement.add_results()->set_outcome(v1::ORDER_OUTCOME_PLACED);
  EXPECT_THAT(ErrorOf(placement, false)->metadata, Contains(Pair("knownOrders", "2")));
}

}  // namespace
}  // namespace order1688
