// What a failed call says about the order, read back from an absl::Status of OrderClient.
#ifndef ORDER1688_CLIENT_CALL_FAILURE_H_
#define ORDER1688_CLIENT_CALL_FAILURE_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/error.h"
#include "grpcpp/support/status.h"

namespace order1688 {

// Why a call failed and what is known about the order. `outcome_known` and `order_may_exist` speak
// of the request_id, so of every try of this call and of the earlier calls that the caller told of,
// not only of the last answer.
struct CallFailure {
  grpc::StatusCode code = grpc::UNKNOWN;
  // For people. Of the service or of gRPC; it may hold text of the gateway.
  std::string message;
  // The service's own error, of the last try. nullopt: the last try got none (its outcome is
  // unknown), or nothing was sent.
  std::optional<Error> error;
  // False: refused in this process; not one byte of this call left it.
  bool sent = false;
  // False: an order may exist or may still be made. Ask again with the same request_id, never with
  // a new one.
  bool outcome_known = true;
  // True whenever `outcome_known` is false.
  bool order_may_exist = false;
};

// Reads what OrderClient put into the status. A status that holds nothing of OrderClient was
// refused in this process: not sent. `status` must not be OK.
CallFailure FailureOf(const absl::Status& status);

// The status of a call that was sent. `outcome_known` and `order_may_exist` are as in CallFailure.
absl::Status FailedCall(const grpc::Status& last, bool outcome_known, bool order_may_exist);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CALL_FAILURE_H_
