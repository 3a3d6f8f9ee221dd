#include "server/placement/placement_error.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace order1688 {
namespace {

constexpr absl::Duration kRetryUnreachable = absl::Seconds(1);
constexpr absl::Duration kRetryThrottled = absl::Seconds(5);

// "PLACEMENT_STATE_IN_DOUBT" -> "IN_DOUBT"
std::string Short(const std::string& name, absl::string_view prefix) {
  return std::string(absl::StripPrefix(absl::string_view(name.data(), name.size()), prefix));
}

// The gateway's own words: of the whole call, or else of the first seller that has any.
const v1::GatewayError* GatewayWords(const v1::Placement& placement) {
  if (placement.has_error()) return &placement.error();
  auto with_error = std::find_if(placement.results().begin(), placement.results().end(),
                                 [](const v1::OrderResult& result) { return result.has_error(); });
  return with_error == placement.results().end() ? nullptr : &with_error->error();
}

void AddGatewayWords(const v1::Placement& placement, Error* error) {
  const v1::GatewayError* words = GatewayWords(placement);
  if (words == nullptr) return;
  error->metadata["gatewayCode"] = words->code();
  error->metadata["gatewayMessage"] = words->message();
  error->metadata["gatewayRequestId"] = words->gateway_request_id();
}

Error NotPlaced(const v1::Placement& placement) {
  if (placement.cause() == "gateway_authentication") {
    return MakeError(v1::ERROR_REASON_GATEWAY_AUTHENTICATION,
                     "the gateway refused our signature or key; no order was made; an operator "
                     "must mend the account",
                     "");
  }
  if (placement.cause() == "gateway_throttled") {
    Error error = MakeError(v1::ERROR_REASON_GATEWAY_THROTTLED,
                            "the gateway is throttling us; no order was made", "");
    error.retry_delay = kRetryThrottled;
    return error;
  }
  Error error = MakeError(
      v1::ERROR_REASON_GATEWAY_UNREACHABLE,
      "the order was not sent; no order was made; ask again with the same request_id", "");
  error.retry_delay = kRetryUnreachable;
  return error;
}

Error InDoubt(const v1::Placement& placement) {
  const auto known = std::count_if(
      placement.results().begin(), placement.results().end(),
      [](const v1::OrderResult& result) { return result.outcome() == v1::ORDER_OUTCOME_PLACED; });
  Error error = MakeError(v1::ERROR_REASON_OUTCOME_IN_DOUBT,
                          "an order may exist; do not place these goods under another request_id "
                          "before this is settled",
                          "");
  if (known > 0) error.metadata["knownOrders"] = std::to_string(known);
  return error;
}

Error ErrorOfState(const v1::Placement& placement) {
  switch (placement.state()) {
    case v1::PLACEMENT_STATE_SENDING:
      return MakeError(v1::ERROR_REASON_PLACEMENT_IN_PROGRESS,
                       "still running; ask again with the same request_id to get the outcome", "");
    case v1::PLACEMENT_STATE_REJECTED:
      return MakeError(v1::ERROR_REASON_GATEWAY_REJECTED,
                       "the gateway refused every line; no order was made", "");
    case v1::PLACEMENT_STATE_NOT_PLACED:
      return NotPlaced(placement);
    case v1::PLACEMENT_STATE_CLOSED:
      return MakeError(v1::ERROR_REASON_PLACEMENT_CLOSED,
                       "a person decided that this placement is never sent", "");
    default:
      return InDoubt(placement);
  }
}

}  // namespace

std::optional<Error> ErrorOf(const v1::Placement& placement, bool replayed) {
  if (placement.state() == v1::PLACEMENT_STATE_PLACED ||
      placement.state() == v1::PLACEMENT_STATE_PARTIALLY_PLACED) {
    return std::nullopt;
  }
  Error error = ErrorOfState(placement);
  error.request_id = placement.request_id();
  error.replayed = replayed;
  AddGatewayWords(placement, &error);
  DescribePlacement(placement, &error);
  return error;
}

void DescribePlacement(const v1::Placement& placement, Error* error) {
  error->metadata["account"] = placement.account();
  error->metadata["gatewayHost"] = placement.gateway_host();
  error->metadata["environment"] =
      Short(v1::Environment_Name(placement.environment()), "ENVIRONMENT_");
  if (placement.state() != v1::PLACEMENT_STATE_UNSPECIFIED) {
    error->metadata["state"] =
        Short(v1::PlacementState_Name(placement.state()), "PLACEMENT_STATE_");
  }
  if (!placement.cause().empty()) error->metadata["cause"] = placement.cause();
}

}  // namespace order1688
