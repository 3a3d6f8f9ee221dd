// OrderClient: calls the service from C++ with the rules that money needs. For programs of other
// teams, and for the command line tool order1688.
#ifndef ORDER1688_CLIENT_ORDER_CLIENT_H_
#define ORDER1688_CLIENT_ORDER_CLIENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/call_failure.h"
#include "common/clock.h"
#include "grpcpp/channel.h"
#include "order1688/v1/account_service.grpc.pb.h"
#include "order1688/v1/order_service.grpc.pb.h"

namespace order1688 {

// How often a call is tried. Every try of PlaceOrders carries the same request_id, so trying again
// never buys twice.
struct RetryPolicy {
  // Most tries of one call, the first included; at least 1.
  int most_tries = 5;
  // Pause before the second try; it doubles each time up to `longest_pause`. Each pause is cut by
  // chance to between half and all of it. A longer pause that the server asks for (RetryInfo) wins.
  absl::Duration first_pause = absl::Milliseconds(200);
  absl::Duration longest_pause = absl::Seconds(5);
};

// What an OrderClient needs besides its channel.
struct OrderClientOptions {
  // Bearer token of the caller; a secret. Visible ASCII without spaces.
  std::string token;
  // Time for one call with all its tries, where the call names none. Give at least the server's
  // gateway timeout + 5 s.
  absl::Duration timeout = absl::Seconds(60);
  RetryPolicy retry;
  // Waits between two tries. Empty: sleeps.
  std::function<void(absl::Duration)> sleep;
  // Must outlive the client. nullptr: the clock of this machine.
  const Clock* clock = nullptr;
};

// How one PlaceOrders call differs from the others.
struct PlaceOrdersCall {
  // Time for the call with all its tries, if shorter than OrderClientOptions::timeout.
  absl::Duration timeout = absl::InfiniteDuration();
  // True: an earlier call with this request_id may have sent the order (a crash, an unknown
  // outcome). Then only an answer that the ledger stands behind proves that no order exists.
  bool sent_before = false;
};

// Places orders, reads and resolves placements, and changes accounts. Thread-safe; calls block.
//
// Errors: the status has the gRPC code of the last try; FailureOf(status) tells what it means for
// the order. INVALID_ARGUMENT with FailureOf(status).sent == false: refused here.
class OrderClient {
 public:
  // `channel`: best from MakeOrderChannel; a channel with gRPC's own retries hides tries from this
  // class.
  OrderClient(const std::shared_ptr<grpc::ChannelInterface>& channel, OrderClientOptions options);
  OrderClient(const OrderClient&) = delete;
  OrderClient& operator=(const OrderClient&) = delete;

  // Places a batch, at most once however often it is called with the same request_id. The
  // request_id is required: it is never made here, because a new id after a crash is a second
  // purchase. Make it, keep it, then call.
  //
  // Tries again, always under the same request_id, when
  // - the answer holds no ErrorInfo of the service: the outcome is unknown, and asking again is
  // safe by contract;
  // - the service says SAME_ID_NOW (in progress, gateway or ledger not reachable, stopping), or
  // SAME_ID_LATER with a pause that
  //   still fits into the timeout (overloaded, rate limited, throttled).
  // After a try of unknown outcome, an answer that did not come out of the ledger's row proves
  // nothing about that try: the outcome stays unknown (outcome_known == false), whatever the last
  // answer says.
  absl::StatusOr<v1::PlaceOrdersResponse> PlaceOrders(const v1::PlaceOrdersRequest& request,
                                                      const PlaceOrdersCall& call = {}) const;

  // Reads a placement. Sends no order, so it is tried again on the same rules.
  absl::StatusOr<v1::GetPlacementResponse> GetPlacement(absl::string_view request_id) const;
  absl::StatusOr<v1::GetPlacementResponse> GetPlacement(
      const v1::GetPlacementRequest& request) const;

  // Reads one page. Tried again like GetPlacement.
  absl::StatusOr<v1::ListPlacementsResponse> ListPlacements(
      const v1::ListPlacementsRequest& request) const;

  // Calls `on_change` with the placement as it is and after each change, and returns it when it is
  // settled; that may take days. A stream that breaks, or that lives longer than
  // OrderClientOptions::timeout, is opened again; a placement that was told is not told again.
  absl::StatusOr<v1::Placement> WatchPlacement(
      absl::string_view request_id,
      const std::function<void(const v1::Placement&)>& on_change) const;

  // Records a person's verdict. Tried again like GetPlacement: the same verdict again is answered
  // like the first; but give `attempt`, so that it never is about a later one.
  absl::StatusOr<v1::ResolvePlacementResponse> ResolvePlacement(
      const v1::ResolvePlacementRequest& request) const;

  // Read and change a gateway account. Tried again like GetPlacement: the same change again changes
  // nothing.
  absl::StatusOr<v1::GetAccountResponse> GetAccount(const v1::GetAccountRequest& request) const;
  absl::StatusOr<v1::PauseAccountResponse> PauseAccount(
      const v1::PauseAccountRequest& request) const;
  absl::StatusOr<v1::ResumeAccountResponse> ResumeAccount(
      const v1::ResumeAccountRequest& request) const;
  absl::StatusOr<v1::DeclareRefusalCodeResponse> DeclareRefusalCode(
      const v1::DeclareRefusalCodeRequest& request) const;

 private:
  class Tries;

  absl::Status CheckToken() const;
  absl::Status CheckCall(absl::string_view request_id) const;
  template <typename Response, typename Rpc>
  absl::StatusOr<Response> Ask(Rpc rpc) const;

  std::unique_ptr<v1::OrderService::Stub> stub_;
  std::unique_ptr<v1::AccountService::Stub> accounts_;
  OrderClientOptions options_;
  SystemClock system_clock_;
  const Clock* clock_;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_ORDER_CLIENT_H_
