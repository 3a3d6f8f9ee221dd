// The real server in front of the sandbox gateway, called as a team would call it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "order1688/v1/account_service.pb.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

class PlaceOrdersTest : public testing::Test {
 protected:
  PlaceOrdersTest() : server_(TermsFor(sandbox_)) { server_.Start(); }

  static ServerTerms TermsFor(const SandboxProcess& sandbox) {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
    return terms;
  }

  PlaceAnswer Place(const v1::PlaceOrdersRequest& request, milliseconds timeout = seconds(60)) {
    return PlaceOrders(*server_.NewChannel(), kShopToken, request, timeout);
  }
  // Any bytes to any method.
  grpc::Status CallRaw(const std::string& method, const std::string& bytes) {
    grpc::GenericStub stub(server_.NewChannel());
    grpc::ClientContext context;
    Prepare(kShopToken, seconds(60), &context);
    const grpc::Slice slice(bytes);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    std::promise<grpc::Status> answer;
    stub.UnaryCall(&context, method, {}, &request, &response,
                   [&](grpc::Status status) { answer.set_value(std::move(status)); });
    return answer.get_future().get();
  }
  GetAnswer Get(const std::string& request_id) {
    return GetPlacement(*server_.NewChannel(), kShopToken, request_id);
  }

  SandboxProcess sandbox_;
  ServerProcess server_;
};

TEST_F(PlaceOrdersTest, PlacesTheSampleAndReturnsExactIdsAndAmounts) {
  PlaceAnswer answer = Place(SampleRequest("sample-1"));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  const v1::Placement& placement = answer.response.placement();
  EXPECT_EQ(placement.state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(placement.request_id(), "sample-1");
  EXPECT_EQ(placement.caller(), "shop");
  EXPECT_EQ(placement.account(), "main");
  EXPECT_EQ(placement.gateway_host(), "127.0.0.1");
  EXPECT_EQ(placement.environment(), v1::ENVIRONMENT_SANDBOX);
  EXPECT_EQ(placement.attempt(), 1);
  EXPECT_FALSE(answer.response.replayed());
  EXPECT_TRUE(placement.unmapped_fields().empty());
  EXPECT_TRUE(placement.unreadable_fields().empty());

  rapidjson::Document report = sandbox_.Report();
  ASSERT_EQ(report["orders"].Size(), 1u);
  ASSERT_EQ(placement.results_size(), 1);
  const v1::OrderResult& result = placement.results(0);
  EXPECT_EQ(result.outcome(), v1::ORDER_OUTCOME_PLACED);
  EXPECT_THAT(result.cargo_indexes(), testing::ElementsAre(0));
  EXPECT_EQ(result.order().base_info().order_id(), report["orders"][0]["order_id"].GetString());
  EXPECT_EQ(result.order().base_info().total_amount().currency_code(), "CNY");
  EXPECT_EQ(result.order().base_info().status(), "waitbuyerpay");
}

TEST_F(PlaceOrdersTest, AMethodThatThisServerLacksIsNotOfferedRatherThanUnknown) {
  for (const char* method : {"/order1688.v1.OrderService/CancelOrder", "/order1688.v9.X/Y"}) {
    const grpc::Status status = CallRaw(method, "");
    EXPECT_EQ(status.error_code(), grpc::UNIMPLEMENTED);
    const std::optional<Error> error = FromGrpcStatus(status);
    ASSERT_TRUE(error.has_value()) << method;
    EXPECT_EQ(error->reason, v1::ERROR_REASON_NOT_OFFERED);
  }
}

TEST_F(PlaceOrdersTest, ServesEveryMethodOfTheProtos) {
  const auto* orders = v1::PlaceOrdersRequest::descriptor()->file()->service(0);
  const auto* accounts = v1::GetAccountRequest::descriptor()->file()->service(0);
  for (const google::protobuf::ServiceDescriptor* service : {orders, accounts}) {
    for (int i = 0; i < service->method_count(); ++i) {
      // A message that no method can read.
      const grpc::Status status =
          CallRaw(absl::StrCat("/", service->full_name(), "/", service->method(i)->name()), "\xff");
      const std::optional<Error> error = FromGrpcStatus(status);
      ASSERT_TRUE(error.has_value()) << service->method(i)->full_name();
      EXPECT_TRUE(error->reason == v1::ERROR_REASON_INVALID_REQUEST ||
                  error->reason == v1::ERROR_REASON_NOT_PERMITTED)
          << service->method(i)->full_name() << " " << NameOf(error->reason);
    }
  }
}

TEST_F(PlaceOrdersTest, BytesThatCannotBeReadAreAnInvalidRequestRatherThanUnknown) {
  v1::PlaceOrdersRequest large = SampleRequest("large");
  large.set_reference(std::string(1 << 20, 'x'));
  std::string no_utf8 = SampleRequest("no-utf8-in-it").SerializeAsString();
  no_utf8[no_utf8.find("no-utf8-in-it")] = '\xff';
  const std::string whole = SampleRequest("cut").SerializeAsString();
  for (const std::string& bytes :
       {large.SerializeAsString(), no_utf8, whole.substr(0, whole.size() - 1)}) {
    const grpc::Status status = CallRaw("/order1688.v1.OrderService/PlaceOrders", bytes);
    EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
    const std::optional<Error> error = FromGrpcStatus(status);
    ASSERT_TRUE(error.has_value()) << status.error_message();
    EXPECT_EQ(error->reason, v1::ERROR_REASON_INVALID_REQUEST);
    EXPECT_FALSE(error->order_may_exist);
    ASSERT_THAT(error->violations, testing::SizeIs(1));
    EXPECT_EQ(error->violations[0].field, "request");
  }
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 0);
}

