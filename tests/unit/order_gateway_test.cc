#include "server/upstream/order_gateway.h"

#include <openssl/evp.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_transport.h"
#include "tests/support/gateway_answers.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string SampleRequest() {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.request.json"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The documented body is protobuf JSON of the batch: read by protobuf's own parser, not by our
// mapper.
v1::OrderBatch SampleBatch() {
  v1::OrderBatch batch;
  const auto status = google::protobuf::util::JsonStringToMessage(SampleRequest(), &batch);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return batch;
}

// UPPER(HEX(MD5(text))), computed without our signer.
std::string Md5(const std::string& text) {
  unsigned char hash[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), hash, &size, EVP_md5(), nullptr);
  return absl::AsciiStrToUpper(
      absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(hash), size)));
}

GatewayAccount TestAccount() {
  GatewayAccount account;
  account.name = "main";
  account.base_url = "https://gateway.example/api";
  account.host = "gateway.example";
  account.environment = v1::ENVIRONMENT_SANDBOX;
  account.user_id = "2100007341207";
  account.signing_key.access_key = "58c0201dfdf148eca63cbf6bb5e7cf03";
  account.signing_key.access_secret = "TEST-ACCESS-SECRET-0001";
  account.timeout = absl::Seconds(30);
  return account;
}

class OrderGatewayTest : public testing::Test {
 protected:
  std::unique_ptr<OrderGateway> Create(GatewayAccount account) {
    absl::StatusOr<std::unique_ptr<OrderGateway>> gateway =
        OrderGateway::Create(std::move(account), transport_, clock_);
    EXPECT_TRUE(gateway.ok()) << gateway.status();
    return *std::move(gateway);
  }

  std::shared_ptr<SendGate> NewGate(const SignedRequest& request) {
    return std::make_shared<SendGate>(
        clock_, SendGateTerms{request.signed_at, request.signed_at + absl::Seconds(90),
                              request.signed_at + absl::Seconds(35)});
  }

  static std::map<std::string, std::string> HeadersOf(const HttpRequest& request) {
    std::map<std::string, std::string> headers(request.headers.begin(), request.headers.end());
    EXPECT_EQ(headers.size(), request.headers.size()) << "a header is there twice";
    return headers;
  }

  FakeClock clock_;
  FakeTransport transport_;
};

TEST_F(OrderGatewayTest, SampleBatchIsSentAsTheSampleRequest) {
  const auto gateway = Create(TestAccount());
  const absl::StatusOr<std::string> body = gateway->Encode(SampleBatch().SerializeAsString());
  ASSERT_TRUE(body.ok()) << body.status();
  // Spaces and line ends of the document stand only between its tokens.
  std::string compact = SampleRequest();
  compact.erase(std::remove_if(compact.begin(), compact.end(),
                               [](char c) { return c == '\n' || c == '\r' || c == ' '; }),
                compact.end());
  EXPECT_EQ(*body, compact);

  const SignedRequest request = *gateway->Sign(*body);
  gateway->Send(request, NewGate(request), std::make_shared<v1::OrderBatch>(SampleBatch()),
                [](const GatewayVerdict&, const HttpResult&) {});
  ASSERT_EQ(transport_.requests().size(), 1U);
  EXPECT_EQ(transport_.requests()[0].url,
            "https://gateway.example/api/v2/alibaba/order/batch/create");
  rapidjson::Document sent;
  rapidjson::Document sample;
  ASSERT_FALSE(sent.Parse(transport_.requests()[0].body.c_str()).HasParseError());
  ASSERT_FALSE(sample.Parse(SampleRequest().c_str()).HasParseError());
  EXPECT_EQ(sent, sample);
  transport_.Deliver({});  // the gateway must outlive the answer
}

TEST_F(OrderGatewayTest, HeadersAreCompleteAndTheSignatureIsRight) {
  const SignedRequest request = *Create(TestAccount())->Sign("{}");
  std::map<std::string, std::string> headers = HeadersOf(request.http);
  const std::string nonce = headers["nonce-str"];
  EXPECT_THAT(nonce, MatchesRegex("[A-Za-z0-9]{32}"));
  EXPECT_THAT(
      headers,
      UnorderedElementsAre(
          Pair("access-key", "58c0201dfdf148eca63cbf6bb5e7cf03"),
          Pair("timestamp", "1767323045000"), Pair("nonce-str", nonce),
          Pair("user-id", "2100007341207"), Pair("Content-Type", "application/json"),
          Pair("signature", Md5(absl::StrCat("58c0201dfdf148eca63cbf6bb5e7cf03", "1767323045000",
                                             nonce, "TEST-ACCESS-SECRET-0001")))));
}

TEST_F(OrderGatewayTest, AccountWithoutNonceSendsAndSignsNone) {
  GatewayAccount account = TestAccount();
  account.signing_key.nonce_included = false;
  std::map<std::string, std::string> headers = HeadersOf(Create(account)->Sign("{}")->http);
  EXPECT_EQ(headers.count("nonce-str"), 0U);
  EXPECT_EQ(headers["signature"], Md5("58c0201dfdf148eca63cbf6bb5e7cf03"
                                      "1767323045000"
                                      "TEST-ACCESS-SECRET-0001"));
}

