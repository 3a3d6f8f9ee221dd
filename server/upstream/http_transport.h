// Sends one signed request to the gateway, at most once. OrderGateway calls it; it knows nothing of
// orders.
#ifndef ORDER1688_SERVER_UPSTREAM_HTTP_TRANSPORT_H_
#define ORDER1688_SERVER_UPSTREAM_HTTP_TRANSPORT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/upstream/send_gate.h"

namespace order1688 {

// A POST. Content-Length is added by the transport; every other header is in `headers`.
struct HttpRequest {
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;  // name, value
  std::string body;
};

// What became of the request on the wire.
enum class SendOutcome {
  kNotSent,   // the send gate stayed shut: the order provably never left
  kAnswered,  // a whole HTTP answer came, with any status
  kInDoubt,   // the gate opened, and no whole answer came
};

// The result of one POST.
struct HttpResult {
  SendOutcome outcome = SendOutcome::kInDoubt;
  // Machine token for kNotSent and kInDoubt: dns_failed, connect_failed, tls_failed, caller_gone,
  // deadline_passed, gate_expired, request_refused, shutting_down, no_answer (timeout), answer_cut,
  // answer_too_large, connection_closed_while_sending. Empty for kAnswered.
  std::string cause;
  // Status of the answer; 0 if none came.
  int http_status = 0;
  // The body, as far as it came: also when in doubt, since it may already name an order.
  std::string body;
  // The answer's header Date as it came; empty if it had none.
  std::string date;
  // From the call of Post to the result.
  absl::Duration latency;
};

// Posts requests. Thread-safe.
class HttpTransport {
 public:
  using Done = absl::AnyInvocable<void(HttpResult) &&>;

  virtual ~HttpTransport() = default;

  // Sends `request` through `gate`, and calls `done` exactly once, on a thread of the transport
  // or of who looks in its stead, never from inside Post. An HTTP error status is kAnswered. `done`
  // must not block. A transport that is destroyed finishes what it has first: undecided gates are
  // shut with "shutting_down".
  virtual void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_HTTP_TRANSPORT_H_
