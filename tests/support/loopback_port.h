// A TCP port of 127.0.0.1 that nobody else can get.
#ifndef ORDER1688_TESTS_SUPPORT_LOOPBACK_PORT_H_
#define ORDER1688_TESTS_SUPPORT_LOOPBACK_PORT_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace order1688 {

// Bound to a free port until it is destroyed. Who connects is refused, until the test listens on
// socket(). A port that is merely known to have been free may be another test's by then.
class LoopbackPort {
 public:
  LoopbackPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    number_ = ntohs(address.sin_port);
  }
  ~LoopbackPort() { close(socket_); }
  LoopbackPort(const LoopbackPort&) = delete;
  LoopbackPort& operator=(const LoopbackPort&) = delete;

  int number() const { return number_; }
  int socket() const { return socket_; }

 private:
  const int socket_;
  int number_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_LOOPBACK_PORT_H_
