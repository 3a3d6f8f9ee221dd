// A clock that only the test moves.
#ifndef ORDER1688_TESTS_SUPPORT_FAKE_CLOCK_H_
#define ORDER1688_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <mutex>

#include "absl/time/time.h"
#include "common/clock.h"

namespace order1688 {

// Stands still until told. Starts at 2026-01-02 03:04:05 UTC, 1000 s after boot. Thread-safe.
class FakeClock final : public Clock {
 public:
  absl::Time Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  absl::Duration SinceBoot() const override {
    const std::lock_guard lock(mutex_);
    return since_boot_;
  }

  // Time passes: both clocks move.
  void Advance(absl::Duration duration) {
    const std::lock_guard lock(mutex_);
    now_ += duration;
    since_boot_ += duration;
  }
  // The wall clock jumps.
  void SetNow(absl::Time now) {
    const std::lock_guard lock(mutex_);
    now_ = now;
  }
  void SetSinceBoot(absl::Duration since_boot) {
    const std::lock_guard lock(mutex_);
    since_boot_ = since_boot;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1767323045);  // guarded by mutex_
  absl::Duration since_boot_ = absl::Seconds(1000);     // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_FAKE_CLOCK_H_
