// How CurlTransport connects: proxies, connections kept and dropped.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/upstream/curl_transport.h"
#include "tests/support/loopback_port.h"
#include "tests/support/order_posting.h"
#include "tests/support/raw_peer.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/turnstile.h"

namespace order1688 {
namespace {

// For tests that count on a kept connection, however slow the machine is.
constexpr absl::Duration kNeverTooIdle = absl::Minutes(5);
constexpr char kWholeAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

class CurlTransportConnectTest : public testing::Test {
 protected:
  HttpResult Post(CurlTransport& transport, const std::string& url, int number = 1) {
    return PostedOrder(transport, SignedOrder(url, number), ReadyGate(clock_)).Wait();
  }

  HttpResult PostOnce(HttpRequest request, CurlTransportOptions options = {}) {
    CurlTransport transport(options, clock_, nullptr);
    std::shared_ptr<SendGate> gate = ReadyGate(clock_);
    HttpResult result = PostedOrder(transport, std::move(request), gate).Wait();
    EXPECT_EQ(gate->opened(), result.outcome != SendOutcome::kNotSent);
    EXPECT_EQ(gate->shut_cause(), result.outcome == SendOutcome::kNotSent ? result.cause : "");
    return result;
  }

  SystemClock clock_;
};

TEST_F(CurlTransportConnectTest, RefusedConnectionIsNotSent) {
  const LoopbackPort port;
  HttpResult result =
      PostOnce(SignedOrder(absl::StrCat("http://127.0.0.1:", port.number(), "/"), 1));
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "connect_failed");
}

// Listens, but its queue is full: a further connection is neither taken nor refused.
class FullListener {
 public:
  FullListener() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(sockets_[0], any, size), 0);
    EXPECT_EQ(listen(sockets_[0], 0), 0);
    EXPECT_EQ(getsockname(sockets_[0], any, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int i = 1; i < kSockets; ++i) (void)connect(sockets_[i], any, size);
  }
  ~FullListener() {
    for (int socket : sockets_) close(socket);
  }
  int port() const { return port_; }

 private:
  static constexpr int kSockets = 4;
  static int NewSocket() { return socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }
  int sockets_[kSockets] = {NewSocket(), NewSocket(), NewSocket(), NewSocket()};
  int port_ = 0;
};

// The next connection gets the number of the socket that libcurl gave up while it was connecting.
TEST_F(CurlTransportConnectTest, TheOrderAfterAConnectionThatTookTooLongGetsItsAnswer) {
  SandboxProcess sandbox;
  FullListener full;
  CurlTransportOptions options;
  options.connect_timeout = absl::Milliseconds(200);
  CurlTransport transport(options, clock_, nullptr);
  EXPECT_EQ(Post(transport, absl::StrCat("http://127.0.0.1:", full.port(), "/")).outcome,
            SendOutcome::kNotSent);
  EXPECT_EQ(Post(transport, sandbox.OrderUrl(), 2).outcome, SendOutcome::kAnswered);
}

TEST_F(CurlTransportConnectTest, IgnoresProxiesOfTheEnvironment) {
  RawPeer proxy([](RawConnection& connection) { connection.ReadToEnd(); });
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
    setenv(name, absl::StrCat("http://127.0.0.1:", proxy.port()).c_str(), 1);
  }
  SandboxProcess sandbox;
  EXPECT_EQ(PostOnce(SignedOrder(sandbox.OrderUrl(), 1)).outcome, SendOutcome::kAnswered);
  EXPECT_EQ(proxy.accepted(), 0);
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    unsetenv(name);
}

TEST_F(CurlTransportConnectTest, ConfiguredProxyIsATunnelThatSeesNoHeaderOfOurs) {
  setenv("no_proxy", "*", 1);
  std::atomic<bool> sees_signature = false;
  std::atomic<bool> is_connect = false;
  RawPeer proxy([&](RawConnection& connection) {
    std::string head = connection.ReadHead();
    is_connect = head.rfind("CONNECT 127.0.0.1:", 0) == 0;
    sees_signature = absl::AsciiStrToLower(head).find("signature") != std::string::npos;
    connection.Send("HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\n");
    EXPECT_THAT(connection.ReadRequest(), testing::HasSubstr("\"flow\""));
    connection.Send(kWholeAnswer);
  });
  CurlTransportOptions options;
  options.proxy = absl::StrCat("http://127.0.0.1:", proxy.port());
  HttpResult result = PostOnce(SignedOrder("http://127.0.0.1:9/", 1), options);
  unsetenv("no_proxy");
  EXPECT_EQ(result.outcome, SendOutcome::kAnswered);
  EXPECT_EQ(result.date, "") << "the proxy's Date is not the gateway's";
  EXPECT_TRUE(is_connect);
  EXPECT_FALSE(sees_signature);
}