TEST_F(PlaceOrdersTest, SendsExactlyTheDocumentedBody) {
  ASSERT_TRUE(Place(SampleRequest("body-1")).status.ok());
  rapidjson::Document report = sandbox_.Report();
  ASSERT_EQ(report["requests"].Size(), 1u);
  v1::PlaceOrdersRequest request = SampleRequest("body-1");
  request.set_validate_only(true);
  PlaceAnswer checked = Place(request);
  ASSERT_TRUE(checked.status.ok());
  EXPECT_EQ(checked.response.request_body(), report["requests"][0]["body"].GetString());
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 1) << "validate_only must send nothing";
}

TEST_F(PlaceOrdersTest, SecondCallWithTheSameIdReturnsTheFirstAnswer) {
  PlaceAnswer first = Place(SampleRequest("twice"));
  PlaceAnswer second = Place(SampleRequest("twice"));
  ASSERT_TRUE(first.status.ok());
  ASSERT_TRUE(second.status.ok());
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(first.response.placement().SerializeAsString(),
            second.response.placement().SerializeAsString());
  EXPECT_EQ(sandbox_.CountOf("orders"), 1);
}

// Who has an answer and then looks for its line finds it, though lines are written together.
TEST_F(PlaceOrdersTest, TheLineOfACallIsWrittenBeforeItsAnswerLeaves) {
  constexpr int kCalls = 8;
  std::vector<std::thread> callers;
  std::atomic<int> lines_found = 0;
  for (int i = 0; i < kCalls; ++i) {
    callers.emplace_back([&, id = absl::StrCat("line-", i)] {
      if (!Place(SampleRequest(id)).status.ok()) return;
      if (absl::StrContains(server_.LogText(), absl::StrCat("\"request_id\":\"", id, "\"")))
        ++lines_found;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(lines_found, kCalls);
}

TEST_F(PlaceOrdersTest, AnAbsentAndAnEmptyOptionalAreTheSameRequest) {
  ASSERT_TRUE(Place(SampleRequest("empty")).status.ok());
  v1::PlaceOrdersRequest request = SampleRequest("empty");
  request.mutable_batch()->set_message("");
  PlaceAnswer second = Place(request);
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_TRUE(second.response.replayed());
}

TEST_F(PlaceOrdersTest, TheSameIdWithOtherContentIsRefused) {
  ASSERT_TRUE(Place(SampleRequest("reused")).status.ok());
  v1::PlaceOrdersRequest other = SampleRequest("reused");
  other.mutable_batch()->mutable_cargo_lines(0)->set_quantity(2);
  PlaceAnswer answer = Place(other);
  EXPECT_EQ(answer.status.error_code(), grpc::INVALID_ARGUMENT);
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->reason, v1::ERROR_REASON_REQUEST_ID_REUSED);
  EXPECT_EQ(sandbox_.CountOf("orders"), 1);
}

TEST_F(PlaceOrdersTest, AReplaySurvivesARestart) {
  PlaceAnswer first = Place(SampleRequest("restart"));
  ASSERT_TRUE(first.status.ok());
  EXPECT_EQ(server_.Stop(), 0);
  server_.Start();
  PlaceAnswer second = Place(SampleRequest("restart"));
  ASSERT_TRUE(second.status.ok());
  EXPECT_TRUE(second.response.replayed());
  EXPECT_EQ(first.response.placement().SerializeAsString(),
            second.response.placement().SerializeAsString());
  EXPECT_EQ(sandbox_.CountOf("orders"), 1);
}

TEST_F(PlaceOrdersTest, APlacementThatWasOnItsWayWhenTheServerDiedIsInDoubtAndNeverSentAgain) {
  sandbox_.Plan(R"([{"id": "held", "fault": {"kind": "hold"}}])");
  BackgroundPlace call(server_.NewChannel(), kShopToken, SampleRequest("killed"));
  ASSERT_TRUE(sandbox_.WaitForHolding("held", 1));
  server_.Kill();
  const PlaceAnswer& broken = call.Wait();
  EXPECT_FALSE(broken.error.has_value())
      << "a dead server can answer nothing: the outcome is unknown";
  server_.Start();
  PlaceAnswer again = Place(SampleRequest("killed"));
  EXPECT_EQ(again.status.error_code(), grpc::UNKNOWN);
  ASSERT_TRUE(again.error.has_value());
  EXPECT_EQ(again.error->reason, v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  EXPECT_TRUE(again.error->order_may_exist);
  EXPECT_EQ(Get("killed").placement.state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 1);
}

TEST_F(PlaceOrdersTest, OnePlacementOfTwoSellersGivesAResultForEach) {
  v1::PlaceOrdersRequest request = SampleRequest("two-sellers");
  AddSeller("seller-b", "spec-b", &request);
  PlaceAnswer answer = Place(request);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  ASSERT_EQ(answer.response.placement().results_size(), 2);
  EXPECT_THAT(answer.response.placement().results(0).cargo_indexes(), testing::ElementsAre(0));
  EXPECT_THAT(answer.response.placement().results(1).cargo_indexes(), testing::ElementsAre(1));
}

TEST_F(PlaceOrdersTest, ARefusedSellerBesideAnOrderIsPartlyPlaced) {
  sandbox_.Plan(
      R"([{"id": "refuse-b", "fault": {"kind": "seller_failure", "seller_open_id": "seller-b",
                     "error_code": "500_004", "error_msg": "stock too low"}}])");
  v1::PlaceOrdersRequest request = SampleRequest("partly");
  AddSeller("seller-b", "spec-b", &request);
  PlaceAnswer answer = Place(request);
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.response.placement().state(), v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  EXPECT_EQ(answer.response.placement().results(1).outcome(), v1::ORDER_OUTCOME_REFUSED);
  EXPECT_EQ(answer.response.placement().results(1).error().code(), "500_004");
  EXPECT_EQ(sandbox_.HitsOf("refuse-b"), 1);
}

