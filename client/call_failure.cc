#include "client/call_failure.h"

#include "absl/strings/cord.h"

namespace order1688 {
namespace {

// The bytes of google.rpc.Status as the server sent them: other code can read them too.
constexpr char kDetailsUrl[] = "type.googleapis.com/google.rpc.Status";
constexpr char kOutcomeUrl[] = "order1688/outcome";
constexpr char kUnknown[] = "unknown";
constexpr char kOrderMayExist[] = "known, an order may exist";
constexpr char kNoOrder[] = "known, no order";

absl::Cord OutcomeText(bool outcome_known, bool order_may_exist) {
  if (!outcome_known) return absl::Cord(kUnknown);
  return absl::Cord(order_may_exist ? kOrderMayExist : kNoOrder);
}

}  // namespace

absl::Status FailedCall(const grpc::Status& last, bool outcome_known, bool order_may_exist) {
  absl::Status status(static_cast<absl::StatusCode>(last.error_code()), last.error_message());
  status.SetPayload(kDetailsUrl, absl::Cord(last.error_details()));
  status.SetPayload(kOutcomeUrl, OutcomeText(outcome_known, order_may_exist));
  return status;
}

CallFailure FailureOf(const absl::Status& status) {
  CallFailure failure;
  failure.code = static_cast<grpc::StatusCode>(status.raw_code());
  failure.message = std::string(status.message());
  const auto outcome = status.GetPayload(kOutcomeUrl);
  if (!outcome.has_value()) return failure;

  failure.sent = true;
  failure.outcome_known = *outcome != kUnknown;
  failure.order_may_exist = *outcome != kNoOrder;
  if (const auto details = status.GetPayload(kDetailsUrl)) {
    failure.error =
        FromGrpcStatus(grpc::Status(failure.code, failure.message, std::string(*details)));
  }
  return failure;
}

}  // namespace order1688
