// Runs work later, so that nothing that waits holds a thread.
#ifndef ORDER1688_SERVER_TIMER_H_
#define ORDER1688_SERVER_TIMER_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace order1688 {

// Runs callbacks later. Thread-safe.
class Timer {
 public:
  using Id = uint64_t;

  virtual ~Timer() = default;

  // Calls `work` once, at least `delay` from now (at once if not positive), on a thread of the
  // timer. `work` must not block.
  virtual Id RunAfter(absl::Duration delay, absl::AnyInvocable<void() &&> work) = 0;

  // Forgets work that has not started; no effect on work that has. Does not wait for it.
  virtual void Cancel(Id id) = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_TIMER_H_
