// A TCP or TLS peer that does byte by byte what a test says: for what the sandbox does not plan.
#ifndef ORDER1688_TESTS_SUPPORT_RAW_PEER_H_
#define ORDER1688_TESTS_SUPPORT_RAW_PEER_H_

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace order1688 {

// One accepted connection. Used by the thread that serves it.
class RawConnection {
 public:
  RawConnection(int fd, int number) : fd_(fd), number_(number) {}
  ~RawConnection();
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // 1 for the first connection of the peer.
  int number() const { return number_; }

  // Makes it a TLS connection; false if the handshake failed. `context` must outlive it.
  bool StartTls(SSL_CTX* context);

  // Reads up to the end of a request's headers, or with the body that Content-Length announces;
  // what it has when the other side ends.
  std::string ReadHead();
  std::string ReadRequest();

  // How many TCP segments with data have come.
  int data_segments() const;

  // Reads and drops all until the other side ends.
  void ReadToEnd();

  // False if the other side is gone.
  bool Send(absl::string_view bytes);

  // Ends the connection with a FIN (TLS: a close_notify first) or with an RST.
  void Close();
  void Reset();

 private:
  int Read(char* buffer, int size);

  int fd_;
  const int number_;
  SSL* tls_ = nullptr;
  std::string unread_;
};

// Listens on a free loopback port and serves each connection with `serve`, on a thread of its own.
class RawPeer {
 public:
  explicit RawPeer(std::function<void(RawConnection&)> serve);
  // Ends all connections and waits for their threads.
  ~RawPeer();
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  int port() const { return port_; }
  int accepted() const { return accepted_; }
  std::string Url(absl::string_view scheme = "http") const;

  // Blocks until `serve` has returned for so many connections and they are ended.
  void WaitForServed(int number);

 private:
  void Accept();

  const std::function<void(RawConnection&)> serve_;
  int listening_ = -1;
  int port_ = 0;
  std::atomic<int> accepted_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  int served_ = 0;         // guarded by mutex_
  bool stopped_ = false;   // guarded by mutex_
  std::vector<int> open_;  // guarded by mutex_; own duplicates, to end what a thread still reads
  std::vector<std::thread> threads_;  // accepting thread only, then the destructor
  std::thread accepting_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_RAW_PEER_H_
