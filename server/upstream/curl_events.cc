#include "server/upstream/curl_events.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace order1688 {
namespace {

// Registered for something.
constexpr uint32_t kUnknown = ~0U;

uint32_t EpollEvents(int what) {
  uint32_t events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
  return events;
}

int CurlBits(uint32_t events) {
  int bits = 0;
  if (events & EPOLLIN) bits |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) bits |= CURL_CSELECT_OUT;
  // With the error alone libcurl would give up without reading what came before it.
  if (events & (EPOLLERR | EPOLLHUP)) bits |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
  return bits;
}

// Makes `epoll` look for `events` of `fd`.
void Change(int epoll, int change, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll, change, fd, &event);
}

}  // namespace

CurlEvents::CurlEvents(CURLM* multi, CurlSockets& sockets)
    : multi_(multi),
      sockets_(sockets),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      awaited_(epoll_create1(EPOLL_CLOEXEC)),
      woken_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wake_timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  for (int fd : {epoll_, woken_, wake_timer_}) Change(awaited_, EPOLL_CTL_ADD, fd, EPOLLIN);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

CurlEvents::~CurlEvents() {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, nullptr);
  close(wake_timer_);
  close(woken_);
  close(awaited_);
  close(epoll_);
}

bool CurlEvents::Await(absl::Duration longest) {
  // Rounded up: an early wake-up would find nothing due, and wait again.
  const auto wait = absl::ToInt64Milliseconds(absl::Ceil(longest, absl::Milliseconds(1)));
  std::array<epoll_event, 3> ready;
  const int count =
      epoll_wait(awaited_, ready.data(), static_cast<int>(ready.size()), static_cast<int>(wait));
  for (int i = 0; i < count; ++i) {
    const int fd = ready[static_cast<size_t>(i)].data.fd;
    eventfd_t ignored = 0;  // a timerfd is read alike
    if (fd != epoll_) eventfd_read(fd, &ignored);
  }
  return count > 0;
}

void CurlEvents::Wake() { eventfd_write(woken_, 1); }

void CurlEvents::WakeIn(absl::Duration wait) {
  itimerspec at{};
  // 0 would mean never.
  at.it_value = absl::ToTimespec(std::max(wait, absl::Nanoseconds(1)));
  timerfd_settime(wake_timer_, 0, &at, nullptr);
}

void CurlEvents::SetAwaitsSockets(bool awaits) {
  Change(awaited_, EPOLL_CTL_MOD, epoll_, awaits ? uint32_t{EPOLLIN} : 0);
}

void CurlEvents::Handle() {
  std::array<epoll_event, 64> ready;
  const int count = epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) HandleEvent(ready[static_cast<size_t>(i)]);
  HandleTimer();
}

void CurlEvents::HandleEvent(const epoll_event& event) {
  const int socket = event.data.fd;
  CurlSockets::Socket* known = sockets_.Find(socket);
  if (known != nullptr && (known->wanted == 0 || (event.events & ~known->wanted) != 0)) {
    // Nobody waits for it any more. If it is the end of an idle connection, it would come for ever.
    Register(socket, known->registered, known->wanted);
    known->registered = known->wanted;
    if (known->wanted == 0) return;
  }
  int running = 0;
  curl_multi_socket_action(multi_, socket, CurlBits(event.events), &running);
  sockets_.SendHeld();
}

void CurlEvents::HandleTimer() {
  if (!timer_.has_value() || *timer_ > Clock::now()) return;
  timer_.reset();
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  sockets_.SendHeld();
}

absl::Duration CurlEvents::UntilTimer() const {
  if (!timer_.has_value()) return absl::InfiniteDuration();
  return std::max(absl::FromChrono(*timer_ - Clock::now()), absl::ZeroDuration());
}

void CurlEvents::Register(curl_socket_t socket, uint32_t before, uint32_t events) {
  if (before == events) return;
  const int change = events == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  Change(epoll_, change, socket, events);
}

int CurlEvents::OnSocket(CURL*, curl_socket_t socket, int what, void* self, void* registered) {
  auto& events = *static_cast<CurlEvents*>(self);
  const uint32_t wanted = EpollEvents(what);
  CurlSockets::Socket* known = events.sockets_.Find(socket);
  if (known == nullptr) {
    // libcurl closes it by itself and does not say when: nothing of it may stay.
    events.Register(socket, registered == nullptr ? 0 : kUnknown, wanted);
    if (what != CURL_POLL_REMOVE) curl_multi_assign(events.multi_, socket, &events);
    return 0;
  }
  known->wanted = wanted;
  if ((wanted & ~known->registered) == 0) return 0;
  events.Register(socket, known->registered, wanted);
  known->registered = wanted;
  return 0;
}

int CurlEvents::OnTimer(CURLM*, long timeout_ms, void* self) {
  auto& events = *static_cast<CurlEvents*>(self);
  events.timer_.reset();
  if (timeout_ms >= 0) events.timer_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

}  // namespace order1688
