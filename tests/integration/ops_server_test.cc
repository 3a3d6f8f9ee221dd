#include "server/ops/ops_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/ops/metrics.h"

namespace order1688 {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class OpsServerTest : public testing::Test {
 protected:
  OpsServerTest() : server_(Start("127.0.0.1:0")) {}

  std::unique_ptr<OpsServer> Start(const std::string& listen) {
    auto server = OpsServer::Start(
        listen, {[this] { return metrics_.Render(); }, [this] { return alive_.load(); },
                 [this] { return ready_.load(); }});
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }

  // Sends `request` as it is and returns all that comes back until the server closes.
  std::string Exchange(const std::string& request) const {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(server_->port()));
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(fd, request.data(), request.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(request.size()));
    std::string answer;
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(fd, buffer, sizeof(buffer), 0)) > 0;)
      answer.append(buffer, static_cast<size_t>(n));
    close(fd);
    return answer;
  }

  std::string Get(const std::string& path, const std::string& method = "GET") const {
    return Exchange(absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  }

  Metrics metrics_;
  std::atomic<bool> alive_ = true;
  std::atomic<bool> ready_ = false;
  std::unique_ptr<OpsServer> server_;
};

TEST_F(OpsServerTest, MetricsAreThoseOfNow) {
  metrics_.Alarm("unknown_code");
  EXPECT_THAT(Get("/metrics"), HasSubstr("order1688_alarms_total{kind=\"unknown_code\"} 1\n"));
  metrics_.Alarm("unknown_code");
  std::string answer = Get("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(answer, HasSubstr("order1688_alarms_total{kind=\"unknown_code\"} 2\n"));
}

TEST_F(OpsServerTest, AliveUntilOnlyARestartHelps) {
  std::string answer = Get("/healthz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nok\n"));
  alive_ = false;
  answer = Get("/healthz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nrestart me\n"));
}

TEST_F(OpsServerTest, ReadyFollowsTheServer) {
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
  ready_ = true;
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 200 "));
  ready_ = false;
  EXPECT_THAT(Get("/readyz"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(OpsServerTest, QueryChangesNothing) {
  EXPECT_THAT(Get("/healthz?verbose=1"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(OpsServerTest, NothingElseIsServed) {
  for (const char* path : {"/", "/metrics/", "/healthz/x", "/etc/passwd", "/../../../etc/passwd",
                           "//etc/passwd", "/%2e%2e/etc/passwd", "/.htaccess"}) {
    std::string answer = Get(path);
    EXPECT_THAT(answer, testing::AnyOf(StartsWith("HTTP/1.1 404 "), StartsWith("HTTP/1.1 400 ")))
        << path;
    EXPECT_THAT(answer, Not(HasSubstr("root:"))) << path;
  }
}

TEST_F(OpsServerTest, OnlyReadsAreAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    EXPECT_THAT(Get("/metrics", method), StartsWith("HTTP/1.1 405 ")) << method;
  }
}

TEST_F(OpsServerTest, HeadHasNoBody) {
  std::string answer = Get("/healthz", "HEAD");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST_F(OpsServerTest, GarbageDoesNotStopIt) {
  Exchange("\x16\x03\x01 no http\r\n\r\n");
  Exchange(absl::StrCat("GET /healthz HTTP/1.1\r\nX: ", std::string(20000, 'a'), "\r\n\r\n"));
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(OpsServerTest, ManyReadersAtOnceAreAnswered) {
  std::vector<std::thread> readers;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    readers.emplace_back([&] {
      for (int n = 0; n < 10; ++n) answered += Get("/metrics").find("200 OK") != std::string::npos;
    });
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(answered, 80);
}

TEST_F(OpsServerTest, ListensOnLocalhost) {
  std::unique_ptr<OpsServer> server = Start("localhost:0");
  ASSERT_NE(server, nullptr);
  EXPECT_GT(server->port(), 0);
  EXPECT_NE(server->port(), server_->port());
}

TEST_F(OpsServerTest, RefusesToListenOffLoopback) {
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "[::1]:0", "10.0.0.1:0", "example.com:0"}) {
    EXPECT_EQ(OpsServer::Start(listen, {}).status().code(), absl::StatusCode::kInvalidArgument)
        << listen;
  }
}

TEST_F(OpsServerTest, TakenPortIsAnError) {
  EXPECT_EQ(OpsServer::Start(absl::StrCat("127.0.0.1:", server_->port()), {}).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace order1688
