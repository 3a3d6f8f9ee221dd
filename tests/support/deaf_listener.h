// A port that listens and accepts only when the test says so.
#ifndef ORDER1688_TESTS_SUPPORT_DEAF_LISTENER_H_
#define ORDER1688_TESTS_SUPPORT_DEAF_LISTENER_H_

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace order1688 {

// Listens on a free loopback port. The kernel completes the connections. Not thread-safe.
class DeafListener {
 public:
  DeafListener() : listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_, 128), 0);
    EXPECT_EQ(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafListener() { close(listening_); }
  DeafListener(const DeafListener&) = delete;
  DeafListener& operator=(const DeafListener&) = delete;

  int port() const { return port_; }

  // Accepts the oldest connection that waits, or -1 if none does. The caller closes it.
  int Accept() { return accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }

 private:
  const int listening_;
  int port_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_DEAF_LISTENER_H_
