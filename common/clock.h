// The only source of time in the project, so that tests own it.
#ifndef ORDER1688_COMMON_CLOCK_H_
#define ORDER1688_COMMON_CLOCK_H_

#include "absl/time/time.h"

namespace order1688 {

// Tells the time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall clock, UTC. It may jump: use it for what other machines read (signatures, records).
  virtual absl::Time Now() const = 0;

  // Time since boot, suspension included (CLOCK_BOOTTIME). It never jumps: use it for ages, leases
  // and deadlines.
  virtual absl::Duration SinceBoot() const = 0;
};

// The clocks of this machine.
class SystemClock final : public Clock {
 public:
  absl::Time Now() const override;
  absl::Duration SinceBoot() const override;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_CLOCK_H_
