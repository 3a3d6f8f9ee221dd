// The order list with a real server, a real sandbox and a real ledger: --probe, and a placement
// whose answer was lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kLookup[] =
    R"(  lookup {
    path: "/v2/alibaba/order/page"
    body_template: '{"page":{{page}},"pageSize":{{page_size}},"createStartTime":"{{created_after}}","createEndTime":"{{created_before}}","needBuyerAddressAndPhone":true}'
    least_interval { nanos: 100000000 }
  }
)";

ServerTerms Terms(const SandboxProcess& sandbox, const std::string& account_lines) {
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
  terms.account_lines = account_lines;
  return terms;
}

TEST(ProbeTest, TellsWhichSignaturesAreAcceptedAndTheSkewAndOrdersNothing) {
  SandboxProcess sandbox({"--clock-offset", "120"});
  ServerProcess server(Terms(sandbox, kLookup));
  server.WriteConfig();
  const ServerProcess::Run run = server.RunOnce("--probe main");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(
      run.output,
      AllOf(
          HasSubstr("MILLISECONDS  NONCE_INCLUDED  accepted      HTTP 200, code 200  (configured)"),
          HasSubstr("MILLISECONDS  NONCE_ABSENT    not accepted  HTTP 401, code 401\n"),
          HasSubstr("SECONDS       NONCE_INCLUDED  not accepted  HTTP 401, code 401\n"),
          HasSubstr("SECONDS       NONCE_ABSENT    not accepted  HTTP 401, code 401\n"),
          testing::ContainsRegex("the gateway's is 1(19|20|21) s ahead of ours"),
          Not(HasSubstr("TEST-ACCESS-SECRET-0001")), Not(HasSubstr("timestamp"))));
  EXPECT_EQ(sandbox.CountOf("pages_read_whole"), 4);
  EXPECT_EQ(sandbox.CountOf("requests_begun"), 0) << "no create request";
}

TEST(ProbeTest, AConfiguredSignatureThatIsNotAcceptedEndsWithOne) {
  SandboxProcess sandbox({"--timestamp-unit", "s", "--nonce", "absent"});
  ServerProcess server(Terms(sandbox, ""));
  server.WriteConfig();
  const ServerProcess::Run run = server.RunOnce("--probe main");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, AllOf(HasSubstr("SECONDS       NONCE_ABSENT    accepted      HTTP 200"),
                                HasSubstr("the configured signature was not accepted")));
  EXPECT_EQ(sandbox.CountOf("requests_begun"), 0);
  EXPECT_EQ(server.RunOnce("--probe nobody").exit_code, 1);
}

TEST(ProbeTest, AGatewayThatIsNotThereIsSaidSo) {
  ServerTerms terms;
  terms.base_url = "http://127.0.0.1:9";
  ServerProcess server(terms);
  server.WriteConfig();
  const ServerProcess::Run run = server.RunOnce("--probe main");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("no answer: connect_failed"));
}

// What is stored once it is no longer IN_DOUBT, or after half a minute.
v1::Placement Settled(grpc::Channel& channel, const std::string& request_id) {
  v1::Placement placement;
  for (int look = 0; look < 600; ++look) {
    placement = GetPlacement(channel, kShopToken, request_id).placement;
    if (placement.state() != v1::PLACEMENT_STATE_IN_DOUBT) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // between two looks
  }
  return placement;
}

TEST(LookupTest, APlacementWhoseAnswerWasLostGetsItsOrderAndIsNeverSentAgain) {
  SandboxProcess sandbox;
  ServerProcess server(Terms(sandbox, kLookup));
  server.Start();
  auto channel = server.NewChannel();
  sandbox.Plan(R"([{"id": "lost", "times": 3, "match": {"full_name": "lost"},
                    "fault": {"kind": "reset_after_read"}}])");
  ASSERT_TRUE(PlaceOrders(*channel, kShopToken, SampleRequest("good")).status.ok());
  for (const int number : {1, 2, 3}) {
    v1::PlaceOrdersRequest request = SampleRequest(absl::StrCat("lost-", number));
    request.mutable_batch()->mutable_address()->set_full_name("lost");
    request.mutable_batch()->mutable_cargo_lines(0)->set_quantity(number * 100);
    AddSeller("another-seller", "another-spec", &request);
    request.mutable_batch()->mutable_cargo_lines(1)->set_quantity(number * 100);
    const PlaceAnswer answer = PlaceOrders(*channel, kShopToken, request);
    EXPECT_EQ(answer.status.error_code(), grpc::UNKNOWN);
    const v1::Placement settled = Settled(*channel, request.request_id());
    EXPECT_EQ(settled.state(), v1::PLACEMENT_STATE_PLACED) << server.LogText();
    EXPECT_EQ(settled.settlement().source(), v1::SETTLEMENT_SOURCE_LOOKUP);
    EXPECT_EQ(settled.results_size(), 2);
    const PlaceAnswer again = PlaceOrders(*channel, kShopToken, request);
    EXPECT_TRUE(again.status.ok() && again.response.replayed());
  }
  EXPECT_EQ(sandbox.HitsOf("lost"), 3);
  EXPECT_EQ(sandbox.CountOf("requests_read_whole"), 4) << "each placement was sent once";
  EXPECT_EQ(sandbox.CountOf("orders"), 7);
  EXPECT_EQ(sandbox.CountOf("max_same_order"), 1);
  EXPECT_THAT(HttpGet(server.ops_port(), "/metrics"),
              HasSubstr("order1688_lookups_total{account=\"main\",result=\"placed\"} 3"));
  EXPECT_THAT(server.LogText(), Not(HasSubstr("13800000001")));
}

TEST(LookupTest, AWrongAndThereforeEmptyListSettlesNothing) {
  SandboxProcess sandbox;
  ServerProcess server(Terms(sandbox, kLookup));
  server.Start();
  auto channel = server.NewChannel();
  sandbox.Plan(R"([{"id": "lost", "fault": {"kind": "reset_after_read"}},
                   {"id": "empty", "call": "page", "times": -1, "fault": {"kind": "empty_list"}}])");
  PlaceOrders(*channel, kShopToken, SampleRequest("lost"));
  ASSERT_TRUE(sandbox.WaitForHits("empty", 2));
  EXPECT_EQ(GetPlacement(*channel, kShopToken, "lost").placement.state(),
            v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(sandbox.CountOf("requests_read_whole"), 1);
}

TEST(LookupTest, AServerThatStopsDoesNotWaitForTheListForEver) {
  SandboxProcess sandbox;
  ServerProcess server(Terms(sandbox, absl::StrCat(kLookup, "  timeout { seconds: 2 }\n")));
  server.Start();
  auto channel = server.NewChannel();
  sandbox.Plan(R"([{"id": "lost", "fault": {"kind": "reset_after_read"}},
                   {"id": "held", "call": "page", "fault": {"kind": "hold"}}])");
  PlaceOrders(*channel, kShopToken, SampleRequest("lost"));
  ASSERT_TRUE(sandbox.WaitForHolding("held", 1));
  EXPECT_EQ(server.Stop(), 0) << server.LogText();
}

}  // namespace
}  // namespace order1688