TEST_F(CurlTransportConnectTest, ProxyThatRefusesIsNotSent) {
  RawPeer proxy([](RawConnection& connection) {
    connection.ReadHead();
    connection.Send(
        "HTTP/1.1 403 Forbidden\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\nContent-Length: "
        "2\r\n\r\n{}");
  });
  CurlTransportOptions options;
  options.proxy = absl::StrCat("http://127.0.0.1:", proxy.port());
  HttpResult result = PostOnce(SignedOrder("http://127.0.0.1:9/", 1), options);
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "connect_failed");
  EXPECT_EQ(result.http_status, 0) << "the proxy's answer is not the gateway's";
  EXPECT_EQ(result.date, "");
  EXPECT_EQ(result.body, "");
}

TEST_F(CurlTransportConnectTest, KeepsAConnectionForTheNextOrder) {
  SandboxProcess sandbox;
  CurlTransportOptions options;
  options.longest_idle = kNeverTooIdle;
  CurlTransport transport(options, clock_, nullptr);
  for (int number = 1; number <= 10; ++number) Post(transport, sandbox.OrderUrl(), number);
  EXPECT_EQ(sandbox.CountOf("requests_read_whole"), 10);
  EXPECT_EQ(sandbox.CountOf("connections"), 1);
}

TEST_F(CurlTransportConnectTest, ConnectsAfreshForEachOrderWhenNoIdleTimeIsAllowed) {
  SandboxProcess sandbox;
  CurlTransportOptions options;
  options.longest_idle = absl::Milliseconds(999);
  CurlTransport transport(options, clock_, nullptr);
  for (int number = 1; number <= 3; ++number) Post(transport, sandbox.OrderUrl(), number);
  EXPECT_EQ(sandbox.CountOf("connections"), 3);
}

TEST_F(CurlTransportConnectTest, ConnectsAfreshAfterTheLongestIdleTime) {
  SandboxProcess sandbox;
  CurlTransportOptions options;
  options.longest_idle = absl::Seconds(1);
  CurlTransport transport(options, clock_, nullptr);
  Post(transport, sandbox.OrderUrl(), 1);
  // libcurl's clock cannot be ours, so the idle time has to pass.
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_EQ(Post(transport, sandbox.OrderUrl(), 2).outcome, SendOutcome::kAnswered);
  EXPECT_EQ(sandbox.CountOf("connections"), 2);
}

TEST_F(CurlTransportConnectTest, StaysASecondBelowThePeersKeepAlive) {
  std::string keep_alive;
  RawPeer peer([&](RawConnection& connection) {
    while (!connection.ReadRequest().empty()) {
      connection.Send(absl::StrCat("HTTP/1.1 200 OK\r\nKeep-Alive: ", keep_alive,
                                   "\r\nContent-Length: 2\r\n\r\n{}"));
    }
  });
  for (const auto& [value, connections] : std::vector<std::pair<std::string, int>>{
           {"timeout=1, max=100", 2}, {"max=5,timeout=300", 1}, {"nonsense", 1}}) {
    keep_alive = value;
    CurlTransportOptions options;
    options.longest_idle = kNeverTooIdle;
    CurlTransport transport(options, clock_, nullptr);
    int before = peer.accepted();
    Post(transport, peer.Url(), 1);
    Post(transport, peer.Url(), 2);
    EXPECT_EQ(peer.accepted() - before, connections) << value;
  }
}

TEST_F(CurlTransportConnectTest, KeptConnectionThatThePeerEndedIsReplacedBeforeTheGateOpens) {
  for (bool reset : {false, true}) {
    Turnstile answered;  // the test has the answer: the peer may end the connection
    RawPeer peer([&](RawConnection& connection) {
      connection.ReadRequest();
      connection.Send(kWholeAnswer);
      answered.Wait();
      if (reset) connection.Reset();
    });
    std::atomic<int> stopped_sends = 0;
    CurlTransportOptions options;
    options.longest_idle = kNeverTooIdle;
    CurlTransport transport(options, clock_, [&] { ++stopped_sends; });
    for (int number = 1; number <= 5; ++number) {
      EXPECT_EQ(Post(transport, peer.Url(), number).outcome, SendOutcome::kAnswered) << number;
      answered.Signal();
      peer.WaitForServed(number);
    }
    EXPECT_EQ(stopped_sends, 0);
    EXPECT_EQ(peer.accepted(), 5);
  }
}

}  // namespace
}  // namespace order1688
