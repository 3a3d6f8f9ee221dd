#include "server/upstream/curl_sockets.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/upstream/curl_handle.h"

namespace order1688 {
namespace {

// Takes one connection on a free port of loopback.
class Peer {
 public:
  Peer() : listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Peer() {
    End();
    close(listener_);
  }
  int port() const { return port_; }
  void Accept() { connection_ = accept(listener_, nullptr, nullptr); }
  void End() {
    if (connection_ >= 0) close(connection_);
    connection_ = -1;
  }

 private:
  int listener_;
  int connection_ = -1;
  int port_ = 0;
};

class CurlSocketsTest : public testing::Test {
 protected:
  // A connection from this address of loopback and this port (0: any) to `peer`.
  EasyHandle Connect(Peer& peer, const std::string& from, int local_port) {
    EasyHandle easy(curl_easy_init());
    curl_easy_setopt(easy.get(), CURLOPT_URL,
                     absl::StrCat("http://127.0.0.1:", peer.port()).c_str());
    curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(easy.get(), CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(easy.get(), CURLOPT_INTERFACE, absl::StrCat("host!", from).c_str());
    curl_easy_setopt(easy.get(), CURLOPT_LOCALPORT, static_cast<long>(local_port));
    EXPECT_EQ(sockets_.Watch(easy.get()), CURLE_OK);
    EXPECT_EQ(curl_easy_perform(easy.get()), CURLE_OK);
    peer.Accept();
    return easy;
  }
  static int PortOf(const EasyHandle& easy) {
    long port = 0;
    curl_easy_getinfo(easy.get(), CURLINFO_LOCAL_PORT, &port);
    return static_cast<int>(port);
  }
  static curl_socket_t SocketOf(const EasyHandle& easy) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    curl_easy_getinfo(easy.get(), CURLINFO_ACTIVESOCKET, &socket);
    return socket;
  }
  static bool IsHeld(const EasyHandle& easy) {
    int on = 0;
    socklen_t size = sizeof(on);
    EXPECT_EQ(getsockopt(SocketOf(easy), IPPROTO_TCP, TCP_CORK, &on, &size), 0);
    return on != 0;
  }
  static void AwaitEnd(const EasyHandle& easy) {
    pollfd readable = {SocketOf(easy), POLLIN, 0};
    EXPECT_EQ(poll(&readable, 1, 10000), 1);
  }

  CurlSockets sockets_;
};

TEST_F(CurlSocketsTest, TellsWhetherTheConnectionWithAPortHasEnded) {
  Peer first;
  Peer second;
  const EasyHandle one = Connect(first, "127.0.0.1", 0);
  const EasyHandle two = Connect(second, "127.0.0.1", 0);
  EXPECT_FALSE(sockets_.HasEnded(PortOf(one)));
  EXPECT_FALSE(sockets_.HasEnded(PortOf(two)));
  first.End();
  AwaitEnd(one);
  EXPECT_TRUE(sockets_.HasEnded(PortOf(one)));
  EXPECT_FALSE(sockets_.HasEnded(PortOf(two)));
  EXPECT_FALSE(sockets_.HasEnded(0));
}

TEST_F(CurlSocketsTest, OneOfTwoConnectionsWithTheSamePortIsEnough) {
  Peer first;
  Peer second;
  const EasyHandle one = Connect(first, "127.0.0.1", 0);
  const int port = PortOf(one);
  EasyHandle two = Connect(second, "127.0.0.2", port);
  ASSERT_EQ(PortOf(two), port);
  EXPECT_FALSE(sockets_.HasEnded(port));
  second.End();
  AwaitEnd(two);
  EXPECT_TRUE(sockets_.HasEnded(port));
  two.reset();
  EXPECT_FALSE(sockets_.HasEnded(port)) << "the one that is left lives";
  first.End();
  AwaitEnd(one);
  EXPECT_TRUE(sockets_.HasEnded(port));
}

TEST_F(CurlSocketsTest, HoldsBackWhatIsWrittenUntilItIsToBeSent) {
  Peer first;
  Peer second;
  const EasyHandle one = Connect(first, "127.0.0.1", 0);
  EasyHandle two = Connect(second, "127.0.0.1", 0);
  sockets_.Hold(0);
  sockets_.Hold(PortOf(one));
  EXPECT_TRUE(IsHeld(one));
  EXPECT_FALSE(IsHeld(two));
  sockets_.Hold(PortOf(two));
  sockets_.SendHeld();
  EXPECT_FALSE(IsHeld(one));
  EXPECT_FALSE(IsHeld(two));
}

TEST_F(CurlSocketsTest, ForgetsAHeldSocketThatIsClosed) {
  Peer first;
  Peer second;
  EasyHandle one = Connect(first, "127.0.0.1", 0);
  const int number = SocketOf(one);
  sockets_.Hold(PortOf(one));
  one.reset();
  const EasyHandle two = Connect(second, "127.0.0.1", 0);
  ASSERT_EQ(SocketOf(two), number) << "the kernel gives the lowest free number";
  int on = 1;
  ASSERT_EQ(setsockopt(number, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)), 0);
  sockets_.SendHeld();
  EXPECT_TRUE(IsHeld(two)) << "held by somebody else";
}

}  // namespace
}  // namespace order1688
