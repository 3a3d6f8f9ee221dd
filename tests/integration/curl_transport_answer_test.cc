// What CurlTransport makes of the answers that a peer gives, whole or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/upstream/curl_transport.h"
#include "tests/support/order_posting.h"
#include "tests/support/raw_peer.h"
#include "tests/support/sandbox_process.h"

namespace order1688 {
namespace {

class CurlTransportAnswerTest : public testing::Test {
 protected:
  HttpResult PostOnce(const std::string& url, CurlTransportOptions options = {}) {
    CurlTransport transport(options, clock_, nullptr);
    return PostedOrder(transport, SignedOrder(url, 1), ReadyGate(clock_)).Wait();
  }

  // What the sandbox's plan with this fault makes of one order; checks that the fault was carried
  // out.
  HttpResult PostIntoFault(const std::string& fault, CurlTransportOptions options = {}) {
    if (!sandbox_.has_value()) sandbox_.emplace();
    sandbox_->Call("POST", "/reset");
    std::vector<std::string> ids = sandbox_->Plan(absl::StrCat("[{\"fault\":", fault, "}]"));
    HttpResult result = PostOnce(sandbox_->OrderUrl(), options);
    EXPECT_TRUE(sandbox_->WaitForHits(ids.at(0), 1)) << fault;
    EXPECT_EQ(sandbox_->CountOf("requests_begun"), 1) << fault;
    return result;
  }

  // What comes of an answer that is exactly these bytes and then the end of the connection.
  HttpResult PostIntoBytes(const std::string& bytes, bool reset = false) {
    RawPeer peer([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send(bytes);
      if (reset) {
        connection.Reset();
      } else {
        connection.Close();
      }
    });
    HttpResult result = PostOnce(peer.Url());
    EXPECT_EQ(peer.accepted(), 1);
    return result;
  }