TEST_F(PlaceOrdersTest, NearTheDeadlineTheCallerIsToldAndTheOutcomeIsKeptForTheSameId) {
  sandbox_.Plan(R"([{"id": "held", "fault": {"kind": "hold"}}])");
  PlaceAnswer early = Place(SampleRequest("slow"), milliseconds(1500));
  EXPECT_EQ(early.status.error_code(), grpc::ABORTED);
  ASSERT_TRUE(early.error.has_value());
  EXPECT_EQ(early.error->reason, v1::ERROR_REASON_PLACEMENT_IN_PROGRESS);
  EXPECT_TRUE(early.error->order_may_exist);
  ASSERT_TRUE(sandbox_.WaitForHolding("held", 1));
  BackgroundPlace joiner(server_.NewChannel(), kShopToken, SampleRequest("slow"));
  sandbox_.Release("held");
  const PlaceAnswer& late = joiner.Wait();
  ASSERT_TRUE(late.status.ok()) << late.status.error_message();
  EXPECT_TRUE(late.response.replayed());
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 1);
}

TEST_F(PlaceOrdersTest, LessThanASecondOfDeadlineIsRefusedAndLeavesNoRow) {
  PlaceAnswer answer = Place(SampleRequest("short"), milliseconds(700));
  EXPECT_EQ(answer.status.error_code(), grpc::DEADLINE_EXCEEDED);
  ASSERT_TRUE(answer.error.has_value()) << answer.status.error_message();
  EXPECT_EQ(answer.error->reason, v1::ERROR_REASON_DEADLINE_TOO_SHORT);
  EXPECT_EQ(Get("short").status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 0);
}

