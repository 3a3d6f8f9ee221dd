// The sockets that libcurl has open. libcurl does not tell which socket a reused connection is on,
// so CurlTransport keeps them.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_SOCKETS_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_SOCKETS_H_

#include <curl/curl.h>

#include <cstdint>
#include <map>
#include <vector>

#include "absl/container/node_hash_map.h"

namespace order1688 {

// Opens and closes libcurl's sockets, for one multi handle, which it must outlive. Used by one
// thread at a time.
class CurlSockets {
 public:
  // What is known of an open socket.
  struct Socket {
    int local_port = 0;       // 0: not asked for, or not bound yet
    uint32_t registered = 0;  // what epoll looks for, see CurlEvents
    uint32_t wanted = 0;      // what libcurl waits for; 0: nothing, the connection is idle
  };

  // Makes `easy` open its sockets here.
  CURLcode Watch(CURL* easy);

  // Whether the idle connection with this local port has something to read. Nothing may come on an
  // idle connection but its end: FIN, RST or, under TLS, the alert close_notify, which libcurl's
  // own check takes for a sign of life. False if the port is unknown. Connections to different
  // peers may have one port: then true if any of them has, since a fresh connection is always safe.
  bool HasEnded(int local_port);

  // Keeps back what is written to the connection with this local port, until SendHeld: libcurl
  // writes the head and the body of a request apart, and two packets wake the peer twice. The
  // kernel sends what is held too long (200 ms) by itself.
  void Hold(int local_port);
  void SendHeld();

  // nullptr for a socket that libcurl opened without asking: those of its resolver. Valid until the
  // socket is closed.
  Socket* Find(curl_socket_t socket);

 private:
  static curl_socket_t Open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int Close(void* self, curl_socket_t socket);

  // Fills by_port_ with those that have got a port.
  void LearnPorts();
  void Forget(curl_socket_t socket);

  absl::node_hash_map<curl_socket_t, Socket> open_;
  std::multimap<int, curl_socket_t> by_port_;  // those whose port is known
  bool port_unknown_ = false;                  // of any open socket
  std::vector<curl_socket_t> held_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_SOCKETS_H_
