// Finds placements whose sender never came back, and declares them in doubt.
#ifndef ORDER1688_SERVER_PLACEMENT_LEASE_SWEEPER_H_
#define ORDER1688_SERVER_PLACEMENT_LEASE_SWEEPER_H_

#include <memory>

#include "absl/time/time.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/timer.h"

namespace order1688 {

// Asks the ledger every `interval` to turn expired SENDING rows into IN_DOUBT, and raises an alarm
// for each. It never sends anything. Start it once; it ends when the timer ends. Hold it by
// shared_ptr. The other objects must outlive the timer.
class LeaseSweeper : public std::enable_shared_from_this<LeaseSweeper> {
 public:
  LeaseSweeper(absl::Duration interval, Ledger& ledger, Timer& timer, Metrics& metrics,
               const Log& log)
      : interval_(interval), ledger_(ledger), timer_(timer), metrics_(metrics), log_(log) {}

  void Start();

 private:
  void Sweep();
  void OnSwept(absl::StatusOr<std::vector<PlacementKey>> expired);

  const absl::Duration interval_;
  Ledger& ledger_;
  Timer& timer_;
  Metrics& metrics_;
  const Log& log_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_LEASE_SWEEPER_H_
