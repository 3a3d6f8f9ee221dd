#include "tests/support/raw_peer.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

size_t ContentLengthOf(absl::string_view head) {
  std::string lower = absl::AsciiStrToLower(head);
  size_t at = lower.find("content-length:");
  if (at == std::string::npos) return 0;
  at += sizeof("content-length:") - 1;
  size_t length = 0;
  EXPECT_TRUE(
      absl::SimpleAtoi(absl::string_view(lower).substr(at, lower.find('\r', at) - at), &length));
  return length;
}

}  // namespace

RawConnection::~RawConnection() { Close(); }

bool RawConnection::StartTls(SSL_CTX* context) {
  tls_ = SSL_new(context);
  SSL_set_fd(tls_, fd_);
  return SSL_accept(tls_) == 1;
}

int RawConnection::Read(char* buffer, int size) {
  return tls_ != nullptr ? SSL_read(tls_, buffer, size)
                         : static_cast<int>(recv(fd_, buffer, size, 0));
}

std::string RawConnection::ReadHead() {
  std::array<char, 4096> buffer;
  while (true) {
    size_t end = unread_.find("\r\n\r\n");
    int got = end == std::string::npos ? Read(buffer.data(), buffer.size()) : 0;
    if (got > 0) {
      unread_.append(buffer.data(), got);
      continue;
    }
    size_t length = end == std::string::npos ? unread_.size() : end + 4;
    std::string head = unread_.substr(0, length);
    unread_.erase(0, length);
    return head;
  }
}

std::string RawConnection::ReadRequest() {
  std::string head = ReadHead();
  size_t length = ContentLengthOf(head);
  std::array<char, 4096> buffer;
  while (unread_.size() < length) {
    int got = Read(buffer.data(), buffer.size());
    if (got <= 0) break;
    unread_.append(buffer.data(), got);
  }
  std::string body = unread_.substr(0, length);
  unread_.erase(0, length);
  return head + body;
}

int RawConnection::data_segments() const {
  tcp_info info{};
  socklen_t size = sizeof(info);
  EXPECT_EQ(getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return static_cast<int>(info.tcpi_data_segs_in);
}

void RawConnection::ReadToEnd() {
  std::array<char, 4096> buffer;
  while (Read(buffer.data(), buffer.size()) > 0) {
  }
}

bool RawConnection::Send(absl::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = tls_ != nullptr ? SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size()))
                                   : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(sent);
  }
  return true;
}

void RawConnection::Close() {
  if (fd_ < 0) return;
  if (tls_ != nullptr) {
    if (SSL_is_init_finished(tls_)) SSL_shutdown(tls_);
    SSL_free(tls_);
    tls_ = nullptr;
  }
  // The peer holds a duplicate of the descriptor, so close alone would send nothing.
  shutdown(fd_, SHUT_WR);
  close(fd_);
  fd_ = -1;
}

void RawConnection::Reset() {
  // Connecting a TCP socket to nowhere resets it at once, whoever holds a duplicate.
  sockaddr nowhere{};
  nowhere.sa_family = AF_UNSPEC;
  connect(fd_, &nowhere, sizeof(nowhere));
  Close();
}

RawPeer::RawPeer(std::function<void(RawConnection&)> serve) : serve_(std::move(serve)) {
  listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(listening_, 128), 0);
  EXPECT_EQ(getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  accepting_ = std::thread([this] { Accept(); });
}

RawPeer::~RawPeer() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listening_, SHUT_RDWR);
  accepting_.join();
  for (std::thread& thread : threads_) thread.join();
  for (int fd : open_) close(fd);
  close(listening_);
}

std::string RawPeer::Url(absl::string_view scheme) const {
  return absl::StrCat(scheme, "://127.0.0.1:", port_, "/v2/alibaba/order/batch/create");
}

void RawPeer::WaitForServed(int number) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return served_ >= number; });
}

void RawPeer::Accept() {
  // For the threads that it starts: a TLS write to a connection that is gone.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  while (true) {
    int fd = accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    int number = ++accepted_;
    {
      std::lock_guard lock(mutex_);
      open_.push_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
      if (stopped_) shutdown(fd, SHUT_RDWR);
    }
    threads_.emplace_back([this, fd, number] {
      {
        RawConnection connection(fd, number);
        serve_(connection);
      }
      std::lock_guard lock(mutex_);
      ++served_;
      changed_.notify_all();
    });
  }
}

}  // namespace order1688
