// The one shape of every error of the service (AIP-193): a code, one ErrorInfo, and at most
// BadRequest or RetryInfo. The server writes it, the client reads it.
#ifndef ORDER1688_COMMON_ERROR_H_
#define ORDER1688_COMMON_ERROR_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/support/status.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// What the caller should do next. The name on the wire is e.g. SAME_ID_NOW.
enum class NextStep { kSameIdNow, kSameIdLater, kNewIdAfterFix, kAskOperator };

// One field of the request that is wrong.
struct FieldViolation {
  std::string field;        // path in the request, e.g. batch.cargo_lines[2].quantity
  std::string description;  // short; never repeats the field's value
};

// An error of the service before it is put on the wire, or after it was read from it.
struct Error {
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  std::string message;     // for people; no secret, no personal data but the gateway's own message
  std::string request_id;  // of the call; empty if it had none
  bool order_may_exist = true;
  NextStep next = NextStep::kSameIdNow;
  bool replayed = false;
  std::map<std::string, std::string> metadata;  // more members of ErrorInfo.metadata, e.g. account
  std::vector<FieldViolation> violations;       // INVALID_REQUEST only
  int total_violations = 0;                     // may exceed violations.size(): at most 20 are told
  std::optional<absl::Duration> retry_delay;    // RetryInfo
};

// Most violations that one error tells.
inline constexpr int kMostViolations = 20;

// An error with the order_may_exist and next that belong to `reason`.
Error MakeError(v1::ErrorReason reason, absl::string_view message, absl::string_view request_id);

// The gRPC code that belongs to a reason; UNKNOWN for one that this version does not know.
grpc::StatusCode CodeOf(v1::ErrorReason reason);

// The name on the wire, e.g. "OUTCOME_IN_DOUBT".
std::string NameOf(v1::ErrorReason reason);
absl::string_view NameOf(NextStep next);

// The error as a gRPC status. Its details never exceed 4 KB: larger ones arrive as another code
// (gRPC limit). Violations that do not fit are dropped from the end, their total stays; then
// members of `metadata`, the longest first.
grpc::Status ToGrpcStatus(const Error& error);

// Reads an error of the service; nullopt if the status holds no ErrorInfo of domain `order1688`.
// Then the outcome is unknown, whatever the code says.
std::optional<Error> FromGrpcStatus(const grpc::Status& status);

}  // namespace order1688

#endif  // ORDER1688_COMMON_ERROR_H_