  SystemClock clock_;
  std::optional<SandboxProcess> sandbox_;
};

TEST_F(CurlTransportAnswerTest, WholeAnswerIsAnsweredWithStatusBodyAndDate) {
  SandboxProcess sandbox;
  HttpResult result = PostOnce(sandbox.OrderUrl());
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(result.cause, "");
  EXPECT_EQ(result.http_status, 200);
  EXPECT_THAT(result.body, testing::HasSubstr("idOfStr"));
  EXPECT_THAT(result.date, testing::EndsWith(" GMT"));
  EXPECT_GT(result.latency, absl::ZeroDuration());
}

TEST_F(CurlTransportAnswerTest, EveryStatusIsAnsweredWithItsBody) {
  for (int status : {201, 400, 401, 404, 413, 417, 421, 429, 500, 502, 503}) {
    HttpResult result = PostIntoFault(
        absl::StrCat(R"({"kind":"http_status","status":)", status, R"(,"body":"said so"})"));
    EXPECT_EQ(result.outcome, SendOutcome::kAnswered) << status;
    EXPECT_EQ(result.http_status, status);
    EXPECT_EQ(result.body, "said so") << status;
  }
}

TEST_F(CurlTransportAnswerTest, FollowsNoRedirect) {
  RawPeer elsewhere([](RawConnection& connection) { connection.ReadToEnd(); });
  for (int status : {300, 301, 302, 303, 307, 308}) {
    HttpResult result =
        PostIntoFault(absl::StrCat(R"({"kind":"http_status","status":)", status,
                                   R"(,"headers":{"Location":")", elsewhere.Url(), R"("}})"));
    EXPECT_EQ(result.outcome, SendOutcome::kAnswered) << status;
    EXPECT_EQ(result.http_status, status);
  }
  EXPECT_EQ(elsewhere.accepted(), 0);
}

TEST_F(CurlTransportAnswerTest, AnswerBeyondTheCapIsInDoubtWithWhatFitted) {
  CurlTransportOptions options;
  options.max_answer_bytes = 100'000;
  HttpResult result = PostIntoFault(R"({"kind":"oversize","bytes":100001})", options);
  EXPECT_EQ(result.outcome, SendOutcome::kInDoubt);
  EXPECT_EQ(result.cause, "answer_too_large");
  EXPECT_EQ(result.body.size(), 100'000u);
  EXPECT_THAT(result.body, testing::HasSubstr("idOfStr")) << "what came may already name an order";

  HttpResult just_fits = PostIntoFault(R"({"kind":"oversize","bytes":100000})", options);
  EXPECT_EQ(just_fits.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(just_fits.body.size(), 100'000u);
}

TEST_F(CurlTransportAnswerTest, EndlessAnswersAreCutOffAtTheCap) {
  for (const char* fault : {R"({"kind":"endless"})", R"({"kind":"endless","chunked":false})"}) {
    HttpResult result = PostIntoFault(fault);
    EXPECT_EQ(result.outcome, SendOutcome::kInDoubt);
    EXPECT_EQ(result.cause, "answer_too_large");
    EXPECT_EQ(result.body.size(), CurlTransportOptions{}.max_answer_bytes);
  }
}

TEST_F(CurlTransportAnswerTest, TakesNoMemoryForAnAnnouncementAlone) {
  RawPeer peer([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\nno more");
  });
  CurlTransport transport({}, clock_, nullptr);
  // The result itself: a copy would have no more room than it needs.
  std::promise<HttpResult> done;
  transport.Post(SignedOrder(peer.Url(), 1), ReadyGate(clock_),
                 [&](HttpResult result) { done.set_value(std::move(result)); });
  const HttpResult result = done.get_future().get();
  EXPECT_EQ(result.outcome, SendOutcome::kInDoubt);
  EXPECT_EQ(result.body, "no more");
  EXPECT_LT(result.body.capacity(), 2'000'000u);
}

TEST_F(CurlTransportAnswerTest, EndlessHeadersAreCutOff) {
  RawPeer peer([](RawConnection& connection) {
    connection.ReadRequest();
    connection.Send("HTTP/1.1 200 OK\r\n");
    while (connection.Send(absl::StrCat("x-more: ", std::string(1000, 'x'), "\r\n"))) {
    }
  });
  HttpResult result = PostOnce(peer.Url());
  EXPECT_EQ(result.outcome, SendOutcome::kInDoubt);
  EXPECT_EQ(result.cause, "answer_too_large");
}

TEST_F(CurlTransportAnswerTest, CutAnswersAreInDoubt) {
  for (const char* fault :
       {R"({"kind":"truncate_body","n":300})", R"({"kind":"chunked_cut","n":300})",
        R"({"kind":"reset_at_byte","n":200})", R"({"kind":"drop_at_byte","n":20})",
        R"({"kind":"drop_after_read"})", R"({"kind":"reset_after_read"})",
        R"({"kind":"garbage_status_line"})"}) {
    HttpResult result = PostIntoFault(fault);
    EXPECT_EQ(result.outcome, SendOutcome::kInDoubt) << fault;
    EXPECT_EQ(result.cause, "answer_cut") << fault;
  }
}

TEST_F(CurlTransportAnswerTest, KeepsTheBytesOfACutBody) {
  HttpResult result = PostIntoFault(R"({"kind":"truncate_body","n":300})");
  EXPECT_EQ(result.body.size(), 300u);
  EXPECT_EQ(result.http_status, 200);
}

TEST_F(CurlTransportAnswerTest, AnswerThatEndsAtAnyByteIsInDoubtUntilTheLastOne) {
  // The number is how many bytes at the end nobody needs: the line feed after the last chunk.
  const std::vector<std::pair<std::string, size_t>> answers = {
      {"HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: 4\r\n\r\n{  }",
       0},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{ \r\n2\r\n }\r\n0\r\n\r\n", 1},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{  }", 0}};
  for (const auto& [answer, not_needed] : answers) {
    for (bool reset : {false, true}) {
      for (size_t length = 0; length + not_needed < answer.size(); ++length) {
        HttpResult result = PostIntoBytes(answer.substr(0, length), reset);
        EXPECT_EQ(result.outcome, SendOutcome::kInDoubt) << "after " << length << " bytes of\n"
                                                         << answer;
        EXPECT_EQ(result.cause, "answer_cut") << length;
      }
    }
    HttpResult whole = PostIntoBytes(answer);
    EXPECT_EQ(whole.outcome, SendOutcome::kAnswered);
    EXPECT_EQ(whole.body, "{  }");
  }
}

TEST_F(CurlTransportAnswerTest, AnswerWithoutLengthEndsWithTheConnectionAndIsAnswered) {
  HttpResult result =
      PostIntoBytes("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"code\":2");
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered)
      << "HTTP cannot tell that it is cut; the parser can";
  EXPECT_EQ(result.body, "{\"code\":2");
}

TEST_F(CurlTransportAnswerTest, InterimAnswersAreNotTheAnswer) {
  HttpResult result = PostIntoBytes(
      "HTTP/1.1 100 Continue\r\nDate: Mon, 23 Nov 2026 09:00:00 GMT\r\n\r\nHTTP/1.1 103 Early "
      "Hints\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(result.http_status, 200);
  EXPECT_EQ(result.body, "{}");
  EXPECT_EQ(result.date, "") << "the Date of an interim answer is not the answer's";

  HttpResult interim_only = PostIntoBytes("HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(interim_only.outcome, SendOutcome::kInDoubt);
}

TEST_F(CurlTransportAnswerTest, DoesNotDecodeTheBody) {
  HttpResult result =
      PostIntoBytes("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(result.body, "{}");
}

TEST_F(CurlTransportAnswerTest, DateOfATrailerIsNotTheDate) {
  HttpResult result = PostIntoBytes(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Date\r\n\r\n2\r\n{}\r\n0\r\n"
      "Date: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\n");
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(result.date, "");
}

TEST_F(CurlTransportAnswerTest, NoAnswerWithinTheTimeoutIsInDoubt) {
  CurlTransportOptions options;
  options.timeout = absl::Seconds(3);
  HttpResult result = PostIntoFault(R"({"kind":"hold"})", options);
  EXPECT_EQ(result.outcome, SendOutcome::kInDoubt);
  EXPECT_EQ(result.cause, "no_answer");
  EXPECT_GE(result.latency, options.timeout);
}

TEST_F(CurlTransportAnswerTest, AnswerThatDripsBeyondTheTimeoutIsCut) {
  CurlTransportOptions options;
  options.timeout = absl::Seconds(3);
  HttpResult result =
      PostIntoFault(R"({"kind":"slow_drip","ms_per_byte":60000,"after_bytes":2000})", options);
  EXPECT_EQ(result.outcome, SendOutcome::kInDoubt);
  EXPECT_EQ(result.cause, "answer_cut");
  EXPECT_FALSE(result.body.empty());
}

TEST_F(CurlTransportAnswerTest, RefusalBeforeTheBodyWasReadIsAnswered) {
  RawPeer peer([](RawConnection& connection) {
    connection.ReadHead();
    connection.Send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
    connection.ReadToEnd();
  });
  CurlTransport transport({}, clock_, nullptr);
  HttpRequest request = SignedOrder(peer.Url(), 1);
  request.body.append(3 << 20, ' ');
  HttpResult result = PostedOrder(transport, request, ReadyGate(clock_)).Wait();
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(result.http_status, 413);
}

}  // namespace
}  // namespace order1688
