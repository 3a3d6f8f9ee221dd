#include "server/upstream/curl_transport.h"

#include <signal.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "server/upstream/curl_handle.h"
#include "server/upstream/curl_sockets.h"
#include "server/upstream/curl_transfer.h"

namespace order1688 {
namespace {

// Upper bound of one wait; whatever happens wakes the loop earlier.
constexpr absl::Duration kLongestWait = absl::Seconds(10);
// Margin below the peer's Keep-Alive: the peer may close while our request is on its way.
constexpr absl::Duration kKeepAliveMargin = absl::Seconds(1);

CURLM* NewMulti() {
  // Once for the program, never undone: other users of libcurl may be left.
  static const CURLcode kInitialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  return kInitialized == CURLE_OK ? curl_multi_init() : nullptr;
}

}  // namespace

// Everything that the transport's thread owns. Only Post and Stop may be called on other threads.
class CurlTransport::Loop {
 public:
  Loop(CurlTransportOptions options, const Clock& clock, std::function<void()> on_stopped_send)
      : options_(std::move(options)),
        clock_(clock),
        on_stopped_send_(std::move(on_stopped_send)),
        multi_(NewMulti()) {
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options_.most_active));
  }

  void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) {
    auto transfer =
        std::make_unique<CurlTransfer>(options_, sockets_, std::move(request), std::move(gate),
                                       std::move(done), clock_.SinceBoot());
    {
      std::lock_guard lock(mutex_);
      inbox_.push_back(std::move(transfer));
    }
    curl_multi_wakeup(multi_.get());
  }

  void Stop() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    curl_multi_wakeup(multi_.get());
  }

  // Returns after Stop, when nothing is left.
  void Run() {
    BlockSigpipe();
    while (true) {
      const bool stopping = TakeInbox();
      if (stopping) FinishUndecided();
      FinishOverdueQueue();
      while (!queue_.empty() && active_.size() < MostActive()) StartNext();
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      if (FinishCompleted()) continue;
      if (stopping && queue_.empty() && active_.empty() && InboxIsEmpty()) return;
      curl_multi_poll(multi_.get(), nullptr, 0,
                      static_cast<int>(absl::ToInt64Milliseconds(NextWait())), nullptr);
    }
  }

 private:
  using Transfer = std::unique_ptr<CurlTransfer>;

  size_t MostActive() const { return static_cast<size_t>(std::max(options_.most_active, 1)); }

  // With NOSIGNAL libcurl leaves SIGPIPE alone; a write to a closed TLS connection must not end the
  // program.
  static void BlockSigpipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }

  bool TakeInbox() {
    std::lock_guard lock(mutex_);
    for (Transfer& transfer : inbox_) queue_.push_back(std::move(transfer));
    inbox_.clear();
    return stopping_;
  }

  bool InboxIsEmpty() {
    std::lock_guard lock(mutex_);
    return inbox_.empty();
  }

  absl::Duration NextWait() const {
    if (queue_.empty()) return kLongestWait;
    absl::Duration left = queue_.front()->posted_at() + options_.timeout - clock_.SinceBoot();
    return std::clamp(left, absl::Milliseconds(1), kLongestWait);
  }

  void Reply(Transfer transfer, HttpResult result) {
    result.latency = clock_.SinceBoot() - transfer->posted_at();
    Done done = std::move(transfer->done());
    transfer.reset();
    std::move(done)(std::move(result));
  }

  void ReplyUnsent(Transfer transfer, absl::string_view cause) {
    HttpResult result = transfer->FinishUnsent(cause);
    Reply(std::move(transfer), std::move(result));
  }

  // Orders that cannot have left are given up at once; the others are awaited.
  void FinishUndecided() {
    while (!queue_.empty()) {
      Transfer transfer = std::move(queue_.front());
      queue_.pop_front();
      ReplyUnsent(std::move(transfer), "shutting_down");
    }
    std::vector<CURL*> unsent;
    for (auto& [easy, transfer] : active_) {
      if (transfer->gate().Shut("shutting_down")) unsent.push_back(easy);
    }
    for (CURL* easy : unsent) ReplyUnsent(TakeActive(easy), "shutting_down");
  }

  void FinishOverdueQueue() {
    while (!queue_.empty() &&
           clock_.SinceBoot() - queue_.front()->posted_at() >= options_.timeout) {
      Transfer transfer = std::move(queue_.front());
      queue_.pop_front();
      ReplyUnsent(std::move(transfer), "deadline_passed");
    }
  }

  void StartNext() {
    Transfer transfer = std::move(queue_.front());
    queue_.pop_front();
    if (!transfer->gate().shut_cause().empty())
      return ReplyUnsent(std::move(transfer), "caller_gone");
    if (!transfer->Check().ok()) return ReplyUnsent(std::move(transfer), "request_refused");
    const absl::Duration reuse_for = ReuseFor(transfer->origin());
    Start(std::move(transfer), reuse_for);
  }

  void Start(Transfer transfer, absl::Duration reuse_for) {
    if (!transfer->Prepare(TakeIdleHandle(), reuse_for).ok() ||
        curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) {
      return ReplyUnsent(std::move(transfer), "connect_failed");
    }
    CURL* easy = transfer->easy();
    active_.emplace(easy, std::move(transfer));
  }

  // Returns whether anything was completed: a `done` may have posted more.
  bool FinishCompleted() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;  // the message dies with the handle's removal
      FinishOne(TakeActive(message->easy_handle), code);
      any = true;
    }
    return any;
  }

  void FinishOne(Transfer transfer, CURLcode code) {
    if (transfer->met_dead_connection() && !stopping_now()) {
      return Start(std::move(transfer), absl::ZeroDuration());
    }
    HttpResult result = transfer->Finish(code);
    if (transfer->stopped_second_send() || code == CURLE_SEND_FAIL_REWIND) {
      if (on_stopped_send_) on_stopped_send_();
    }
    if (auto keeps = transfer->peer_keeps_for()) peer_keeps_for_[transfer->origin()] = *keeps;
    // A handle that met an error may hold on to its connection's state.
    if (result.outcome == SendOutcome::kAnswered) {
      EasyHandle easy = transfer->TakeEasy();
      curl_easy_reset(easy.get());
      idle_handles_.push_back(std::move(easy));
    }
    Reply(std::move(transfer), std::move(result));
  }

  Transfer TakeActive(CURL* easy) {
    curl_multi_remove_handle(multi_.get(), easy);
    auto node = active_.extract(easy);
    return std::move(node.mapped());
  }

  // A used handle remembers TLS sessions, so that a fresh connection is cheaper.
  EasyHandle TakeIdleHandle() {
    if (idle_handles_.empty()) return EasyHandle(curl_easy_init());
    EasyHandle easy = std::move(idle_handles_.back());
    idle_handles_.pop_back();
    return easy;
  }

  absl::Duration ReuseFor(const std::string& origin) const {
    auto peer = peer_keeps_for_.find(origin);
    if (peer == peer_keeps_for_.end()) return options_.longest_idle;
    return std::min(options_.longest_idle, peer->second - kKeepAliveMargin);
  }

  bool stopping_now() {
    std::lock_guard lock(mutex_);
    return stopping_;
  }

  const CurlTransportOptions options_;
  const Clock& clock_;
  const std::function<void()> on_stopped_send_;

  std::mutex mutex_;
  std::deque<Transfer> inbox_;  // guarded by mutex_
  bool stopping_ = false;       // guarded by mutex_

  // Handles and transfers go before the multi handle that knows them, and that before the sockets
  // that it closes.
  CurlSockets sockets_;
  const MultiHandle multi_;
  std::vector<EasyHandle> idle_handles_;
  std::map<std::string, absl::Duration> peer_keeps_for_;  // by origin
  std::deque<Transfer> queue_;
  std::map<CURL*, Transfer> active_;
};

CurlTransport::CurlTransport(CurlTransportOptions options, const Clock& clock,
                             std::function<void()> on_stopped_send)
    : loop_(std::make_unique<Loop>(std::move(options), clock, std::move(on_stopped_send))),
      thread_([this] { loop_->Run(); }) {}

CurlTransport::~CurlTransport() {
  loop_->Stop();
  thread_.join();
}

void CurlTransport::Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) {
  loop_->Post(std::move(request), std::move(gate), std::move(done));
}

}  // namespace order1688
