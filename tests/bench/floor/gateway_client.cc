#include "tests/bench/floor/gateway_client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace order1688 {
namespace {

// More than there are ever calls in flight, so that no connection is closed for want of room.
constexpr long kMostConnections = 4000;

// As many bytes as the service's headers have, so that the gateway's work is the same.
constexpr const char* kHeaders[] = {
    "Expect:",
    "access-key: bench-access-key",
    "timestamp: 1767323045000",
    "user-id: bench-user",
    "signature: 0123456789ABCDEF0123456789ABCDEF",
    "Content-Type: application/json",
    "nonce-str: 0123456789abcdef0123456789abcdef",
};

size_t DropAnswer(char*, size_t size, size_t count, void*) { return size * count; }

}  // namespace

GatewayClient::GatewayClient(std::string url, std::string body)
    : url_(std::move(url)),
      body_(std::move(body)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      posted_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      multi_((curl_global_init(CURL_GLOBAL_DEFAULT), curl_multi_init())) {
  for (const char* header : kHeaders) headers_ = curl_slist_append(headers_, header);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &OnTimer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kMostConnections);
  epoll_event posted{};
  posted.events = EPOLLIN;
  posted.data.fd = posted_event_;
  epoll_ctl(epoll_, EPOLL_CTL_ADD, posted_event_, &posted);
  thread_ = std::thread([this] { Run(); });
}

void GatewayClient::Post(Waiter* waiter) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(waiter);
  }
  if (first) eventfd_write(posted_event_, 1);
}

void GatewayClient::Run() {
  std::array<epoll_event, 64> events;
  while (true) {
    const int ready = epoll_wait(epoll_, events.data(), events.size(), MillisecondsToTimer());
    int running = 0;
    for (int i = 0; i < ready; ++i) {
      const epoll_event& event = events[static_cast<size_t>(i)];
      if (event.data.fd == posted_event_) {
        StartPosted();
        continue;
      }
      int what = 0;
      if (event.events & EPOLLIN) what |= CURL_CSELECT_IN;
      if (event.events & EPOLLOUT) what |= CURL_CSELECT_OUT;
      if (event.events & (EPOLLERR | EPOLLHUP)) what |= CURL_CSELECT_ERR;
      curl_multi_socket_action(multi_, event.data.fd, what, &running);
    }
    // A transfer that was just added starts by the timer.
    if (timer_ && *timer_ <= Clock::now()) {
      timer_.reset();
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
    FinishAnswered();
  }
}

int GatewayClient::MillisecondsToTimer() const {
  if (!timer_) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*timer_ - Clock::now());
  return left.count() > 0 ? static_cast<int>(left.count()) : 0;
}

void GatewayClient::StartPosted() {
  eventfd_t ignored = 0;
  eventfd_read(posted_event_, &ignored);
  std::vector<Waiter*> posted;
  {
    const std::lock_guard lock(mutex_);
    posted.swap(posted_);
  }
  for (Waiter* waiter : posted) {
    CURL* easy = idle_.empty() ? NewHandle() : idle_.back();
    if (!idle_.empty()) idle_.pop_back();
    curl_easy_setopt(easy, CURLOPT_PRIVATE, waiter);
    curl_multi_add_handle(multi_, easy);
  }
}

void GatewayClient::FinishAnswered() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const bool whole = message->data.result == CURLE_OK;
    long status = 0;
    Waiter* waiter = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &waiter);
    curl_multi_remove_handle(multi_, easy);
    idle_.push_back(easy);
    waiter->OnAnswer(whole && status == 200);
  }
}

CURL* GatewayClient::NewHandle() {
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url_.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body_.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.data());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &DropAnswer);
  return easy;
}

int GatewayClient::OnSocket(CURL*, curl_socket_t socket, int what, void* self, void* watched) {
  auto* client = static_cast<GatewayClient*>(self);
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(client->epoll_, EPOLL_CTL_DEL, socket, nullptr);
    return 0;
  }
  epoll_event event{};
  if (what & CURL_POLL_IN) event.events |= EPOLLIN;
  if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
  event.data.fd = socket;
  epoll_ctl(client->epoll_, watched == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
  if (watched == nullptr) curl_multi_assign(client->multi_, socket, client);
  return 0;
}

int GatewayClient::OnTimer(CURLM*, long timeout_ms, void* self) {
  auto* client = static_cast<GatewayClient*>(self);
  client->timer_.reset();
  if (timeout_ms >= 0) client->timer_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
  return 0;
}

}  // namespace order1688
