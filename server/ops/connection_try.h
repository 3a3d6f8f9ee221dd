// One try of whether a server accepts connections.
#ifndef ORDER1688_SERVER_OPS_CONNECTION_TRY_H_
#define ORDER1688_SERVER_OPS_CONNECTION_TRY_H_

#include <sys/socket.h>

#include <string>

namespace order1688 {

// An address to connect to.
struct TryAddress {
  sockaddr_storage storage = {};
  socklen_t length = 0;  // 0: the host has no address
};

// The address of a server that listens on `host`, without brackets; one that listens everywhere is
// tried on loopback. Looks a name up, and may block for that.
TryAddress TryAddressOf(const std::string& host, int port);

// Connects to a server and looks whether the *program* reacts. A completed connection proves
// nothing: the kernel completes those that the program never accepts. A plaintext gRPC server sends
// its SETTINGS frame to whom it accepts; a TLS server waits for the client, and closes when the
// client has ended its side. So the sequence is Begin, a pause, EndWriting, a pause, WasAccepted.
// Nothing waits, nothing is sent, and no call begins. Not thread-safe.
class ConnectionTry {
 public:
  // A try that has not begun: was not accepted.
  ConnectionTry() = default;
  // What cannot begin, e.g. for want of file descriptors, was not accepted.
  static ConnectionTry Begin(const TryAddress& address);
  ~ConnectionTry();
  ConnectionTry(ConnectionTry&& other) noexcept;
  ConnectionTry& operator=(ConnectionTry&& other) noexcept;

  void EndWriting();

  // Whether the server has sent something or closed in order.
  bool WasAccepted() const;

 private:
  explicit ConnectionTry(int fd) : fd_(fd) {}

  int fd_ = -1;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_CONNECTION_TRY_H_
