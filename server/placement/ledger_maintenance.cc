#include "server/placement/ledger_maintenance.h"

#include <utility>

namespace order1688 {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr int kIdleTicks = 60;
constexpr int kMostRows = 100;

}  // namespace

void LedgerMaintenance::Start() {
  timer_.RunAfter(kTick, [self = shared_from_this()] { self->Tick(); });
}

// The ledger's answer sets no timer: when a server stops, the timer ends before the ledger.
void LedgerMaintenance::Tick() {
  Start();
  if (waits_for_ledger_) return;
  if (!work_is_left_ && ++idle_ticks_ < kIdleTicks) return;
  idle_ticks_ = 0;
  waits_for_ledger_ = true;
  ledger_.Maintain(kMostRows, [self = shared_from_this()](absl::StatusOr<Maintained> maintained) {
    self->OnMaintained(std::move(maintained));
  });
}

void LedgerMaintenance::OnMaintained(absl::StatusOr<Maintained> maintained) {
  waits_for_ledger_ = false;
  if (!maintained.ok()) {
    work_is_left_ = false;
    log_.Error("ledger_maintenance_failed");
    return;
  }
  work_is_left_ = maintained->erased == kMostRows || maintained->under_older_keys > 0;
  metrics_.LedgerRowsUnderOlderKeys(maintained->under_older_keys);
  if (maintained->erased > 0) {
    log_.Info("personal_data_erased", {{"rows", maintained->erased}});
  }
}

}  // namespace order1688
