#include "tests/bench/gateway/slow_gateway.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace order1688 {

SlowGateway::SlowGateway(std::string body, std::chrono::nanoseconds delay)
    : answer_(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ",
                           body.size(), "\r\n\r\n", body)),
      delay_(delay),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      // epoll's own timeout counts in milliseconds.
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

absl::StatusOr<int> SlowGateway::Listen(const std::string& address_and_port) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(address_and_port, absl::MaxSplits(':', 1));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  uint32_t port = 0;
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  bool listening = inet_pton(AF_INET, parts.first.c_str(), &address.sin_addr) == 1 &&
                   absl::SimpleAtoi(parts.second, &port) && port <= 65535;
  address.sin_port = htons(static_cast<uint16_t>(port));
  listening = listening && bind(listener_, generic, size) == 0 &&
              listen(listener_, SOMAXCONN) == 0 && getsockname(listener_, generic, &size) == 0;
  if (!listening) return absl::UnavailableError("cannot listen on " + address_and_port);
  Watch(listener_, EPOLL_CTL_ADD, EPOLLIN);
  Watch(timer_, EPOLL_CTL_ADD, EPOLLIN);
  return ntohs(address.sin_port);
}

void SlowGateway::Run() {
  std::array<epoll_event, 256> events;
  while (true) {
    const int ready = epoll_wait(epoll_, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.fd == listener_) {
        Accept();
      } else if (event.data.fd != timer_) {
        OnConnection(event.data.fd, event.events);
      }
    }
    SendDue();
    SetTimer();
  }
}

void SlowGateway::Watch(int file, int change, uint32_t events) const {
  epoll_event event{};
  event.events = events;
  event.data.fd = file;
  epoll_ctl(epoll_, change, file, &event);
}

void SlowGateway::Accept() {
  while (true) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (socket < 0) return;
    const int on = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    auto connection = std::make_shared<Connection>();
    connection->socket = socket;
    connections_[socket] = std::move(connection);
    Watch(socket, EPOLL_CTL_ADD, EPOLLIN);
  }
}

void SlowGateway::OnConnection(int socket, uint32_t events) {
  const auto found = connections_.find(socket);
  if (found == connections_.end()) return;
  const bool open = (events & EPOLLOUT) ? Send(*found->second) : Read(found->second);
  if (!open) Close(socket);
}

bool SlowGateway::Read(const std::shared_ptr<Connection>& connection) {
  std::array<char, 65536> bytes;
  const ssize_t count = recv(connection->socket, bytes.data(), bytes.size(), 0);
  if (count <= 0) return count < 0 && errno == EAGAIN;
  const std::optional<int> requests =
      connection->reader.Take({bytes.data(), static_cast<size_t>(count)});
  if (!requests) return false;
  for (int i = 0; i < *requests; ++i) waiting_.push_back({Clock::now() + delay_, connection});
  return true;
}

bool SlowGateway::Send(Connection& connection) const {
  const ssize_t count =
      send(connection.socket, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN) return false;
  if (count > 0) connection.unsent.erase(0, static_cast<size_t>(count));
  const bool waits_for_room = !connection.unsent.empty();
  if (waits_for_room != connection.waits_for_room) {
    connection.waits_for_room = waits_for_room;
    Watch(connection.socket, EPOLL_CTL_MOD, waits_for_room ? EPOLLOUT : EPOLLIN);
  }
  return true;
}

void SlowGateway::Close(int socket) {
  connections_.erase(socket);
  close(socket);
}

void SlowGateway::SendDue() {
  const Clock::time_point now = Clock::now();
  while (!waiting_.empty() && waiting_.front().due <= now) {
    const std::shared_ptr<Connection> connection = waiting_.front().connection.lock();
    waiting_.pop_front();
    if (connection == nullptr) continue;
    connection->unsent += answer_;
    if (!Send(*connection)) Close(connection->socket);
  }
}

void SlowGateway::SetTimer() const {
  itimerspec when{};
  if (!waiting_.empty()) {
    const auto due = waiting_.front().due.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(due);
    when.it_value.tv_sec = seconds.count();
    when.it_value.tv_nsec = std::chrono::nanoseconds(due - seconds).count();
  }
  timerfd_settime(timer_, TFD_TIMER_ABSTIME, &when, nullptr);
}

}  // namespace order1688