TEST_F(OrderGatewayTest, AccountInSecondsSendsAndSignsSeconds) {
  GatewayAccount account = TestAccount();
  account.signing_key.timestamp_unit = TimestampUnit::kSeconds;
  std::map<std::string, std::string> headers = HeadersOf(Create(account)->Sign("{}")->http);
  EXPECT_EQ(headers["timestamp"], "1767323045");
  EXPECT_EQ(headers["signature"],
            Md5(absl::StrCat("58c0201dfdf148eca63cbf6bb5e7cf03", "1767323045", headers["nonce-str"],
                             "TEST-ACCESS-SECRET-0001")));
}

TEST_F(OrderGatewayTest, EveryRequestIsSignedAnew) {
  const auto gateway = Create(TestAccount());
  std::set<std::string> nonces;
  for (int i = 0; i < 20; ++i) nonces.insert(HeadersOf(gateway->Sign("{}")->http)["nonce-str"]);
  EXPECT_EQ(nonces.size(), 20U);
  clock_.Advance(absl::Milliseconds(1500));
  EXPECT_EQ(HeadersOf(gateway->Sign("{}")->http)["timestamp"], "1767323046500");
}

TEST_F(OrderGatewayTest, SignTellsBothClocks) {
  clock_.SetSinceBoot(absl::Seconds(77));
  const SignedRequest request = *Create(TestAccount())->Sign("{\"a\":1}");
  EXPECT_EQ(request.signed_at, absl::Seconds(77));
  EXPECT_EQ(request.sign_time, clock_.Now());
  EXPECT_EQ(request.http.body, "{\"a\":1}");
}

TEST_F(OrderGatewayTest, BatchThatIsNoJsonIsRefusedWithItsPathAndWithoutItsValue) {
  v1::OrderBatch batch = SampleBatch();
  batch.mutable_address()->set_full_name("li\xFF");
  const absl::StatusOr<std::string> body = Create(TestAccount())->Encode(batch.SerializeAsString());
  EXPECT_EQ(body.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(body.status().message());
  EXPECT_THAT(message, HasSubstr("addressParam.fullName"));
  EXPECT_THAT(message, Not(HasSubstr("li\xFF")));
}

TEST_F(OrderGatewayTest, ExplanationHoldsNoSecret) {
  const std::string text = *Create(TestAccount())->ExplainStringToSign();
  EXPECT_THAT(text, MatchesRegex("58c0201dfdf148eca63cbf6bb5e7cf03"
                                 "1767323045000"
                                 "[A-Za-z0-9]{32}<secret>"));
}

TEST_F(OrderGatewayTest, AnswerIsJudgedForTheBatchAndHandedOn) {
  const auto gateway = Create(TestAccount());
  const SignedRequest request = *gateway->Sign("{}");
  std::optional<GatewayVerdict> verdict;
  std::optional<HttpResult> answer;
  gateway->Send(request, NewGate(request), std::make_shared<v1::OrderBatch>(TwoSellers()),
                [&](GatewayVerdict v, const HttpResult& r) {
                  verdict = std::move(v);
                  answer = r;
                });
  EXPECT_FALSE(verdict.has_value());
  EXPECT_TRUE(transport_.OpenGate());
  HttpResult result =
      Answered({PlacedJson("seller-a", kFirstId, {"a1", "a2"}), RefusedJson("seller-b")});
  result.latency = absl::Milliseconds(120);
  transport_.Answer(result);
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->outcome->state(), v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  EXPECT_EQ(answer->latency, absl::Milliseconds(120));
  EXPECT_EQ(transport_.requests().size(), 1U);
}

TEST_F(OrderGatewayTest, RefusalCodesOfTheAccountCount) {
  GatewayAccount account = TestAccount();
  account.refusal_codes = {"500_004"};
  const auto gateway = Create(account);
  const SignedRequest request = *gateway->Sign("{}");
  v1::PlacementState state = v1::PLACEMENT_STATE_UNSPECIFIED;
  gateway->Send(request, NewGate(request), std::make_shared<v1::OrderBatch>(TwoSellers()),
                [&](const GatewayVerdict& v, const HttpResult&) { state = v.outcome->state(); });
  transport_.Answer(Answered(200, EnvelopeJson("\"500_004\"", {})));
  EXPECT_EQ(state, v1::PLACEMENT_STATE_REJECTED);
}

TEST_F(OrderGatewayTest, RequestThatNeverLeftIsNotPlaced) {
  const auto gateway = Create(TestAccount());
  const SignedRequest request = *gateway->Sign("{}");
  v1::NotPlacedEvidence evidence = v1::NOT_PLACED_EVIDENCE_UNSPECIFIED;
  gateway->Send(
      request, NewGate(request), std::make_shared<v1::OrderBatch>(TwoSellers()),
      [&](const GatewayVerdict& v, const HttpResult&) { evidence = v.outcome->evidence(); });
  transport_.Answer(Unanswered(SendOutcome::kNotSent, "connect_failed"));
  EXPECT_EQ(evidence, v1::NOT_PLACED_EVIDENCE_NEVER_SENT);
}

}  // namespace
}  // namespace order1688
