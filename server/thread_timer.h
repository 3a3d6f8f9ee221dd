// The timer of the running server.
#ifndef ORDER1688_SERVER_THREAD_TIMER_H_
#define ORDER1688_SERVER_THREAD_TIMER_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/timer.h"

namespace order1688 {

// Runs work on one thread of its own: earliest first, equal times in the order of the calls. Delays
// count on the monotonic clock, which stands still while the machine is suspended.
class ThreadTimer final : public Timer {
 public:
  ThreadTimer();

  // Waits for work that runs, drops the rest. Never call it from work of this timer.
  ~ThreadTimer() override;

  Id RunAfter(absl::Duration delay, absl::AnyInvocable<void() &&> work) override;
  void Cancel(Id id) override;

 private:
  using Time = std::chrono::steady_clock::time_point;
  using Work = absl::AnyInvocable<void() &&>;

  void Run();

  std::mutex mutex_;
  std::condition_variable wake_;
  absl::btree_map<std::pair<Time, Id>, Work> queue_;  // guarded by mutex_
  absl::flat_hash_map<Id, Time> times_;  // guarded by mutex_; finds the place in queue_
  Id last_id_ = 0;                       // guarded by mutex_
  bool closing_ = false;                 // guarded by mutex_
  std::thread thread_;                   // last: it uses all of the above
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_THREAD_TIMER_H_
