// Keeps what the ledger promises of personal data: erased in time, encrypted with the first key.
#ifndef ORDER1688_SERVER_PLACEMENT_LEDGER_MAINTENANCE_H_
#define ORDER1688_SERVER_PLACEMENT_LEDGER_MAINTENANCE_H_

#include <atomic>
#include <memory>

#include "absl/time/time.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/timer.h"

namespace order1688 {

// Lets the ledger maintain 100 rows soon after Start and then every minute; while work is left,
// every second, so that placements never wait long behind it. Tells how many rows are left under
// older keys, and logs how many were erased. Start it once; it ends when the timer ends. Hold it by
// shared_ptr. The other objects must outlive the timer, and the ledger's last answer.
class LedgerMaintenance : public std::enable_shared_from_this<LedgerMaintenance> {
 public:
  LedgerMaintenance(Ledger& ledger, Timer& timer, Metrics& metrics, const Log& log)
      : ledger_(ledger), timer_(timer), metrics_(metrics), log_(log) {}

  void Start();

 private:
  void Tick();
  void OnMaintained(absl::StatusOr<Maintained> maintained);

  Ledger& ledger_;
  Timer& timer_;
  Metrics& metrics_;
  const Log& log_;
  int idle_ticks_ = 0;  // timer's thread only
  std::atomic<bool> work_is_left_ = true;
  std::atomic<bool> waits_for_ledger_ = false;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_LEDGER_MAINTENANCE_H_
