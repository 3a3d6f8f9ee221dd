// The sockets that libcurl has open. libcurl does not tell which socket a reused connection is on,
// so CurlTransport keeps them.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_SOCKETS_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_SOCKETS_H_

#include <curl/curl.h>

#include <map>

namespace order1688 {

// Opens and closes libcurl's sockets, for one multi handle, which it must outlive. Used by one
// thread.
class CurlSockets {
 public:
  // Makes `easy` open its sockets here.
  CURLcode Watch(CURL* easy);

  // Whether the idle connection with this local port has something to read. Nothing may come on an
  // idle connection but its end: FIN, RST or, under TLS, the alert close_notify, which libcurl's
  // own check takes for a sign of life. False if the port is unknown. Connections to different
  // peers may have one port: then true if any of them has, since a fresh connection is always safe.
  bool HasEnded(int local_port);

 private:
  static curl_socket_t Open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int Close(void* self, curl_socket_t socket);

  // Fills by_port_ with those that have got a port.
  void LearnPorts();

  std::map<curl_socket_t, int> open_;  // and the local port; 0: not asked for, or not bound yet
  std::multimap<int, curl_socket_t> by_port_;  // those whose port is known
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_SOCKETS_H_
