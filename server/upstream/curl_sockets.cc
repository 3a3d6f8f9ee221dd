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

bool CurlSockets::HasEnded(int local_port) const {
  for (curl_socket_t socket : open_) {
    if (LocalPortOf(socket) != local_port) continue;
    char byte = 0;
    ssize_t got = recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
  }
  return false;
}

curl_socket_t CurlSockets::Open(void* self, curlsocktype, curl_sockaddr* address) {
  curl_socket_t socket =
      ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  static_cast<CurlSockets*>(self)->open_.insert(socket);
  return socket;
}

int CurlSockets::Close(void* self, curl_socket_t socket) {
  static_cast<CurlSockets*>(self)->open_.erase(socket);
  return close(socket);
}

}  // namespace order1688
