// What CurlTransport sends, and what it must not send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/upstream/curl_transport.h"
#include "tests/support/order_posting.h"
#include "tests/support/raw_peer.h"
#include "tests/support/sandbox_process.h"

namespace order1688 {
namespace {

class CurlTransportRequestTest : public testing::Test {
 protected:
  HttpResult PostOnce(HttpRequest request, CurlTransportOptions options = {}) {
    CurlTransport transport(options, clock_, nullptr);
    return PostedOrder(transport, std::move(request), ReadyGate(clock_)).Wait();
  }

  SystemClock clock_;
};

TEST_F(CurlTransportRequestTest, SendsTheHeadersAsTheyAreAndNoneOfItsOwnThatMatter) {
  std::string head;
  RawPeer peer([&](RawConnection& connection) {
    head = connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  });
  HttpRequest request = SignedOrder(peer.Url(), 1);
  request.headers.emplace_back("x-empty", "");
  request.headers.emplace_back("x-blank-inside", "a  b");
  PostOnce(request);
  std::vector<std::string> expected = {
      "POST /v2/alibaba/order/batch/create HTTP/1.1\r\n",
      "\r\nContent-Type: application/json\r\n",
      "\r\nx-empty:\r\n",
      "\r\nx-blank-inside: a  b\r\n",
      absl::StrCat("\r\nContent-Length: ", request.body.size(), "\r\n"),
      "\r\naccess-key: 58c0201dfdf148eca63cbf6bb5e7cf03\r\n"};
  for (const std::string& line : expected) EXPECT_THAT(head, testing::HasSubstr(line));
  for (const char* unwanted : {"Expect", "User-Agent", "Cookie", "Accept-Encoding",
                               "Transfer-Encoding", "Authorization"}) {
    EXPECT_THAT(head, testing::Not(testing::HasSubstr(unwanted)));
  }
}

// libcurl's own would be that of a form.
TEST_F(CurlTransportRequestTest, AddsNoContentType) {
  std::string head;
  RawPeer peer([&](RawConnection& connection) {
    head = connection.ReadHead();
    connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
  });
  HttpRequest request = SignedOrder(peer.Url(), 1);
  request.headers = {{"x-only", "1"}};
  EXPECT_EQ(PostOnce(std::move(request)).outcome, SendOutcome::kAnswered);
  EXPECT_THAT(head, testing::HasSubstr("\r\nx-only: 1\r\n"));
  EXPECT_THAT(head, testing::Not(testing::HasSubstr("Content-Type")));
}

// Two packets would wake the gateway twice, and cost us twice.
TEST_F(CurlTransportRequestTest, SendsHeadAndBodyInOnePacket) {
  std::vector<int> packets;
  RawPeer peer([&](RawConnection& connection) {
    for (int order = 1; order <= 2; ++order) {
      connection.ReadRequest();
      packets.push_back(connection.data_segments());
      connection.Send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    }
  });
  CurlTransport transport({}, clock_, nullptr);
  for (int order = 1; order <= 2; ++order) {
    const HttpResult result =
        PostedOrder(transport, SignedOrder(peer.Url(), order), ReadyGate(clock_)).Wait();
    ASSERT_EQ(result.outcome, SendOutcome::kAnswered);
  }
  peer.WaitForServed(1);
  EXPECT_EQ(peer.accepted(), 1);
  EXPECT_THAT(packets, testing::ElementsAre(1, 2));
}

TEST_F(CurlTransportRequestTest, RefusesRequestsThatMustNotBeSent) {
  RawPeer peer([](RawConnection& connection) { connection.ReadToEnd(); });
  const std::string good = peer.Url();
  std::vector<HttpRequest> requests;
  for (const std::string& url :
       {std::string("http://192.0.2.1/"), std::string("http://gateway.example/"),
        std::string("ftp://127.0.0.1/"), std::string("file:///etc/passwd"),
        std::string("http://127.0.0.1.example/"), std::string("//127.0.0.1/"), std::string(""),
        std::string("http://127.0.0.1:99999/"),
        absl::StrCat("http://user:pass@127.0.0.1:", peer.port(), "/"),
        absl::StrCat(good, "\r\nx: y"), absl::StrCat(good, std::string("\0", 1))}) {
    requests.push_back(SignedOrder(url, 1));
  }
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"x", "a\r\nsignature: b"},
                                                        {"x", "a\nb"},
                                                        {"x", "a\rb"},
                                                        {"x", std::string("a\0b", 3)},
                                                        {"x\r\ny", "a"},
                                                        {"x y", "a"},
                                                        {std::string("x\0y", 3), "a"},
                                                        {"", "a"},
                                                        {"x:", "a"},
                                                        {"Content-Length", "1"},
                                                        {"transfer-encoding", "chunked"},
                                                        {"EXPECT", "100-continue"},
                                                        {"Connection", "close"}}) {
    requests.push_back(SignedOrder(good, 1));
    requests.back().headers.emplace_back(name, value);
  }
  for (const HttpRequest& request : requests) {
    HttpResult result = PostOnce(request);
    EXPECT_EQ(result.outcome, SendOutcome::kNotSent) << request.url << request.headers.back().first;
    EXPECT_EQ(result.cause, "request_refused") << request.url << request.headers.back().first;
  }
  EXPECT_EQ(peer.accepted(), 0);
}

TEST_F(CurlTransportRequestTest, TakesEveryLoopbackName) {
  SandboxProcess sandbox;
  for (const char* host : {"127.0.0.1", "localhost", "LOCALHOST", "127.1"}) {
    EXPECT_EQ(PostOnce(SignedOrder(sandbox.OrderUrl("http", host), 1)).outcome,
              SendOutcome::kAnswered)
        << host;
  }
}

TEST_F(CurlTransportRequestTest, SecretIsNeitherSentNorInAnyCause) {
  SandboxProcess sandbox;
  PostOnce(SignedOrder(sandbox.OrderUrl(), 1));
  rapidjson::Document report = sandbox.Report();
  ASSERT_EQ(report["requests"].Size(), 1u);
  EXPECT_FALSE(report["requests"][0]["secret_was_sent"].GetBool());
  EXPECT_TRUE(report["requests"][0]["signature_ok"].GetBool());

  HttpRequest leaking = SignedOrder(sandbox.OrderUrl(), 1);
  leaking.headers.emplace_back("x", absl::StrCat(kSandboxSecret, "\r\n"));
  EXPECT_EQ(PostOnce(leaking).cause, "request_refused");
  EXPECT_EQ(sandbox.CountOf("requests_begun"), 1);
}

}  // namespace
}  // namespace order1688
