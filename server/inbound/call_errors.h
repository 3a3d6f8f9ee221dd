// Errors that several methods of the API answer with.
#ifndef ORDER1688_SERVER_INBOUND_CALL_ERRORS_H_
#define ORDER1688_SERVER_INBOUND_CALL_ERRORS_H_

#include <vector>

#include "common/error.h"

namespace order1688 {

// INVALID_REQUEST with every violation; there must be at least one.
Error InvalidRequest(std::vector<FieldViolation> violations);

// LEDGER_UNAVAILABLE.
Error LedgerUnavailable();

// PLACEMENT_NOT_FOUND.
Error PlacementNotFound();

// NOT_PERMITTED. `permission` is the one that is missing, as the configuration writes it.
Error PermissionMissing(absl::string_view permission);

// SHUTTING_DOWN.
Error ShuttingDown();

// NOT_OFFERED.
Error MethodNotOffered();

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_CALL_ERRORS_H_
