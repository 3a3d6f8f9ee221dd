#include "server/upstream/curl_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
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

bool HasSomethingToRead(curl_socket_t socket) {
  char byte = 0;
  const ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void SetCork(curl_socket_t socket, int on) {
  setsockopt(socket, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
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
  if (local_port <= 0) return false;
  LearnPorts();
  const auto [first, last] = by_port_.equal_range(local_port);
  return std::any_of(first, last,
                     [](const auto& entry) { return HasSomethingToRead(entry.second); });
}

void CurlSockets::Hold(int local_port) {
  if (local_port <= 0) return;
  LearnPorts();
  const auto [first, last] = by_port_.equal_range(local_port);
  for (auto entry = first; entry != last; ++entry) {
    SetCork(entry->second, 1);
    held_.push_back(entry->second);
  }
}

void CurlSockets::SendHeld() {
  for (curl_socket_t socket : held_) SetCork(socket, 0);
  held_.clear();
}

// A connected socket keeps its port, so each is asked for it once: with many connections open, to
// ask all of them for every order costs more than the order.
void CurlSockets::LearnPorts() {
  if (!port_unknown_) return;
  port_unknown_ = false;
  for (auto& [socket, known] : open_) {
    if (known.local_port != 0) continue;
    known.local_port = LocalPortOf(socket);
    port_unknown_ = port_unknown_ || known.local_port == 0;
    if (known.local_port != 0) by_port_.emplace(known.local_port, socket);
  }
}

CurlSockets::Socket* CurlSockets::Find(curl_socket_t socket) {
  const auto known = open_.find(socket);
  return known == open_.end() ? nullptr : &known->second;
}

curl_socket_t CurlSockets::Open(void* self, curlsocktype, curl_sockaddr* address) {
  curl_socket_t socket =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  auto& sockets = *static_cast<CurlSockets*>(self);
  // libcurl closes some sockets without a word: one that was still connecting had this number.
  sockets.Forget(socket);
  sockets.open_.emplace(socket, Socket());
  sockets.port_unknown_ = true;
  return socket;
}

int CurlSockets::Close(void* self, curl_socket_t socket) {
  static_cast<CurlSockets*>(self)->Forget(socket);
  return close(socket);
}

// The number may be another socket's soon.
void CurlSockets::Forget(curl_socket_t socket) {
  const auto known = open_.find(socket);
  if (known == open_.end()) return;
  held_.erase(std::remove(held_.begin(), held_.end(), socket), held_.end());
  auto [entry, last] = by_port_.equal_range(known->second.local_port);
  while (entry != last && entry->second != socket) ++entry;
  if (entry != last) by_port_.erase(entry);
  open_.erase(known);
}

}  // namespace order1688
