// What a caller is told about a placement that is not (wholly) placed: the error table of the
// README, state by state.
#ifndef ORDER1688_SERVER_PLACEMENT_PLACEMENT_ERROR_H_
#define ORDER1688_SERVER_PLACEMENT_PLACEMENT_ERROR_H_

#include <optional>

#include "common/error.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// The error that belongs to the placement's state; nullopt for PLACED and PARTIALLY_PLACED, which
// are answered with OK. `replayed`: the placement was settled by an earlier call.
std::optional<Error> ErrorOf(const v1::Placement& placement, bool replayed);

// Adds what is known of the placement to the error's metadata: account, gatewayHost, environment,
// state, cause.
void DescribePlacement(const v1::Placement& placement, Error* error);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_PLACEMENT_ERROR_H_
