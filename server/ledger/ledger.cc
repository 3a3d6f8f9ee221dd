#include "server/ledger/ledger.h"

namespace order1688 {

bool IsDeclaredEdge(v1::PlacementState from, v1::PlacementState to) {
  switch (from) {
    case v1::PLACEMENT_STATE_SENDING:
      return to == v1::PLACEMENT_STATE_PLACED || to == v1::PLACEMENT_STATE_PARTIALLY_PLACED ||
             to == v1::PLACEMENT_STATE_REJECTED || to == v1::PLACEMENT_STATE_IN_DOUBT ||
             to == v1::PLACEMENT_STATE_NOT_PLACED;
    case v1::PLACEMENT_STATE_IN_DOUBT:
      return to == v1::PLACEMENT_STATE_PLACED || to == v1::PLACEMENT_STATE_PARTIALLY_PLACED ||
             to == v1::PLACEMENT_STATE_REJECTED || to == v1::PLACEMENT_STATE_NOT_PLACED ||
             to == v1::PLACEMENT_STATE_CLOSED;
    case v1::PLACEMENT_STATE_NOT_PLACED:
      return to == v1::PLACEMENT_STATE_SENDING;
    default:
      return false;
  }
}

}  // namespace order1688
