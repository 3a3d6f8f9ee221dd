#include "server/upstream/curl_events.h"

#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

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

}  // namespace

CurlEvents::CurlEvents(CURLM* multi, CurlSockets& sockets)
    : multi_(multi),
      sockets_(sockets),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      woken_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      wake_timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  Register(woken_, 0, EPOLLIN);
  Register(wake_timer_, 0, EPOLLIN);
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
  close(epoll_);
}

bool CurlEvents::Await(absl::Duration longest, size_t most) {
  // Rounded up: an early wake-up would find nothing due, and wait again.
  const auto wait = absl::ToInt64Milliseconds(absl::Ceil(longest, absl::Milliseconds(1)));
  ready_ =
      std::max(0, epoll_wait(epoll_, events_.data(), static_cast<int>(std::min(most, kMostEvents)),
                             static_cast<int>(wait)));
  return ready_ > 0;
}

void CurlEvents::Wake() { eventfd_write(woken_, 1); }

void CurlEvents::WakeIn(absl::Duration wait) {
  itimerspec at{};
  // 0 would mean never.
  at.it_value = absl::ToTimespec(std::max(wait, absl::Nanoseconds(1)));
  timerfd_settime(wake_timer_, 0, &at, nullptr);
}

void CurlEvents::Handle() {
  for (int i = 0; i < ready_; ++i) HandleEvent(events_[static_cast<size_t>(i)]);
  ready_ = 0;
  HandleTimer();
}

void CurlEvents::HandleEvent(const epoll_event& event) {
  const int socket = event.data.fd;
  if (socket == woken_ || socket == wake_timer_) {
    eventfd_t ignored = 0;  // a timerfd is read alike
    eventfd_read(socket, &ignored);
    return;
  }
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
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  epoll_ctl(epoll_, change, socket, &event);
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
