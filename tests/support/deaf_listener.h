// A port that listens and accepts only when the test says so.
#ifndef ORDER1688_TESTS_SUPPORT_DEAF_LISTENER_H_
#define ORDER1688_TESTS_SUPPORT_DEAF_LISTENER_H_

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/loopback_port.h"

namespace order1688 {

// Listens on a free loopback port. The kernel completes the connections. Not thread-safe.
class DeafListener {
 public:
  DeafListener() { EXPECT_EQ(listen(port_.socket(), 128), 0); }

  int port() const { return port_.number(); }

  // Accepts the oldest connection that waits, or -1 if none does. The caller closes it.
  int Accept() { return accept4(port_.socket(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK); }

 private:
  const LoopbackPort port_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_DEAF_LISTENER_H_
