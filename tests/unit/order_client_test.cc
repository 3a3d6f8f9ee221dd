#include "client/order_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/order_channel.h"
#include "tests/support/fake_clock.h"
#include "tests/support/loopback_port.h"
#include "tests/unit/fake_order_service.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

class OrderClientTest : public testing::Test {
 protected:
  OrderClient Client(absl::Duration timeout = absl::Seconds(60), int most_tries = 5) {
    OrderClientOptions options;
    options.token = "secret-canary";
    options.timeout = timeout;
    options.retry.most_tries = most_tries;
    options.clock = &clock_;
    options.sleep = [this](absl::Duration pause) {
      pauses_.push_back(pause);
      clock_.Advance(pause);
    };
    return OrderClient(MakeOrderChannel(server_.address(), grpc::InsecureChannelCredentials()),
                       options);
  }

  static v1::PlaceOrdersRequest Request() {
    v1::PlaceOrdersRequest request;
    request.set_request_id("id-1");
    request.mutable_batch()->add_cargo_lines()->set_seller_open_id("seller");
    return request;
  }

  CallFailure Fail(const PlaceOrdersCall& call = {}, absl::Duration timeout = absl::Seconds(60)) {
    auto response = Client(timeout).PlaceOrders(Request(), call);
    EXPECT_FALSE(response.ok());
    return response.ok() ? CallFailure{} : FailureOf(response.status());
  }

  std::vector<std::string> SentIds() const {
    std::vector<std::string> ids;
    for (const auto& request : server_.service.requests()) ids.push_back(request.request_id());
    return ids;
  }

  FakeOrderServer server_;
  FakeClock clock_;
  std::vector<absl::Duration> pauses_;
};

const grpc::Status kBroken(grpc::UNAVAILABLE, "connection reset");

TEST_F(OrderClientTest, GivesTheAnswerAndSendsTheToken) {
  server_.service.ThenPlace();
  auto response = Client().PlaceOrders(Request());
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->placement().state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_THAT(server_.service.authorizations(), ElementsAre("Bearer secret-canary"));
}

TEST_F(OrderClientTest, RefusesAMissingOrMalformedRequestIdWithoutSending) {
  for (const std::string& id :
       {std::string(), std::string("a b"), std::string(65, 'x'), std::string("ä")}) {
    v1::PlaceOrdersRequest request = Request();
    request.set_request_id(id);
    auto response = Client().PlaceOrders(request);
    EXPECT_EQ(response.status().code(), absl::StatusCode::kInvalidArgument) << id;
    EXPECT_FALSE(FailureOf(response.status()).sent) << id;
  }
  EXPECT_THAT(server_.service.requests(), SizeIs(0));
}

TEST_F(OrderClientTest, AsksAgainUnderTheSameIdAfterAnErrorWithoutErrorInfo) {
  server_.service.ThenFail(kBroken);
  server_.service.ThenPlace();
  EXPECT_TRUE(Client().PlaceOrders(Request()).ok());
  EXPECT_THAT(SentIds(), ElementsAre("id-1", "id-1"));
}

TEST_F(OrderClientTest, AsksAgainWhenTheServiceSaysSameIdNow) {
  for (const v1::ErrorReason reason :
       {v1::ERROR_REASON_PLACEMENT_IN_PROGRESS, v1::ERROR_REASON_GATEWAY_UNREACHABLE,
        v1::ERROR_REASON_LEDGER_UNAVAILABLE, v1::ERROR_REASON_SHUTTING_DOWN}) {
    FakeOrderServer server;
    server.service.ThenFail(reason);
    server.service.ThenPlace();
    OrderClientOptions options;
    options.sleep = [](absl::Duration) {};
    const OrderClient client(MakeOrderChannel(server.address(), grpc::InsecureChannelCredentials()),
                             options);
    EXPECT_TRUE(client.PlaceOrders(Request()).ok()) << NameOf(reason);
    EXPECT_THAT(server.service.requests(), SizeIs(2)) << NameOf(reason);
  }
}

