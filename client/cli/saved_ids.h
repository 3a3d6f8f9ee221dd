// The store of request ids in the user's state directory, as the commands use it.
#ifndef ORDER1688_CLIENT_CLI_SAVED_IDS_H_
#define ORDER1688_CLIENT_CLI_SAVED_IDS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "client/cli/cli_io.h"
#include "client/cli/place_answer.h"
#include "client/cli/request_id_store.h"
#include "common/clock.h"

namespace order1688 {

// Opens the store for making ids. FAILED_PRECONDITION, telling about --request-id, if the directory
// cannot be written.
absl::StatusOr<RequestIdStore> OpenSavedIds(const CliIo& io, const Clock& clock);

// Opens the store only if it is there: for ids that the user gave, which may be saved ones.
std::optional<RequestIdStore> FindSavedIds(const CliIo& io, const Clock& clock);

// What an answer proves about the request id; nullopt: nothing. `may_have_been_sent`: before this
// call.
std::optional<SavedState> LearntFrom(const PlaceAnswer& answer, bool may_have_been_sent);

// What a placement that the service showed proves about its request id.
SavedState LearntFrom(v1::PlacementState state);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_SAVED_IDS_H_
