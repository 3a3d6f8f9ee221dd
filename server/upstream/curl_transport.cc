#include "server/upstream/curl_transport.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "server/upstream/curl_events.h"
#include "server/upstream/curl_handle.h"
#include "server/upstream/curl_request.h"
#include "server/upstream/curl_sockets.h"
#include "server/upstream/curl_transfer.h"

namespace order1688 {
namespace {

// Upper bound of one wait; whatever happens wakes the loop earlier.
constexpr absl::Duration kLongestWait = absl::Minutes(1);
// Margin below the peer's Keep-Alive: the peer may close while our request is on its way.
constexpr absl::Duration kKeepAliveMargin = absl::Seconds(1);
// An account posts to one or two.
constexpr size_t kMostKnownUrls = 16;
// Each transfer costs the more, the more are active: libcurl's work for it, and the memory of it
// that has left the processor's cache when the answer comes. So further ones wait while the gateway
// answers fast; they start when the oldest one has waited so long for its answer, or the last
// answer took so long.
constexpr size_t kEasilyActive = 8;
constexpr absl::Duration kSlowAnswer = absl::Milliseconds(20);
// Orders that left together are answered together, and would leave together again: the core would
// be idle, and then have hundreds in hand. So while many wait for a slow gateway, whoever goes on
// with the answers that were taken goes before more are taken.
constexpr size_t kManyActive = 32;

CURLM* NewMulti() {
  // Once for the program, never undone: other users of libcurl may be left.
  static const CURLcode kInitialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  return kInitialized == CURLE_OK ? curl_multi_init() : nullptr;
}

}  // namespace

// The transport's thread works with libcurl. It starts all that was posted since its last turn
// together: the code of a step then stays in the processor's cache from one order to the next.
//
// While it waits, others do its work "here", on their own threads, one at a time: who posts the
// only order starts it, and who calls LookHere does all there is, until StopLookingHere.
class CurlTransport::Loop {
 public:
  Loop(CurlTransportOptions options, const Clock& clock, std::function<void()> on_stopped_send)
      : options_(std::move(options)),
        clock_(clock),
        on_stopped_send_(std::move(on_stopped_send)),
        multi_(NewMulti()),
        events_(multi_.get(), sockets_) {
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(MostActive()));
  }

