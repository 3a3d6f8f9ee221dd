#include "server/placement/lease_sweeper.h"

#include <utility>

namespace order1688 {

void LeaseSweeper::Start() {
  timer_.RunAfter(interval_, [self = shared_from_this()] { self->Sweep(); });
}

void LeaseSweeper::Sweep() {
  ledger_.ExpireLeases(
      [self = shared_from_this()](absl::StatusOr<std::vector<PlacementKey>> expired) {
        self->OnSwept(std::move(expired));
      });
  Start();
}

void LeaseSweeper::OnSwept(absl::StatusOr<std::vector<PlacementKey>> expired) {
  if (!expired.ok()) {
    log_.Error("lease_sweep_failed");
    return;
  }
  for (const PlacementKey& key : *expired) {
    metrics_.Alarm("lease_expired");
    log_.Error("alarm",
               {{"kind", "lease_expired"}, {"caller", key.caller}, {"request_id", key.request_id}});
  }
}

}  // namespace order1688
