#include "server/upstream/curl_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace order1688 {
namespace {

int LocalPortOf(curl_socket_t socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return 0;
}

}  // namespace

CURLcode CurlSockets::Watch(CURL* easy) {
  for (CURLcode code : {curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Open),
                        curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this),
                        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Close),
                        curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this)}) {
    if (code != CURLE_OK) return code;
  }
  return CURLE_OK;
}

bool CurlSockets::HasEnded(int local_port) {
  const curl_socket_t socket = FindByPort(local_port);
  if (socket == CURL_SOCKET_BAD) return false;
  char byte = 0;
  const ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

// A connected socket keeps its port, so each is asked for it once: with many connections open, to
// ask all of them for every order costs more than the order.
curl_socket_t CurlSockets::FindByPort(int local_port) {
  if (local_port <= 0) return CURL_SOCKET_BAD;
  const auto known = by_port_.find(local_port);
  if (known != by_port_.end()) return known->second;
  for (auto& [socket, port] : open_) {
    if (port != 0) continue;
    port = LocalPortOf(socket);
    if (port != 0) by_port_[port] = socket;
    if (port == local_port) return socket;
  }
  return CURL_SOCKET_BAD;
}

curl_socket_t CurlSockets::Open(void* self, curlsocktype, curl_sockaddr* address) {
  curl_socket_t socket =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  static_cast<CurlSockets*>(self)->open_.emplace(socket, 0);
  return socket;
}

int CurlSockets::Close(void* self, curl_socket_t socket) {
  auto& sockets = *static_cast<CurlSockets*>(self);
  if (const auto known = sockets.open_.find(socket); known != sockets.open_.end()) {
    const auto by_port = sockets.by_port_.find(known->second);
    if (by_port != sockets.by_port_.end() && by_port->second == socket)
      sockets.by_port_.erase(by_port);
    sockets.open_.erase(known);
  }
  return close(socket);
}

}  // namespace order1688
