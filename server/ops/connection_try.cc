#include "server/ops/connection_try.h"

#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace order1688 {

TryAddress TryAddressOf(const std::string& host, int port) {
  TryAddress address;
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  // A server that listens on all addresses of one family or of both accepts on this one.
  const bool everywhere = host == "0.0.0.0" || host == "::";
  addrinfo* found = nullptr;
  if (getaddrinfo(everywhere ? "127.0.0.1" : host.c_str(), std::to_string(port).c_str(), &hints,
                  &found) != 0) {
    return address;
  }
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

ConnectionTry ConnectionTry::Begin(const TryAddress& address) {
  if (address.length == 0) return {};
  ConnectionTry connection(
      socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Whether it succeeds shows later: WasAccepted finds no reaction.
  if (connection.fd_ >= 0) {
    connect(connection.fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.length);
  }
  return connection;
}

ConnectionTry::~ConnectionTry() {
  if (fd_ >= 0) close(fd_);
}

ConnectionTry::ConnectionTry(ConnectionTry&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

ConnectionTry& ConnectionTry::operator=(ConnectionTry&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

void ConnectionTry::EndWriting() { shutdown(fd_, SHUT_WR); }

bool ConnectionTry::WasAccepted() const {
  char byte = 0;
  return recv(fd_, &byte, 1, MSG_DONTWAIT) >= 0;
}

}  // namespace order1688
