// The tables "What the gateway's answer means" and "Errors" of the README, row by row, with a real
// server and faults of the sandbox.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/loopback_port.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

struct OutcomeCase {
  const char* name;
  const char* fault;  // JSON of the planned fault
  grpc::StatusCode code;
  v1::ErrorReason reason;  // UNSPECIFIED: no error
  v1::PlacementState state;
  const char* cause;
};
void PrintTo(const OutcomeCase& outcome, std::ostream* out) { *out << outcome.name; }

constexpr v1::ErrorReason kNoError = v1::ERROR_REASON_UNSPECIFIED;
constexpr v1::PlacementState kPlaced = v1::PLACEMENT_STATE_PLACED;
constexpr v1::PlacementState kInDoubt = v1::PLACEMENT_STATE_IN_DOUBT;
constexpr v1::PlacementState kRejected = v1::PLACEMENT_STATE_REJECTED;
constexpr v1::PlacementState kNotPlaced = v1::PLACEMENT_STATE_NOT_PLACED;

OutcomeCase InDoubt(const char* name, const char* fault, const char* cause) {
  return {name, fault, grpc::UNKNOWN, v1::ERROR_REASON_OUTCOME_IN_DOUBT, kInDoubt, cause};
}
OutcomeCase Rejected(const char* name, const char* fault, const char* cause) {
  return {name,      fault, grpc::FAILED_PRECONDITION, v1::ERROR_REASON_GATEWAY_REJECTED,
          kRejected, cause};
}
OutcomeCase Placed(const char* name, const char* fault) {
  return {name, fault, grpc::OK, kNoError, kPlaced, "answered"};
}

class PlaceOrdersOutcomeTest : public testing::TestWithParam<OutcomeCase> {
 protected:
  static ServerTerms TermsFor(const SandboxProcess& sandbox) {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
    terms.account_lines = "  timeout { seconds: 5 }\n  refusal_codes: \"OUT_OF_STOCK\"\n";
    return terms;
  }
};

