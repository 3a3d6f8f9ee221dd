#include "server/inbound/call_errors.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace order1688 {

Error InvalidRequest(std::vector<FieldViolation> violations) {
  const size_t total = violations.size();
  Error error = MakeError(v1::ERROR_REASON_INVALID_REQUEST,
                          absl::StrCat(total, total == 1 ? " field is" : " fields are",
                                       " wrong; nothing was sent. First: ", violations[0].field,
                                       " ", violations[0].description),
                          "");
  error.violations = std::move(violations);
  error.total_violations = static_cast<int>(total);
  return error;
}

Error LedgerUnavailable() {
  return MakeError(v1::ERROR_REASON_LEDGER_UNAVAILABLE,
                   "the ledger cannot be read or written; nothing was sent", "");
}

Error PlacementNotFound() {
  return MakeError(v1::ERROR_REASON_PLACEMENT_NOT_FOUND,
                   "this caller has no placement with this request_id", "");
}

Error PermissionMissing(absl::string_view permission) {
  return MakeError(v1::ERROR_REASON_NOT_PERMITTED,
                   absl::StrCat("this caller lacks the permission ", permission), "");
}

Error ShuttingDown() {
  return MakeError(v1::ERROR_REASON_SHUTTING_DOWN,
                   "the server is stopping; nothing was sent by this call", "");
}

Error MethodNotOffered() {
  return MakeError(v1::ERROR_REASON_NOT_OFFERED,
                   "this server does not have the method; nothing was sent by this call", "");
}

}  // namespace order1688