TEST_F(PlaceOrdersTest, ACallerThatGoesAwayNeverCutsAnOrderThatWasSent) {
  sandbox_.Plan(R"([{"id": "held", "fault": {"kind": "hold"}}])");
  BackgroundPlace call(server_.NewChannel(), kShopToken, SampleRequest("gone"));
  ASSERT_TRUE(sandbox_.WaitForHolding("held", 1));
  call.Cancel();
  call.Wait();
  BackgroundPlace again(server_.NewChannel(), kShopToken, SampleRequest("gone"));
  sandbox_.Release("held");
  EXPECT_TRUE(again.Wait().status.ok()) << again.Wait().status.error_message();
  EXPECT_EQ(sandbox_.CountOf("orders"), 1);
}

TEST_F(PlaceOrdersTest, SigtermLetsARunningPlacementFinish) {
  sandbox_.Plan(R"([{"id": "held", "fault": {"kind": "hold"}}])");
  auto channel = server_.NewChannel();
  auto health = grpc::health::v1::Health::NewStub(channel);
  auto health_of = [&] {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckResponse response;
    health->Check(&context, {}, &response);
    return response.status();
  };
  EXPECT_EQ(health_of(), grpc::health::v1::HealthCheckResponse::SERVING);
  EXPECT_THAT(HttpGet(server_.ops_port(), "/readyz"), HasSubstr("200"));
  BackgroundPlace call(server_.NewChannel(), kShopToken, SampleRequest("sigterm"));
  ASSERT_TRUE(sandbox_.WaitForHolding("held", 1));
  server_.Signal(SIGTERM);
  while (health_of() == grpc::health::v1::HealthCheckResponse::SERVING) {
  }
  EXPECT_EQ(health_of(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
  PlaceAnswer refused = PlaceOrders(*channel, kShopToken, SampleRequest("too-late"));
  EXPECT_EQ(refused.status.error_code(), grpc::UNAVAILABLE);
  ASSERT_TRUE(refused.error.has_value());
  EXPECT_EQ(refused.error->reason, v1::ERROR_REASON_SHUTTING_DOWN);
  sandbox_.Release("held");
  EXPECT_TRUE(call.Wait().status.ok()) << call.Wait().status.error_message();
  EXPECT_EQ(server_.Wait(), 0);
}

TEST_F(PlaceOrdersTest, WithoutAKnownTokenNothingIsDone) {
  for (const std::string& token : {std::string(), std::string("wrong")}) {
    PlaceAnswer answer = PlaceOrders(*server_.NewChannel(), token, SampleRequest("stranger"));
    EXPECT_EQ(answer.status.error_code(), grpc::UNAUTHENTICATED);
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(answer.error->reason, v1::ERROR_REASON_UNKNOWN_CALLER);
  }
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 0);
}

TEST_F(PlaceOrdersTest, EveryListedTokenOfACallerIsTheSameCaller) {
  ASSERT_TRUE(Place(SampleRequest("rotation")).status.ok());
  PlaceAnswer answer =
      PlaceOrders(*server_.NewChannel(), kShopNextToken, SampleRequest("rotation"));
  EXPECT_TRUE(answer.response.replayed());
}

TEST_F(PlaceOrdersTest, PermissionsAndPlacementsBelongToTheCaller) {
  ASSERT_TRUE(Place(SampleRequest("mine")).status.ok());
  PlaceAnswer reader = PlaceOrders(*server_.NewChannel(), kReaderToken, SampleRequest("mine"));
  EXPECT_EQ(reader.status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_EQ(reader.error->reason, v1::ERROR_REASON_NOT_PERMITTED);
  GetAnswer foreign = GetPlacement(*server_.NewChannel(), kReaderToken, "mine");
  EXPECT_EQ(foreign.status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(foreign.error->reason, v1::ERROR_REASON_PLACEMENT_NOT_FOUND);
  EXPECT_EQ(Get("mine").placement.state(), v1::PLACEMENT_STATE_PLACED);
  PlaceAnswer rival = PlaceOrders(*server_.NewChannel(), kRivalToken, SampleRequest("mine"));
  ASSERT_TRUE(rival.status.ok()) << "the same id of another caller is another purchase";
  EXPECT_FALSE(rival.response.replayed());
  EXPECT_EQ(sandbox_.CountOf("orders"), 2);
}

TEST_F(PlaceOrdersTest, EveryViolationIsToldAtOnceAndNothingIsSent) {
  v1::PlaceOrdersRequest request;
  request.set_request_id("bad id");
  request.mutable_batch()->add_cargo_lines()->set_quantity(0.0001);
  PlaceAnswer answer = Place(request);
  EXPECT_EQ(answer.status.error_code(), grpc::INVALID_ARGUMENT);
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->reason, v1::ERROR_REASON_INVALID_REQUEST);
  std::vector<std::string> fields;
  for (const FieldViolation& violation : answer.error->violations)
    fields.push_back(violation.field);
  EXPECT_THAT(fields, testing::IsSupersetOf({"request_id", "batch.flow", "batch.address",
                                             "batch.cargo_lines[0].seller_open_id",
                                             "batch.cargo_lines[0].offer_map_id",
                                             "batch.cargo_lines[0].quantity"}));
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 0);
}

TEST_F(PlaceOrdersTest, AnUnknownProtobufFieldIsRefused) {
  v1::PlaceOrdersRequest request = SampleRequest("newer");
  request.mutable_batch()
      ->GetReflection()
      ->MutableUnknownFields(request.mutable_batch())
      ->AddVarint(1000, 1);
  PlaceAnswer answer = Place(request);
  EXPECT_EQ(answer.status.error_code(), grpc::INVALID_ARGUMENT);
  const std::optional<Error> error = FromGrpcStatus(answer.status);
  ASSERT_TRUE(error.has_value());
  ASSERT_EQ(error->violations.size(), 1u);
  EXPECT_EQ(error->violations[0].field, "batch.1000");
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 0);
}