  void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) {
    absl::StatusOr<HeaderList> headers = ToCurlHeaders(request.headers);
    Posted posted;
    posted.transfer =
        std::make_unique<CurlTransfer>(options_, sockets_, std::move(request.body),
                                       headers.ok() ? *std::move(headers) : HeaderList(),
                                       std::move(gate), std::move(done), clock_.SinceBoot());
    posted.url = std::move(request.url);
    {
      const std::lock_guard lock(mutex_);
      inbox_.push_back(std::move(posted));
      if (!waiting_) return;
      if ((looked_at_here_ || IsIdle()) && !StartHere()) return;
      waiting_ = false;
    }
    events_.Wake();
  }

  bool LookHere() {
    std::vector<Answered> replies;
    {
      const std::unique_lock lock(mutex_, std::try_to_lock);
      if (!lock || !waiting_ || stopping_ || active_.empty()) return false;
      SetLookedAtHere(true);
      Look();
      StartPosted({});
      replies = std::exchange(replies_, {});
    }
    const bool any = !replies.empty();
    Tell(std::move(replies));
    return any;
  }

  void StopLookingHere() {
    const std::lock_guard lock(mutex_);
    if (!looked_at_here_) return;
    SetLookedAtHere(false);
    // Else that thread is not waiting, and sees by itself what there is.
    if (waiting_) events_.WakeIn(NextWait());
  }

  void Stop() {
    stopping_ = true;
    StopLookingHere();
    events_.Wake();
  }

  // Returns after Stop, when nothing is left.
  void Run() {
    while (true) {
      Look();
      const bool stopping = stopping_;
      StartPosted(TakeInbox());
      if (stopping) FinishUndecided();
      Tell(std::exchange(replies_, {}));
      if (stopping && queue_.empty() && active_.empty() && InboxIsEmpty()) return;
      if (active_.size() > kManyActive) std::this_thread::yield();
      do {
        events_.Await(BeginWait());
      } while (!EndWait());
    }
  }

 private:
  using Transfer = std::unique_ptr<CurlTransfer>;

  struct Posted {
    Transfer transfer;
    std::string url;
  };
  struct Active {
    Transfer transfer;
    absl::Duration started_at;
  };
  struct Answered {
    Done done;
    HttpResult result;
  };

  size_t MostActive() const { return static_cast<size_t>(std::max(options_.most_active, 1)); }

  bool InboxIsEmpty() {
    const std::lock_guard lock(mutex_);
    return inbox_.empty();
  }

  // How long the transport's thread may wait. Until EndWait, who posts has to wake it, or to start
  // the order itself.
  absl::Duration BeginWait() {
    const std::lock_guard lock(mutex_);
    if (!inbox_.empty()) return absl::ZeroDuration();
    waiting_ = true;
    return looked_at_here_ ? kLongestWait : NextWait();
  }

  // False if the transport's thread has nothing to do, since another does it.
  bool EndWait() {
    const std::lock_guard lock(mutex_);
    if (waiting_ && looked_at_here_) return false;
    waiting_ = false;
    return true;
  }

  std::vector<Posted> TakeInbox() {
    const std::lock_guard lock(mutex_);
    return std::exchange(inbox_, {});
  }

  bool IsIdle() const { return active_.empty() && queue_.empty() && !stopping_; }

  // Starts what was posted, instead of the transport's thread, which waits: an order that comes
  // alone is spared a change of thread. Returns whether that thread has something to do now.
  bool StartHere() {
    StartPosted(std::exchange(inbox_, {}));
    if (!looked_at_here_) events_.WakeIn(NextWait());
    return !replies_.empty();
  }

  void SetLookedAtHere(bool here) {
    if (std::exchange(looked_at_here_, here) != here) events_.SetAwaitsSockets(!here);
  }

  // Lets libcurl go on with what has come.
  void Look() {
    looked_before_ = std::exchange(looked_at_, clock_.SinceBoot());
    events_.Handle();
  }

  static void Tell(std::vector<Answered> replies) {
    for (Answered& reply : replies) std::move(reply.done)(std::move(reply.result));
  }

  // Starts all that may start, and takes what has completed.
  void StartPosted(std::vector<Posted> all) {
    for (Posted& posted : all) {
      posted.transfer->SetUrl(FindUrl(posted.url));
      queue_.push_back(std::move(posted.transfer));
    }
    FinishOverdueQueue();
    // What has been answered is no sign of a slow gateway, however late it is read.
    FinishCompleted();
    do {
      while (!queue_.empty() && WaitToStart() <= absl::ZeroDuration()) StartNext();
      events_.HandleTimer();
    } while (FinishCompleted());
  }

  // nullptr if nothing may be sent there.
  const CurlUrl* FindUrl(const std::string& url) {
    if (const auto known = urls_.find(url); known != urls_.end()) return &known->second;
    absl::StatusOr<CurlUrl> checked = ToCurlUrl(url);
    if (!checked.ok()) return nullptr;
    if (urls_.size() >= kMostKnownUrls && active_.empty() && queue_.empty()) urls_.clear();
    return &urls_.emplace(url, *std::move(checked)).first->second;
  }

  absl::Duration NextWait() const {
    absl::Duration wait = std::min(events_.UntilTimer(), kLongestWait);
    if (queue_.empty()) return wait;
    const absl::Duration left = queue_.front()->posted_at() + options_.timeout - clock_.SinceBoot();
    return std::min(wait, std::max(std::min(left, WaitToStart()), absl::Milliseconds(1)));
  }

  // How long the first of the queue has to wait yet, if none completes before; InfiniteDuration():
  // until one completes. Answers that came after the sockets were looked at are not known yet.
  absl::Duration WaitToStart() const {
    if (active_.size() >= MostActive()) return absl::InfiniteDuration();
    if (active_.size() < kEasilyActive || answers_slowly_) return absl::ZeroDuration();
    return started_.front().second + kSlowAnswer - looked_at_;
  }

  void Reply(Transfer transfer, HttpResult result) {
    result.latency = clock_.SinceBoot() - transfer->posted_at();
    replies_.push_back({std::move(transfer->done()), std::move(result)});
  }

  void ReplyUnsent(Transfer transfer, absl::string_view cause) {
    HttpResult result = transfer->FinishUnsent(cause);
    Reply(std::move(transfer), std::move(result));
  }

  // Orders that cannot have left are given up at once; the others are awaited.
  void FinishUndecided() {
    while (!queue_.empty()) ReplyUnsent(TakeQueued(), "shutting_down");
    std::vector<CURL*> unsent;
    for (auto& [easy, active] : active_) {
      if (active.transfer->gate().Shut("shutting_down")) unsent.push_back(easy);
    }
    for (CURL* easy : unsent) ReplyUnsent(TakeActive(easy), "shutting_down");
  }

  void FinishOverdueQueue() {
    while (!queue_.empty() &&
           clock_.SinceBoot() - queue_.front()->posted_at() >= options_.timeout) {
      ReplyUnsent(TakeQueued(), "deadline_passed");
    }
  }

  void StartNext() {
    Transfer transfer = TakeQueued();
    if (!transfer->gate().shut_cause().empty())
      return ReplyUnsent(std::move(transfer), "caller_gone");
    if (transfer->refused()) return ReplyUnsent(std::move(transfer), "request_refused");
    const absl::Duration reuse_for = ReuseFor(transfer->origin());
    Start(std::move(transfer), reuse_for);
  }

  void Start(Transfer transfer, absl::Duration reuse_for) {
    if (!transfer->Prepare(TakeIdleHandle(), reuse_for).ok() ||
        curl_multi_add_handle(multi_.get(), transfer->easy()) != CURLM_OK) {
      return ReplyUnsent(std::move(transfer), "connect_failed");
    }
    CURL* easy = transfer->easy();
    const absl::Duration now = clock_.SinceBoot();
    started_.emplace_back(easy, now);
    active_.emplace(easy, Active{std::move(transfer), now});
  }

  // Returns whether anything was completed: there is room for more.
  bool FinishCompleted() {
    bool any = false;
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode code = message->data.result;  // the message dies with the handle's removal
      // It was not there at the look before; how long it was there since then says nothing.
      answers_slowly_ = looked_before_ - active_.at(easy).started_at >= kSlowAnswer;
      FinishOne(TakeActive(easy), code);
      any = true;
    }
    return any;
  }

  void FinishOne(Transfer transfer, CURLcode code) {
    if (transfer->met_dead_connection() && !stopping_) {
      return Start(std::move(transfer), absl::ZeroDuration());
    }
    HttpResult result = transfer->Finish(code);
    if (transfer->stopped_second_send() || code == CURLE_SEND_FAIL_REWIND) {
      if (on_stopped_send_) on_stopped_send_();
    }
    if (auto keeps = transfer->peer_keeps_for()) peer_keeps_for_[transfer->origin()] = *keeps;
    // A handle that met an error may hold on to its connection's state.
    if (result.outcome == SendOutcome::kAnswered) idle_handles_.push_back(transfer->TakeEasy());
    Reply(std::move(transfer), std::move(result));
  }

  Transfer TakeQueued() {
    Transfer transfer = std::move(queue_.front());
    queue_.pop_front();
    return transfer;
  }

  Transfer TakeActive(CURL* easy) {
    curl_multi_remove_handle(multi_.get(), easy);
    auto node = active_.extract(easy);
    while (!started_.empty() && HasEnded(started_.front())) started_.pop_front();
    return std::move(node.mapped().transfer);
  }

  bool HasEnded(const std::pair<CURL*, absl::Duration>& started) const {
    const auto active = active_.find(started.first);
    return active == active_.end() || active->second.started_at != started.second;
  }

  // A used handle remembers TLS sessions, so that a fresh connection is cheaper.
  EasyHandle TakeIdleHandle() {
    if (idle_handles_.empty()) return NewTransferHandle(options_, sockets_);
    EasyHandle easy = std::move(idle_handles_.back());
    idle_handles_.pop_back();
    return easy;
  }

  absl::Duration ReuseFor(const std::string& origin) const {
    auto peer = peer_keeps_for_.find(origin);
    if (peer == peer_keeps_for_.end()) return options_.longest_idle;
    return std::min(options_.longest_idle, peer->second - kKeepAliveMargin);
  }

  const CurlTransportOptions options_;
  const Clock& clock_;
  const std::function<void()> on_stopped_send_;

  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::vector<Posted> inbox_;  // guarded by mutex_
  bool waiting_ = false;       // guarded by mutex_
  // Guarded by mutex_: while the transport's thread waits, another looks at the sockets.
  bool looked_at_here_ = false;

  // All below is for the transport's thread alone, and while that waits for who holds mutex_.
  absl::Duration looked_at_ = clock_.SinceBoot();  // at the sockets
  absl::Duration looked_before_ = looked_at_;      // the time before
  bool answers_slowly_ = false;
  std::vector<Answered> replies_;

  // Handles and transfers go before the multi handle that knows them, and that before the sockets
  // that it closes.
  CurlSockets sockets_;
  const MultiHandle multi_;
  CurlEvents events_;
  absl::node_hash_map<std::string, CurlUrl> urls_;  // by their text
  std::vector<EasyHandle> idle_handles_;
  absl::flat_hash_map<std::string, absl::Duration> peer_keeps_for_;  // by origin
  std::deque<Transfer> queue_;
  absl::flat_hash_map<CURL*, Active> active_;
  // When the active ones were started, oldest first; and some that have ended since.
  std::deque<std::pair<CURL*, absl::Duration>> started_;
};

CurlTransport::CurlTransport(CurlTransportOptions options, const Clock& clock,
                             std::function<void()> on_stopped_send)
    : loop_(std::make_unique<Loop>(std::move(options), clock, std::move(on_stopped_send))),
      thread_([this] { loop_->Run(); }) {}

CurlTransport::~CurlTransport() {
  loop_->Stop();
  thread_.join();
}

bool CurlTransport::LookHere() { return loop_->LookHere(); }

void CurlTransport::StopLookingHere() { loop_->StopLookingHere(); }

void CurlTransport::Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) {
  loop_->Post(std::move(request), std::move(gate), std::move(done));
}

}  // namespace order1688