TEST_P(PlaceOrdersOutcomeTest, IsAnsweredAndStoredAsTheTableSays) {
  SandboxProcess sandbox;
  ServerProcess server(TermsFor(sandbox));
  server.Start();
  sandbox.Plan(absl::StrCat(R"([{"id": "fault", "fault": )", GetParam().fault, "}]"));
  auto channel = server.NewChannel();

  PlaceAnswer answer = PlaceOrders(*channel, kShopToken, SampleRequest("outcome"));
  EXPECT_EQ(sandbox.HitsOf("fault"), 1) << "the fault was not hit: the test says nothing";
  EXPECT_EQ(answer.status.error_code(), GetParam().code) << answer.status.error_message();
  EXPECT_EQ(answer.error.has_value() ? answer.error->reason : kNoError, GetParam().reason);
  GetAnswer stored = GetPlacement(*channel, kShopToken, "outcome");
  EXPECT_EQ(stored.placement.state(), GetParam().state);
  EXPECT_EQ(stored.placement.cause(), GetParam().cause);
  if (answer.error.has_value()) {
    EXPECT_EQ(answer.error->order_may_exist, GetParam().state == kInDoubt);
    EXPECT_EQ(answer.error->metadata["environment"], "SANDBOX");
  }
  if (GetParam().state == kNotPlaced) return;

  // Whatever it is, the same request_id never sends it again.
  PlaceAnswer again = PlaceOrders(*channel, kShopToken, SampleRequest("outcome"));
  EXPECT_EQ(again.status.error_code(), GetParam().code);
  if (GetParam().state == kRejected) EXPECT_TRUE(again.error->replayed);
  EXPECT_LE(sandbox.CountOf("requests_read_whole"), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PlaceOrdersOutcomeTest,
    testing::Values(
        Rejected("EnvelopeCode400",
                 R"({"kind": "envelope_code", "code": 400, "msg": "AddressId invalid"})",
                 "gateway_refused"),
        Rejected("EnvelopeCode422AsText",
                 R"({"kind": "envelope_code", "code": "422", "msg": "no"})", "gateway_refused"),
        Rejected("DeclaredRefusalCode",
                 R"({"kind": "envelope_code", "code": "OUT_OF_STOCK", "msg": "no"})",
                 "gateway_refused"),
        Rejected("Http403", R"({"kind": "http_status", "status": 403, "body": "forbidden"})",
                 "gateway_refused"),
        Rejected("Http404Html", R"({"kind": "html", "status": 404})", "gateway_refused"),
        Rejected(
            "EverySellerRefused",
            R"({"kind": "seller_failure", "error_code": "500_004", "error_msg": "stock too low"})",
            "answered"),
        OutcomeCase{"Http401", R"({"kind": "http_status", "status": 401, "body": "{}"})",
                    grpc::FAILED_PRECONDITION, v1::ERROR_REASON_GATEWAY_AUTHENTICATION, kNotPlaced,
                    "gateway_authentication"},
        OutcomeCase{"SignatureCode",
                    R"({"kind": "envelope_code", "code": "gw.SignatureInvalid", "msg": "no"})",
                    grpc::FAILED_PRECONDITION, v1::ERROR_REASON_GATEWAY_AUTHENTICATION, kNotPlaced,
                    "gateway_authentication"},
        OutcomeCase{"Http429", R"({"kind": "http_status", "status": 429, "body": "{}"})",
                    grpc::RESOURCE_EXHAUSTED, v1::ERROR_REASON_GATEWAY_THROTTLED, kNotPlaced,
                    "gateway_throttled"},
        OutcomeCase{"QosCode",
                    R"({"kind": "envelope_code", "code": "gw.QosAppFrequencyLimit", "msg": "no"})",
                    grpc::RESOURCE_EXHAUSTED, v1::ERROR_REASON_GATEWAY_THROTTLED, kNotPlaced,
                    "gateway_throttled"},
        Placed("IdUnderHttp500", R"({"kind": "http_status", "status": 500, "keep_body": true})"),
        Placed(
            "SuccessFalseBesideAnId",
            R"({"kind": "seller_failure", "error_code": "X", "error_msg": "no", "keep_id": true})"),
        Placed(
            "NotANumberBeforeTheId",
            R"({"kind": "set_leaf", "leaves": [{"path": "data[0].baseInfo.totalAmount", "raw": "1e400"}]})"),
        Placed("UnknownKey",
               R"({"kind": "add_leaf", "leaves": [{"path": "data[0].newKey", "json": 1}]})"),
        InDoubt("UnknownCode", R"({"kind": "envelope_code", "code": 777, "msg": "?"})",
                "unknown_code"),
        InDoubt("Http500Html", R"({"kind": "html", "status": 500})", "unexpected_http_status"),
        InDoubt(
            "Http302",
            R"({"kind": "http_status", "status": 302, "body": "", "headers": {"Location": "http://127.0.0.1:9/"}})",
            "unexpected_http_status"),
        InDoubt("Http418", R"({"kind": "http_status", "status": 418, "body": "{}"})",
                "unexpected_http_status"),
        InDoubt("HtmlWith200", R"({"kind": "html", "status": 200})", "unreadable_answer"),
        InDoubt("EmptyData", R"({"kind": "empty_data"})", "line_unanswered"),
        InDoubt("NullData", R"({"kind": "data_null"})", "line_unanswered"),
        InDoubt("NoAnswerAfterRead", R"({"kind": "drop_after_read"})", "answer_cut"),
        InDoubt("ResetAfterRead", R"({"kind": "reset_after_read"})", "answer_cut"),
        InDoubt("ResetInTheHeader", R"({"kind": "reset_at_byte", "n": 20})", "answer_cut"),
        InDoubt("CutInTheBody", R"({"kind": "truncate_body", "n": 100})", "answer_cut"),
        InDoubt("CutChunk", R"({"kind": "chunked_cut", "n": 100})", "answer_cut"),
        InDoubt("SilenceUntilTheTimeout", R"({"kind": "hold"})", "no_answer")),
    [](const testing::TestParamInfo<OutcomeCase>& info) { return std::string(info.param.name); });

TEST(GatewayUnreachableTest, ARefusedConnectionIsUnavailableAndTheSameIdMayBeSentAfterwards) {
  const LoopbackPort refuses;
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", refuses.number());
  ServerProcess server(terms);
  server.Start();
  PlaceAnswer answer = PlaceOrders(*server.NewChannel(), kShopToken, SampleRequest("later"));
  EXPECT_EQ(answer.status.error_code(), grpc::UNAVAILABLE);
  ASSERT_TRUE(answer.error.has_value());
  EXPECT_EQ(answer.error->reason, v1::ERROR_REASON_GATEWAY_UNREACHABLE);
  EXPECT_FALSE(answer.error->order_may_exist);
  EXPECT_TRUE(answer.error->retry_delay.has_value());
  GetAnswer stored = GetPlacement(*server.NewChannel(), kShopToken, "later");
  EXPECT_EQ(stored.placement.state(), kNotPlaced);
  EXPECT_EQ(stored.placement.evidence(), v1::NOT_PLACED_EVIDENCE_NEVER_SENT);

  SandboxProcess sandbox;
  terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
  EXPECT_EQ(server.Stop(), 0);
  server.SetTerms(terms);
  server.Start();
  PlaceAnswer placed = PlaceOrders(*server.NewChannel(), kShopToken, SampleRequest("later"));
  ASSERT_TRUE(placed.status.ok()) << placed.status.error_message();
  EXPECT_EQ(placed.response.placement().attempt(), 2);
  EXPECT_EQ(sandbox.CountOf("orders"), 1);
}

TEST(GatewayAuthenticationTest, AWrongSecretIsNamedAndMendedUnderTheSameId) {
  SandboxProcess sandbox;
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
  terms.access_secret = "WRONG-SECRET";
  ServerProcess server(terms);
  server.Start();
  PlaceAnswer answer = PlaceOrders(*server.NewChannel(), kShopToken, SampleRequest("mend"));
  EXPECT_EQ(answer.status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(answer.error->reason, v1::ERROR_REASON_GATEWAY_AUTHENTICATION);
  EXPECT_EQ(server.Stop(), 0);
  terms.access_secret = "TEST-ACCESS-SECRET-0001";
  server.SetTerms(terms);
  server.Start();
  EXPECT_TRUE(PlaceOrders(*server.NewChannel(), kShopToken, SampleRequest("mend")).status.ok());
}

TEST(AccountPauseTest, FiveOutcomesInDoubtInARowPauseTheAccount) {
  SandboxProcess sandbox;
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
  ServerProcess server(terms);
  server.Start();
  sandbox.Plan(R"([{"id": "lost", "times": 5, "fault": {"kind": "drop_after_read"}}])");
  auto channel = server.NewChannel();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(PlaceOrders(*channel, kShopToken, SampleRequest(absl::StrCat("doubt-", i)))
                  .status.error_code(),
              grpc::UNKNOWN);
  }
  EXPECT_EQ(sandbox.HitsOf("lost"), 5);
  PlaceAnswer paused = PlaceOrders(*channel, kShopToken, SampleRequest("sixth"));
  EXPECT_EQ(paused.status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(paused.error->reason, v1::ERROR_REASON_ACCOUNT_PAUSED);
  EXPECT_EQ(sandbox.CountOf("requests_read_whole"), 5);
  EXPECT_EQ(GetPlacement(*channel, kShopToken, "sixth").status.error_code(), grpc::NOT_FOUND);
}

}  // namespace
}  // namespace order1688
