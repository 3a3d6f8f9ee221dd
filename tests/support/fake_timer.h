// A timer that runs its work when the test lets time pass.
#ifndef ORDER1688_TESTS_SUPPORT_FAKE_TIMER_H_
#define ORDER1688_TESTS_SUPPORT_FAKE_TIMER_H_

#include <algorithm>
#include <cstddef>
#include <map>
#include <mutex>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/timer.h"
#include "tests/support/fake_clock.h"

namespace order1688 {

// Runs work on the thread that calls Advance or RunDue, earliest first, never inside RunAfter.
// RunAfter and Cancel are thread-safe.
class FakeTimer final : public Timer {
 public:
  // `clock` must outlive the timer.
  explicit FakeTimer(FakeClock& clock) : clock_(clock) {}

  Id RunAfter(absl::Duration delay, absl::AnyInvocable<void() &&> work) override {
    const absl::Duration due = clock_.SinceBoot() + std::max(delay, absl::ZeroDuration());
    const std::lock_guard lock(mutex_);
    const Id id = ++last_id_;
    queue_.emplace(std::pair(due, id), std::move(work));
    return id;
  }

  void Cancel(Id id) override {
    Work dropped;
    const std::lock_guard lock(mutex_);
    const auto place = std::find_if(queue_.begin(), queue_.end(),
                                    [id](const auto& entry) { return entry.first.second == id; });
    if (place == queue_.end()) return;
    dropped = std::move(place->second);
    queue_.erase(place);
  }

  // Lets time pass. The clock stops at each work that comes due, which thus sees its own time.
  void Advance(absl::Duration duration) {
    const absl::Duration end = clock_.SinceBoot() + duration;
    while (RunFirst(end)) {
    }
    clock_.Advance(std::max(end - clock_.SinceBoot(), absl::ZeroDuration()));
  }

  // Runs what is due already, e.g. after the test moved the clock itself.
  void RunDue() { Advance(absl::ZeroDuration()); }

  // Work that waits.
  size_t pending() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

 private:
  using Work = absl::AnyInvocable<void() &&>;

  bool RunFirst(absl::Duration end) {
    Work work;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty() || queue_.begin()->first.first > end) return false;
      const absl::Duration wait = queue_.begin()->first.first - clock_.SinceBoot();
      clock_.Advance(std::max(wait, absl::ZeroDuration()));
      work = std::move(queue_.begin()->second);
      queue_.erase(queue_.begin());
    }
    std::move(work)();
    return true;
  }

  FakeClock& clock_;
  mutable std::mutex mutex_;
  std::map<std::pair<absl::Duration, Id>, Work> queue_;  // guarded by mutex_
  Id last_id_ = 0;                                       // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_FAKE_TIMER_H_
