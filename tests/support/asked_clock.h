// The system's clock, which knows who asked it: so a test learns which thread did something.
#ifndef ORDER1688_TESTS_SUPPORT_ASKED_CLOCK_H_
#define ORDER1688_TESTS_SUPPORT_ASKED_CLOCK_H_

#include <atomic>
#include <thread>

#include "absl/time/time.h"
#include "common/clock.h"

namespace order1688 {

// Thread-safe.
class AskedClock final : public Clock {
 public:
  absl::Time Now() const override { return clock_.Now(); }
  absl::Duration SinceBoot() const override {
    asked_by_ = std::this_thread::get_id();
    return clock_.SinceBoot();
  }

  // The last thread that asked SinceBoot, since Forget; of no thread if none has.
  std::thread::id asked_by() const { return asked_by_; }
  bool AskedHere() const { return asked_by() == std::this_thread::get_id(); }
  void Forget() { asked_by_ = std::thread::id(); }

 private:
  SystemClock clock_;
  mutable std::atomic<std::thread::id> asked_by_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_ASKED_CLOCK_H_
