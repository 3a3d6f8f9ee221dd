// A transport that keeps what is posted and answers what the test says.
#ifndef ORDER1688_TESTS_SUPPORT_FAKE_TRANSPORT_H_
#define ORDER1688_TESTS_SUPPORT_FAKE_TRANSPORT_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/upstream/http_transport.h"

namespace order1688 {

// Answers only when told, on the thread that tells it. Requests that are left at its end are
// finished as HttpTransport promises. Thread-safe.
class FakeTransport final : public HttpTransport {
 public:
  ~FakeTransport() override {
    while (std::unique_ptr<Pending> pending = TakeOldest()) {
      HttpResult result;
      result.cause = "shutting_down";
      if (pending->gate->Shut(result.cause)) result.outcome = SendOutcome::kNotSent;
      std::move(pending->done)(std::move(result));
    }
  }

  void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) override {
    const std::lock_guard lock(mutex_);
    pending_.push_back(
        std::make_unique<Pending>(Pending{request, std::move(gate), std::move(done)}));
    requests_.push_back(std::move(request));
    posted_.notify_all();
  }

  // Blocks until so many were posted in all.
  void WaitForPosts(size_t posts) const {
    std::unique_lock lock(mutex_);
    posted_.wait(lock, [&] { return requests_.size() >= posts; });
  }

  // Everything that was ever posted, oldest first.
  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  size_t unanswered() const {
    const std::lock_guard lock(mutex_);
    return pending_.size();
  }

  // Everything whose gate opened: what a gateway may have got.
  std::vector<HttpRequest> sent() const {
    const std::lock_guard lock(mutex_);
    return sent_;
  }

  // Opens the gate of a request without an answer, as a transport does before the first byte
  // leaves. `nth`: 0 is the oldest.
  bool OpenGate(size_t nth = 0) {
    const std::lock_guard lock(mutex_);
    Pending& pending = *pending_.at(nth);
    if (!pending.gate->Open()) return false;
    sent_.push_back(pending.request);
    return true;
  }

  // Answers a request without an answer, with whatever the test wants.
  void Answer(HttpResult result, size_t nth = 0) { std::move(Take(nth)->done)(std::move(result)); }

  // As a transport that got this far: asks the gate, unless that was done before. Shut: not sent;
  // else the answer is `result`.
  void Deliver(HttpResult result, size_t nth = 0) {
    if (!gate(nth)->opened()) OpenGate(nth);
    std::unique_ptr<Pending> pending = Take(nth);
    if (!pending->gate->opened()) result = NotSent(*pending->gate);
    std::move(pending->done)(std::move(result));
  }

  // As a transport whose connection failed: before the gate opened nothing was sent, after it the
  // order is in doubt.
  void Fail(const std::string& cause, size_t nth = 0) {
    std::unique_ptr<Pending> pending = Take(nth);
    HttpResult result;
    result.cause = cause;
    if (pending->gate->Shut(cause)) result = NotSent(*pending->gate);
    std::move(pending->done)(std::move(result));
  }

 private:
  struct Pending {
    HttpRequest request;
    std::shared_ptr<SendGate> gate;
    Done done;
  };

  static HttpResult NotSent(const SendGate& gate) {
    HttpResult result;
    result.outcome = SendOutcome::kNotSent;
    result.cause = gate.shut_cause();
    return result;
  }

  std::shared_ptr<SendGate> gate(size_t nth) const {
    const std::lock_guard lock(mutex_);
    return pending_.at(nth)->gate;
  }

  std::unique_ptr<Pending> Take(size_t nth) {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Pending> taken = std::move(pending_.at(nth));
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(nth));
    return taken;
  }

  std::unique_ptr<Pending> TakeOldest() {
    const std::lock_guard lock(mutex_);
    if (pending_.empty()) return nullptr;
    std::unique_ptr<Pending> oldest = std::move(pending_.front());
    pending_.pop_front();
    return oldest;
  }

  mutable std::mutex mutex_;
  mutable std::condition_variable posted_;
  std::vector<HttpRequest> requests_;             // guarded by mutex_
  std::vector<HttpRequest> sent_;                 // guarded by mutex_
  std::deque<std::unique_ptr<Pending>> pending_;  // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_FAKE_TRANSPORT_H_
