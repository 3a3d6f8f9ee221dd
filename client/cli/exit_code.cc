#include "client/cli/exit_code.h"

#include <algorithm>
#include <array>

namespace order1688 {
namespace {

constexpr std::array kWorstFirst = {
    ExitCode::kUnknown,         ExitCode::kInProgress,     ExitCode::kPartlyPlaced,
    ExitCode::kRequestIdReused, ExitCode::kAuthentication, ExitCode::kCannotConnect,
    ExitCode::kNotSent,         ExitCode::kRefused,        ExitCode::kUsage,
    ExitCode::kPlaced,
};

// For reasons that say what became of this call. Without a default, so that the compiler names a
// new reason.
ExitCode OfKnownOutcome(const Error& error) {
  switch (error.reason) {
    case v1::ERROR_REASON_INVALID_REQUEST:
    case v1::ERROR_REASON_GATEWAY_REJECTED:
    case v1::ERROR_REASON_PLACEMENT_CLOSED:
      return ExitCode::kRefused;
    case v1::ERROR_REASON_REQUEST_ID_REUSED:
      return ExitCode::kRequestIdReused;
    case v1::ERROR_REASON_POSSIBLE_DUPLICATE:
      return ExitCode::kRefused;
    case v1::ERROR_REASON_UNKNOWN_CALLER:
    case v1::ERROR_REASON_NOT_PERMITTED:
      return ExitCode::kAuthentication;
    case v1::ERROR_REASON_PLACEMENT_IN_PROGRESS:
      return ExitCode::kInProgress;
    case v1::ERROR_REASON_OUTCOME_IN_DOUBT:
      return ExitCode::kUnknown;
    case v1::ERROR_REASON_PLACEMENT_NOT_FOUND:
    case v1::ERROR_REASON_OVERLOADED:
    case v1::ERROR_REASON_RATE_LIMITED:
    case v1::ERROR_REASON_ACCOUNT_PAUSED:
    case v1::ERROR_REASON_GATEWAY_UNREACHABLE:
    case v1::ERROR_REASON_GATEWAY_AUTHENTICATION:
    case v1::ERROR_REASON_GATEWAY_THROTTLED:
    case v1::ERROR_REASON_LEDGER_UNAVAILABLE:
    case v1::ERROR_REASON_DEADLINE_TOO_SHORT:
    case v1::ERROR_REASON_NOT_OFFERED:
    case v1::ERROR_REASON_SHUTTING_DOWN:
      return ExitCode::kNotSent;
    // Never an answer to PlaceOrders.
    case v1::ERROR_REASON_NOT_IN_DOUBT:
    case v1::ERROR_REASON_ORDER_OWNED:
    case v1::ERROR_REASON_PLACEMENT_CHANGED:
    case v1::ERROR_REASON_ACCOUNT_NOT_FOUND:
    case v1::ERROR_REASON_TOO_EARLY:
    case v1::ERROR_REASON_UNSPECIFIED:
    case v1::ErrorReason_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::ErrorReason_INT_MAX_SENTINEL_DO_NOT_USE_:
      break;
  }
  return error.order_may_exist ? ExitCode::kUnknown : ExitCode::kNotSent;
}

}  // namespace

ExitCode ExitCodeOfPlace(const CallFailure& failure) {
  if (!failure.sent) return ExitCode::kUsage;
  const bool in_progress =
      failure.error.has_value() && failure.error->reason == v1::ERROR_REASON_PLACEMENT_IN_PROGRESS;
  if (in_progress) return ExitCode::kInProgress;
  if (!failure.outcome_known || !failure.error.has_value()) return ExitCode::kUnknown;
  return OfKnownOutcome(*failure.error);
}

ExitCode ExitCodeOfGet(const CallFailure& failure) {
  if (!failure.sent) return ExitCode::kUsage;
  if (!failure.error.has_value()) return ExitCode::kUnknown;
  switch (failure.error->reason) {
    case v1::ERROR_REASON_PLACEMENT_NOT_FOUND:
    case v1::ERROR_REASON_INVALID_REQUEST:
    case v1::ERROR_REASON_UNKNOWN_CALLER:
    case v1::ERROR_REASON_NOT_PERMITTED:
      return OfKnownOutcome(*failure.error);
    default:
      return ExitCode::kUnknown;
  }
}

ExitCode ExitCodeOfOperation(const CallFailure& failure) {
  if (!failure.sent) return ExitCode::kUsage;
  if (!failure.error.has_value()) return ExitCode::kUnknown;
  switch (failure.error->reason) {
    case v1::ERROR_REASON_UNKNOWN_CALLER:
    case v1::ERROR_REASON_NOT_PERMITTED:
      return ExitCode::kAuthentication;
    case v1::ERROR_REASON_INVALID_REQUEST:
    case v1::ERROR_REASON_NOT_IN_DOUBT:
    case v1::ERROR_REASON_ORDER_OWNED:
    case v1::ERROR_REASON_PLACEMENT_CHANGED:
    case v1::ERROR_REASON_TOO_EARLY:
      return ExitCode::kRefused;
    case v1::ERROR_REASON_PLACEMENT_NOT_FOUND:
    case v1::ERROR_REASON_ACCOUNT_NOT_FOUND:
      return ExitCode::kNotSent;
    default:
      return ExitCode::kUnknown;
  }
}

ExitCode ExitCodeOf(v1::PlacementState state) {
  switch (state) {
    case v1::PLACEMENT_STATE_PLACED:
      return ExitCode::kPlaced;
    case v1::PLACEMENT_STATE_PARTIALLY_PLACED:
      return ExitCode::kPartlyPlaced;
    case v1::PLACEMENT_STATE_SENDING:
      return ExitCode::kInProgress;
    case v1::PLACEMENT_STATE_REJECTED:
    case v1::PLACEMENT_STATE_CLOSED:
      return ExitCode::kRefused;
    case v1::PLACEMENT_STATE_NOT_PLACED:
      return ExitCode::kNotSent;
    default:
      return ExitCode::kUnknown;
  }
}

ExitCode Worse(ExitCode a, ExitCode b) {
  return *std::find_if(kWorstFirst.begin(), kWorstFirst.end(),
                       [&](ExitCode code) { return code == a || code == b; });
}

absl::string_view NameOf(ExitCode code) {
  switch (code) {
    case ExitCode::kPlaced:
      return "placed";
    case ExitCode::kUsage:
      return "wrong input";
    case ExitCode::kRefused:
      return "refused";
    case ExitCode::kNotSent:
      return "not sent";
    case ExitCode::kUnknown:
      return "unknown";
    case ExitCode::kAuthentication:
      return "not authenticated";
    case ExitCode::kCannotConnect:
      return "cannot connect";
    case ExitCode::kPartlyPlaced:
      return "partly placed";
    case ExitCode::kInProgress:
      return "in progress";
    case ExitCode::kRequestIdReused:
      return "request_id reused";
  }
  return "unknown";
}

absl::string_view ExitCodeTable() {
  return "Exit codes:\n"
         "  0  placed (get, watch: it is placed; list, resolve, account: done; health: serving;\n"
         "     --validate-only: nothing to refuse)\n"
         "  1  wrong options or input file; nothing sent\n"
         "  2  refused or closed; no order (resolve, account: refused, nothing changed)\n"
         "  3  not sent for now, or no such placement or account; the same request id may be "
         "asked again\n"
         "  4  in doubt or unknown: an order MAY exist; ask again with the same request id only\n"
         "  5  no token, a wrong token, or a missing permission\n"
         "  6  cannot connect; nothing sent\n"
         "  7  partly placed: some sellers' orders exist, others were refused\n"
         "  8  in progress; ask again with the same request id\n"
         "  9  the request id belongs to other content; nothing sent\n"
         "  Several files: the worst of them, in the order 4 8 7 9 5 6 3 2 1 0.\n";
}

}  // namespace order1688
