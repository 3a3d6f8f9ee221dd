// What a code, of HTTP or of the envelope, says of an answer that names no order.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/judged_answer.h"

namespace order1688 {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Property;
using ::testing::Values;
using ::testing::ValuesIn;

constexpr char kHtml[] = "<!DOCTYPE html>\n<html><body><h1>nginx</h1></body></html>";

// With codes that an operator declared to be refusals.
GatewayVerdict JudgeDeclared(const HttpResult& result,
                             absl::flat_hash_set<std::string> refusal_codes) {
  return AnswerClassifier::Create(std::move(refusal_codes)).value().Classify(TwoSellers(), result);
}

std::string NullData(const std::string& code) {
  return absl::StrCat(R"({"requestId":"gw-1","code":)", code,
                      R"(,"developId":null,"msg":"说明","data":null})");
}

void ExpectRejected(const GatewayVerdict& verdict) {
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(verdict.outcome->cause(), "gateway_refused");
  EXPECT_EQ(verdict.outcome->evidence(), v1::NOT_PLACED_EVIDENCE_UNSPECIFIED);
  EXPECT_THAT(verdict.outcome->results(),
              Each(Property(&v1::OrderResult::outcome, v1::ORDER_OUTCOME_REFUSED)));
  EXPECT_EQ(verdict.outcome->results_size(), 2);
  EXPECT_THAT(verdict.alarms, IsEmpty());
}

void ExpectRefusedForNow(const GatewayVerdict& verdict, const std::string& cause) {
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(verdict.outcome->evidence(), v1::NOT_PLACED_EVIDENCE_REFUSED_FOR_NOW);
  EXPECT_EQ(verdict.outcome->cause(), cause);
  EXPECT_THAT(verdict.outcome->results(), IsEmpty());
  EXPECT_THAT(verdict.alarms, ElementsAre(cause));
}

void ExpectInDoubt(const GatewayVerdict& verdict, const std::string& cause) {
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(verdict.outcome->cause(), cause);
  EXPECT_EQ(verdict.outcome->evidence(), v1::NOT_PLACED_EVIDENCE_UNSPECIFIED);
  EXPECT_THAT(verdict.outcome->results(),
              Each(Property(&v1::OrderResult::outcome, v1::ORDER_OUTCOME_IN_DOUBT)));
  EXPECT_EQ(verdict.outcome->results_size(), 2);
}

class RefusalCode : public testing::TestWithParam<int> {};

TEST_P(RefusalCode, InHttpIsRefusedWhateverTheBodyIs) {
  for (const std::string& body :
       {std::string(), std::string(kHtml), std::string("Bad Request"), NullData("77")}) {
    SCOPED_TRACE(body);
    const GatewayVerdict verdict = Judge(Answered(GetParam(), body));
    ExpectRejected(verdict);
    EXPECT_EQ(verdict.outcome->error().http_status(), GetParam());
  }
}

TEST_P(RefusalCode, InTheEnvelopeIsRefusedAsNumberAndAsText) {
  for (const std::string& code : {absl::StrCat(GetParam()), absl::StrCat("\"", GetParam(), "\"")}) {
    const GatewayVerdict verdict = Judge(Answered(200, NullData(code)));
    ExpectRejected(verdict);
    EXPECT_EQ(verdict.outcome->error().code(), absl::StrCat(GetParam()));
    EXPECT_EQ(verdict.outcome->error().message(), "说明");
    EXPECT_EQ(verdict.outcome->error().gateway_request_id(), "gw-1");
    EXPECT_EQ(verdict.outcome->error().http_status(), 200);
  }
}

TEST_P(RefusalCode, InTheEnvelopeIsRefusedUnderAServerErrorToo) {
  ExpectRejected(Judge(Answered(500, NullData(absl::StrCat(GetParam())))));
}

TEST_P(RefusalCode, SettlesNothingWhenTheEnvelopeIsCut) {
  const std::string whole = NullData("77");
  for (size_t size = 1; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    ExpectInDoubt(Judge(Answered(GetParam(), whole.substr(0, size))), "unexpected_http_status");
  }
}

INSTANTIATE_TEST_SUITE_P(AnswerClassifierTest, RefusalCode,
                         Values(400, 403, 404, 405, 406, 411, 413, 414, 415, 422, 431),
                         testing::PrintToStringParamName());

struct ForNowCase {
  std::string code;
  std::string cause;
};

class ForNowCode : public testing::TestWithParam<ForNowCase> {};

TEST_P(ForNowCode, InTheEnvelopeIsRefusedForNow) {
  const GatewayVerdict verdict =
      Judge(Answered(200, NullData(absl::StrCat("\"", GetParam().code, "\""))));
  ExpectRefusedForNow(verdict, GetParam().cause);
  EXPECT_EQ(verdict.outcome->error().code(), GetParam().code);
}

TEST_P(ForNowCode, InTheEnvelopeCountsBeforeTheHttpStatus) {
  ExpectRefusedForNow(Judge(Answered(400, NullData(absl::StrCat("\"", GetParam().code, "\"")))),
                      GetParam().cause);
  ExpectRefusedForNow(Judge(Answered(500, NullData(absl::StrCat("\"", GetParam().code, "\"")))),
                      GetParam().cause);
}

INSTANTIATE_TEST_SUITE_P(AnswerClassifierTest, ForNowCode,
                         ValuesIn(std::vector<ForNowCase>{
                             {"401", "gateway_authentication"},
                             {"gw.SignatureInvalid", "gateway_authentication"},
                             {"gw.APIACLDecline", "gateway_authentication"},
                             {"gw.AppKeyMissing", "gateway_authentication"},
                             {"gw.TimestampExpired", "gateway_authentication"},
                             {"429", "gateway_throttled"},
                             {"gw.QosAppFrequencyLimit", "gateway_throttled"}}),
                         [](const auto& info) { return absl::StrCat("Case", info.index); });

TEST(AnswerClassifierTest, Http401IsAuthenticationWhateverTheBodyIs) {
  for (const char* body : {"", kHtml, "Unauthorized"}) {
    ExpectRefusedForNow(Judge(Answered(401, body)), "gateway_authentication");
  }
}

TEST(AnswerClassifierTest, Http429IsThrottlingWhateverTheBodyIs) {
  for (const char* body : {"", kHtml, "error code: 1015"}) {
    ExpectRefusedForNow(Judge(Answered(429, body)), "gateway_throttled");
  }
}

TEST(AnswerClassifierTest, CutEnvelopeIsInDoubtUnder401And429) {
  for (int status : {401, 429}) {
    for (const char* body : {"{", " \n{\"requestId\":\"gw",
                             "\xEF\xBB\xBF{\"data\":", "[{\"baseInfo\":{\"idOfStr\":\"254\"}}]"}) {
      SCOPED_TRACE(body);
      ExpectInDoubt(Judge(Answered(status, body)), "unexpected_http_status");
    }
  }
}

class OddHttpStatus : public testing::TestWithParam<int> {};

TEST_P(OddHttpStatus, IsInDoubtWhateverTheBodyIs) {
  for (const std::string& body :
       {std::string(), std::string(kHtml), std::string("{}"), NullData("200")}) {
    SCOPED_TRACE(body);
    const GatewayVerdict verdict = Judge(Answered(GetParam(), body));
    ExpectInDoubt(verdict, "unexpected_http_status");
    EXPECT_THAT(verdict.alarms, IsEmpty());
    EXPECT_EQ(verdict.outcome->error().http_status(), GetParam());
  }
}

TEST_P(OddHttpStatus, WithAnUnknownEnvelopeCodeAlarmsToo) {
  const GatewayVerdict verdict = Judge(Answered(GetParam(), NullData("\"500_777\"")));
  ExpectInDoubt(verdict, "unknown_code");
  EXPECT_EQ(verdict.unknown_code, "500_777");
}

INSTANTIATE_TEST_SUITE_P(AnswerClassifierTest, OddHttpStatus,
                         Values(100, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 402,
                                407, 408, 409, 410, 412, 416, 417, 418, 421, 423, 425, 426, 428,
                                451, 499, 500, 501, 502, 503, 504, 520, 599),
                         testing::PrintToStringParamName());

TEST(AnswerClassifierTest, EnvelopeThatSays200ContradictsARefusingHttpStatus) {
  for (int status : {400, 401, 403, 429}) {
    SCOPED_TRACE(status);
    ExpectInDoubt(Judge(Answered(status, NullData("200"))), "unexpected_http_status");
  }
}

TEST(AnswerClassifierTest, UnknownEnvelopeCodeIsInDoubtAndAlarms) {
  const GatewayVerdict verdict = Judge(Answered(200, NullData("\"500_004\"")));
  ExpectInDoubt(verdict, "unknown_code");
  EXPECT_THAT(verdict.alarms, ElementsAre("unknown_gateway_code"));
  EXPECT_EQ(verdict.unknown_code, "500_004");
  EXPECT_EQ(verdict.outcome->error().code(), "500_004");
}

TEST(AnswerClassifierTest, UnknownCodeIsNamedOnlyIfItLooksLikeOne) {
  for (const std::string& code : {std::string("杭州市西湖区"), std::string("li 13800000001"),
                                  std::string(65, 'x'), std::string()}) {
    SCOPED_TRACE(code);
    const GatewayVerdict verdict = Judge(Answered(200, NullData(absl::StrCat("\"", code, "\""))));
    ExpectInDoubt(verdict, "unknown_code");
    EXPECT_THAT(verdict.alarms, ElementsAre("unknown_gateway_code"));
    EXPECT_EQ(verdict.unknown_code, "");
  }
}

TEST(AnswerClassifierTest, CodeNearARefusalIsUnknown) {
  for (const char* code : {"4000", "0400", "40", "400.0", "401 Request need user authenticated",
                           "gw.", "gw.Unheard", "0", "-1"}) {
    SCOPED_TRACE(code);
    ExpectInDoubt(Judge(Answered(200, NullData(absl::StrCat("\"", code, "\"")))), "unknown_code");
  }
}

TEST(AnswerClassifierTest, DeclaredRefusalCodeIsRefused) {
  const GatewayVerdict verdict = JudgeDeclared(Answered(200, NullData("\"500_004\"")), {"500_004"});
  ExpectRejected(verdict);
  EXPECT_EQ(verdict.unknown_code, "");
}

TEST(AnswerClassifierTest, DeclaredRefusalCodeSaysNothingOfTheHttpStatus) {
  for (const std::string& body : {std::string(), std::string(kHtml), std::string("{}")}) {
    ExpectInDoubt(JudgeDeclared(Answered(500, body), {"500"}), "unexpected_http_status");
  }
  ExpectRejected(JudgeDeclared(Answered(500, NullData("500")), {"500"}));
}

TEST(AnswerClassifierTest, DeclaredRefusalCodeNeverHidesAnOrder) {
  const GatewayVerdict verdict = JudgeDeclared(
      Answered(200, EnvelopeJson("\"500_004\"", {PlacedJson("seller-b", kFirstId, {"b1"})})),
      {"500_004"});
  EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(verdict.outcome->results(0).outcome(), v1::ORDER_OUTCOME_PLACED);
}

TEST(AnswerClassifierTest, UnreadableEnvelopeUnderHttp200IsInDoubt) {
  for (const std::string& body :
       {std::string(kHtml), std::string(), std::string("{}"), std::string("[]"),
        std::string("null"), std::string("200"), std::string("\"成功\""),
        std::string("{\"code\":{}}"), std::string("{\"code\":400,\"code\":404}"),
        std::string("{\"code\":400")}) {
    SCOPED_TRACE(body);
    const GatewayVerdict verdict = Judge(Answered(200, body));
    ExpectInDoubt(verdict, "unreadable_answer");
  }
}

TEST(AnswerClassifierTest, CutEnvelopeIsNotTakenAtItsCode) {
  const std::string whole = NullData("400");
  for (size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    ExpectInDoubt(Judge(Answered(200, whole.substr(0, size))), "unreadable_answer");
  }
}

TEST(AnswerClassifierTest, WhatWasNeverSentIsNotPlaced) {
  for (const char* cause : {"connect_failed", "caller_gone", "gate_expired", "shutting_down"}) {
    const GatewayVerdict verdict = Judge(Unanswered(SendOutcome::kNotSent, cause));
    EXPECT_EQ(verdict.outcome->state(), v1::PLACEMENT_STATE_NOT_PLACED);
    EXPECT_EQ(verdict.outcome->evidence(), v1::NOT_PLACED_EVIDENCE_NEVER_SENT);
    EXPECT_EQ(verdict.outcome->cause(), cause);
    EXPECT_THAT(verdict.outcome->results(), IsEmpty());
    EXPECT_THAT(verdict.alarms, IsEmpty());
  }
}

TEST(AnswerClassifierTest, NoAnswerIsInDoubtWithTheTransportsCause) {
  for (const char* cause :
       {"no_answer", "answer_cut", "answer_too_large", "connection_closed_while_sending"}) {
    const GatewayVerdict verdict = Judge(Unanswered(SendOutcome::kInDoubt, cause));
    ExpectInDoubt(verdict, cause);
    EXPECT_FALSE(verdict.outcome->has_error());
  }
}

TEST(AnswerClassifierTest, CutAnswerIsInDoubtWhateverItsStatusAndCodeSay) {
  for (int status : {200, 400, 401, 429, 500}) {
    for (const std::string& body :
         {std::string(), std::string(kHtml), NullData("400"), NullData("401"), NullData("429")}) {
      SCOPED_TRACE(absl::StrCat(status, " ", body));
      ExpectInDoubt(Judge(Unanswered(SendOutcome::kInDoubt, "answer_cut", status, body)),
                    "answer_cut");
    }
  }
}

TEST(AnswerClassifierTest, GatewayMessageIsCutTo256CodePoints) {
  std::string message;
  for (int i = 0; i < 300; ++i) message += "库";
  const std::string body = absl::StrCat(R"({"code":400,"msg":")", message, R"("})");
  EXPECT_EQ(Judge(Answered(200, body)).outcome->error().message(),
            message.substr(0, size_t{3} * 256));
}

TEST(AnswerClassifierTest, GatewayCodeIsCutTo64CodePoints) {
  const std::string body = absl::StrCat(R"({"code":")", std::string(100, 'c'), R"("})");
  EXPECT_EQ(Judge(Answered(200, body)).outcome->error().code(), std::string(64, 'c'));
}

}  // namespace
}  // namespace order1688
