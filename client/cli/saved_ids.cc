#include "client/cli/saved_ids.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "client/cli/state_file.h"

namespace order1688 {

absl::StatusOr<RequestIdStore> OpenSavedIds(const CliIo& io, const Clock& clock) {
  absl::StatusOr<std::string> directory = StateDirectory(io.environment);
  absl::Status problem = directory.status();
  if (directory.ok()) {
    absl::StatusOr<RequestIdStore> store = RequestIdStore::Open(*directory, clock);
    if (store.ok()) return store;
    problem = store.status();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("a new request id cannot be saved: ", problem.message(),
                   ". Choose one and keep it: --request-id"));
}

std::optional<RequestIdStore> FindSavedIds(const CliIo& io, const Clock& clock) {
  absl::StatusOr<std::string> directory = StateDirectory(io.environment);
  struct stat found;
  if (!directory.ok() || stat(directory->c_str(), &found) != 0) return std::nullopt;
  absl::StatusOr<RequestIdStore> store = RequestIdStore::Open(*directory, clock);
  if (!store.ok()) return std::nullopt;
  return *std::move(store);
}

std::optional<SavedState> LearntFrom(const PlaceAnswer& answer, bool may_have_been_sent) {
  if (answer.response.has_value()) return LearntFrom(answer.response->placement().state());
  const CallFailure& failure = *answer.failure;
  if (!failure.sent) {
    if (may_have_been_sent) return std::nullopt;
    return SavedState::kNoOrder;
  }
  if (!failure.outcome_known) return SavedState::kUnsettled;
  if (failure.error.has_value()) {
    switch (failure.error->reason) {
      case v1::ERROR_REASON_GATEWAY_REJECTED:
      case v1::ERROR_REASON_PLACEMENT_CLOSED:
        return SavedState::kSettled;
      case v1::ERROR_REASON_REQUEST_ID_REUSED:
        return std::nullopt;
      default:
        break;
    }
  }
  return failure.order_may_exist ? SavedState::kUnsettled : SavedState::kNoOrder;
}

SavedState LearntFrom(v1::PlacementState state) {
  switch (state) {
    case v1::PLACEMENT_STATE_PLACED:
    case v1::PLACEMENT_STATE_REJECTED:
    case v1::PLACEMENT_STATE_CLOSED:
      return SavedState::kSettled;
    case v1::PLACEMENT_STATE_PARTIALLY_PLACED:
      return SavedState::kPartlyPlaced;
    case v1::PLACEMENT_STATE_NOT_PLACED:
      return SavedState::kNoOrder;
    default:
      return SavedState::kUnsettled;
  }
}

}  // namespace order1688