TEST_F(OrderClientTest, NeverAsksAgainWhereThatCannotHelp) {
  for (const v1::ErrorReason reason :
       {v1::ERROR_REASON_INVALID_REQUEST, v1::ERROR_REASON_REQUEST_ID_REUSED,
        v1::ERROR_REASON_UNKNOWN_CALLER, v1::ERROR_REASON_NOT_PERMITTED,
        v1::ERROR_REASON_GATEWAY_REJECTED, v1::ERROR_REASON_GATEWAY_AUTHENTICATION,
        v1::ERROR_REASON_OUTCOME_IN_DOUBT, v1::ERROR_REASON_ACCOUNT_PAUSED,
        v1::ERROR_REASON_PLACEMENT_CLOSED, v1::ERROR_REASON_DEADLINE_TOO_SHORT,
        v1::ERROR_REASON_RATE_LIMITED}) {
    FakeOrderServer server;
    server.service.ThenFail(reason);
    const OrderClient client(MakeOrderChannel(server.address(), grpc::InsecureChannelCredentials()),
                             {});
    auto response = client.PlaceOrders(Request());
    EXPECT_EQ(FailureOf(response.status()).error->reason, reason);
    EXPECT_THAT(server.service.requests(), SizeIs(1)) << NameOf(reason);
  }
}

TEST_F(OrderClientTest, WaitsAsLongAsTheServiceAsks) {
  Error limited = MakeError(v1::ERROR_REASON_RATE_LIMITED, "slow", "id-1");
  limited.retry_delay = absl::Seconds(7);
  server_.service.ThenFail(ToGrpcStatus(limited));
  server_.service.ThenPlace();
  EXPECT_TRUE(Client().PlaceOrders(Request()).ok());
  EXPECT_THAT(pauses_, ElementsAre(absl::Seconds(7)));
}

TEST_F(OrderClientTest, GivesUpWhenThePauseDoesNotFitIntoTheTimeout) {
  Error limited = MakeError(v1::ERROR_REASON_RATE_LIMITED, "slow", "id-1");
  limited.retry_delay = absl::Seconds(60);
  server_.service.ThenFail(ToGrpcStatus(limited));
  const CallFailure failure = Fail();
  EXPECT_TRUE(failure.outcome_known);
  EXPECT_FALSE(failure.order_may_exist);
  EXPECT_THAT(server_.service.requests(), SizeIs(1));
  EXPECT_THAT(pauses_, SizeIs(0));
}

TEST_F(OrderClientTest, BoundsItsTriesAndItsPauses) {
  server_.service.ThenFail(kBroken);
  const CallFailure failure = Fail();
  EXPECT_FALSE(failure.outcome_known);
  EXPECT_TRUE(failure.order_may_exist);
  EXPECT_FALSE(failure.error.has_value());
  EXPECT_THAT(server_.service.requests(), SizeIs(5));
  ASSERT_THAT(pauses_, SizeIs(4));
  for (size_t i = 0; i < pauses_.size(); ++i) {
    EXPECT_GE(pauses_[i], absl::Milliseconds(100) * (1 << i));
    EXPECT_LE(pauses_[i], absl::Milliseconds(200) * (1 << i));
  }
}

TEST_F(OrderClientTest, StopsWhenTheTimeoutIsUsedUp) {
  server_.service.Then([this](const auto&, auto*) {
    clock_.Advance(absl::Seconds(20));
    return kBroken;
  });
  Fail();
  EXPECT_THAT(server_.service.requests(), SizeIs(3));
}

// Answers that are given before the ledger is read, or while the first try may still arrive there.
class UnsettledTest : public OrderClientTest,
                      public testing::WithParamInterface<v1::ErrorReason> {};

TEST_P(UnsettledTest, StaysUnknownAfterATryOfUnknownOutcome) {
  server_.service.ThenFail(kBroken);
  server_.service.ThenFail(GetParam());
  const CallFailure failure = Fail();
  EXPECT_FALSE(failure.outcome_known);
  EXPECT_TRUE(failure.order_may_exist);
  ASSERT_TRUE(failure.error.has_value());
  EXPECT_EQ(failure.error->reason, GetParam());
}

TEST_P(UnsettledTest, IsKnownWithoutOne) {
  server_.service.ThenFail(GetParam());
  EXPECT_TRUE(Fail().outcome_known);
}