TEST_F(PlaceOrdersTest, MetricsCountWhatHappened) {
  ASSERT_TRUE(Place(SampleRequest("metered")).status.ok());
  const std::string metrics = HttpGet(server_.ops_port(), "/metrics");
  EXPECT_THAT(metrics, HasSubstr("grpc_server_handled_total"));
  EXPECT_THAT(metrics, HasSubstr("order1688_placements_total"));
  EXPECT_THAT(HttpGet(server_.ops_port(), "/healthz"), HasSubstr("200\nok"));
}

TEST_F(PlaceOrdersTest, NoPersonalDataAndNoSecretLeavesAnywhere) {
  v1::PlaceOrdersRequest request = SampleRequest("canary");
  v1::Address* address = request.mutable_batch()->mutable_address();
  address->set_full_name("CANARY-NAME");
  address->set_address("CANARY-STREET");
  address->set_mobile("13800009999");
  request.set_reference("CANARY-REFERENCE");
  request.mutable_batch()->set_message("CANARY-MESSAGE");
  sandbox_.Plan(
      R"([{"id": "echo", "match": {"request_number": 2}, "fault": {"kind": "envelope_code", "code": 400, "msg": "bad address CANARY-STREET"}}])");
  ASSERT_TRUE(Place(request).status.ok());
  request.set_request_id("canary-refused");
  EXPECT_EQ(Place(request).status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(sandbox_.HitsOf("echo"), 1);
  PlaceOrders(*server_.NewChannel(), "CANARY-TOKEN", request);
  const std::string metrics = HttpGet(server_.ops_port(), "/metrics");
  EXPECT_EQ(server_.Stop(), 0);
  for (const std::string& output : {server_.LogText(), metrics}) {
    for (const char* secret : {"CANARY", "13800009999", kShopToken, "TEST-ACCESS-SECRET-0001",
                               "58c0201dfdf148eca63cbf6bb5e7cf03"}) {
      EXPECT_THAT(output, Not(HasSubstr(secret)));
    }
  }
  EXPECT_THAT(server_.LogText(), HasSubstr("\"request_id\":\"canary\""))
      << "or the test looked at nothing";
}

}  // namespace
}  // namespace order1688
