// Counts and times what the service does, for Prometheus. The names, types and labels are a
// contract with the dashboards of its users: tests/vectors/metrics.txt pins them.
#ifndef ORDER1688_SERVER_OPS_METRICS_H_
#define ORDER1688_SERVER_OPS_METRICS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "grpcpp/support/status_code_enum.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// Owns every metric of one server. Thread-safe; every call is cheap and never waits.
//
// Labels come from the configuration and from fixed words of the code, never from what a caller
// sends. Should a metric get more than 500 different label sets all the same, further ones are
// counted together under the label value "other".
class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A call arrived: grpc_server_started_total. A method that no linked .proto declares is counted
  // as "unknown". `service` is the full name, e.g. "order1688.v1.OrderService"; `method` the short
  // one, e.g. "PlaceOrders".
  void RpcStarted(absl::string_view service, absl::string_view method);

  // A call was answered: grpc_server_handled_total and grpc_server_handling_seconds.
  void RpcHandled(absl::string_view service, absl::string_view method, grpc::StatusCode code,
                  absl::Duration elapsed);

  // A placement reached a state in which it no longer is SENDING. `cause` is Placement.cause.
  void PlacementEnded(absl::string_view account, v1::PlacementState state, absl::string_view cause);

  // One exchange with the gateway ended. `outcome` is `answered`, `not_sent` or `in_doubt`;
  // `http_status` is told as its class
  // ("2xx"), or "none" for 0.
  void GatewayAnswered(absl::string_view account, absl::string_view outcome, int http_status,
                       absl::Duration latency);

  // The send gate stopped a second send of the same placement.
  void SendStopped(absl::string_view account);

  // `n` keys of an answer were unknown to this version; `n` leaves of it could not be read.
  void FieldsUnmapped(absl::string_view account, int64_t n);
  void FieldsUnreadable(absl::string_view account, int64_t n);

  // Something happened that a person must look at. `kind` is a fixed lower_snake word.
  void Alarm(absl::string_view kind);

  // Placements that are on their way now: `delta` is +1 at the start of one, -1 at its end.
  void PlacementsInFlight(absl::string_view account, int delta);

  // Whether an account is paused. The first call makes the account's series appear.
  void AccountPaused(absl::string_view account, bool paused);

  // A write to the ledger ended. `operation` is a fixed lower_snake word, e.g. `reserve`.
  void LedgerWrite(absl::string_view operation, bool ok, absl::Duration elapsed);

  // A lookup of a placement in doubt ended. `result` is a fixed lower_snake word, e.g. `placed`.
  void LookupEnded(absl::string_view account, absl::string_view result);

  // Rows of the ledger that are not yet encrypted with the first key.
  void LedgerRowsUnderOlderKeys(int rows);

  // Everything in the text format of Prometheus 0.0.4.
  std::string Render() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_METRICS_H_