TEST_P(UnsettledTest, StaysUnknownIfAnEarlierCallMayHaveSent) {
  server_.service.ThenFail(GetParam());
  PlaceOrdersCall call;
  call.sent_before = true;
  EXPECT_FALSE(Fail(call).outcome_known);
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, UnsettledTest,
    testing::Values(v1::ERROR_REASON_UNKNOWN_CALLER, v1::ERROR_REASON_NOT_PERMITTED,
                    v1::ERROR_REASON_INVALID_REQUEST, v1::ERROR_REASON_SHUTTING_DOWN,
                    v1::ERROR_REASON_LEDGER_UNAVAILABLE, v1::ERROR_REASON_DEADLINE_TOO_SHORT,
                    v1::ERROR_REASON_RATE_LIMITED, v1::ERROR_REASON_OVERLOADED,
                    v1::ERROR_REASON_ACCOUNT_PAUSED),
    [](const auto& param) { return NameOf(param.param); });

TEST_F(OrderClientTest, AnAnswerFromTheRowSettlesAnUnknownTry) {
  for (const v1::ErrorReason reason :
       {v1::ERROR_REASON_GATEWAY_REJECTED, v1::ERROR_REASON_GATEWAY_AUTHENTICATION,
        v1::ERROR_REASON_PLACEMENT_CLOSED, v1::ERROR_REASON_GATEWAY_THROTTLED,
        v1::ERROR_REASON_GATEWAY_UNREACHABLE}) {
    FakeOrderServer server;
    server.service.ThenFail(kBroken);
    server.service.ThenFail(reason);
    OrderClientOptions options;
    options.sleep = [](absl::Duration) {};
    const OrderClient client(MakeOrderChannel(server.address(), grpc::InsecureChannelCredentials()),
                             options);
    const CallFailure failure = FailureOf(client.PlaceOrders(Request()).status());
    EXPECT_TRUE(failure.outcome_known) << NameOf(reason);
    EXPECT_FALSE(failure.order_may_exist) << NameOf(reason);
  }
}

TEST_F(OrderClientTest, AnUnknownTryAfterAKnownOneIsUnknown) {
  server_.service.ThenFail(v1::ERROR_REASON_GATEWAY_UNREACHABLE);
  server_.service.ThenFail(kBroken);
  EXPECT_FALSE(Fail().outcome_known);
}

TEST_F(OrderClientTest, InDoubtIsUnknown) {
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  const CallFailure failure = Fail();
  EXPECT_FALSE(failure.outcome_known);
  EXPECT_TRUE(failure.order_may_exist);
}

TEST_F(OrderClientTest, ATokenThatIsNoTokenIsNeitherSentNorTold) {
  OrderClientOptions options;
  options.token = "secret\ncanary";
  const OrderClient client(MakeOrderChannel(server_.address(), grpc::InsecureChannelCredentials()),
                           options);
  const absl::Status status = client.PlaceOrders(Request()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.ToString().find("canary"), std::string::npos);
}

TEST_F(OrderClientTest, NoStatusHoldsTheToken) {
  server_.service.ThenFail(kBroken);
  EXPECT_EQ(Client().PlaceOrders(Request()).status().ToString().find("secret-canary"),
            std::string::npos);
}

TEST_F(OrderClientTest, ReadsAPlacement) {
  server_.service.SetPlacement(
      grpc::Status::OK, FakeOrderService::Placement(Request(), v1::PLACEMENT_STATE_IN_DOUBT));
  auto response = Client().GetPlacement("id-1");
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->placement().state(), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(OrderClientTest, NotFoundIsNotAskedAgain) {
  server_.service.SetPlacement(
      ToGrpcStatus(MakeError(v1::ERROR_REASON_PLACEMENT_NOT_FOUND, "none", "id-1")), {});
  const CallFailure failure = FailureOf(Client().GetPlacement("id-1").status());
  EXPECT_TRUE(failure.outcome_known);
  EXPECT_THAT(server_.service.authorizations(), SizeIs(1));
}

TEST(OrderChannelTest, KnowsThatNothingListens) {
  const LoopbackPort refuses;
  auto channel = MakeOrderChannel(absl::StrCat("127.0.0.1:", refuses.number()),
                                  grpc::InsecureChannelCredentials());
  EXPECT_FALSE(WaitUntilConnected(*channel, absl::Seconds(30)));
}

}  // namespace
}  // namespace order1688
