// The send gate: the point after which the order may have reached the gateway. It is why an order
// is never sent twice.
#ifndef ORDER1688_SERVER_UPSTREAM_SEND_GATE_H_
#define ORDER1688_SERVER_UPSTREAM_SEND_GATE_H_

#include <mutex>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace order1688 {

// Until when the gate may open. All are readings of Clock::SinceBoot.
struct SendGateTerms {
  absl::Duration signed_at;        // when the request was signed; at most kLongestSignatureAge old
  absl::Duration lease_end;        // when the ledger's lease on the placement ends
  absl::Duration caller_deadline;  // when the caller stops waiting
};

// One gate per attempt. The transport calls Open just before the first byte of the request leaves,
// on every connection that it, or a library under it, tries. Only the first call can get `true`.
// Thread-safe. `clock` must outlive the gate.
class SendGate {
 public:
  static constexpr absl::Duration kLongestSignatureAge = absl::Seconds(60);

  SendGate(const Clock& clock, const SendGateTerms& terms) : clock_(clock), terms_(terms) {}

  // True: the caller may send now, and the order counts as sent. False: send nothing, abort. False
  // for ever after the first call, whatever that one got.
  bool Open();

  // Shuts the gate if it has not opened yet; `cause` is a machine token such as "caller_gone".
  // Returns whether the order is now provably never sent; false means it had already opened.
  bool Shut(absl::string_view cause);

  // Whether the order may have been sent.
  bool opened() const;

  // Why the gate stayed shut, as a machine token; empty while it is undecided or after it opened.
  std::string shut_cause() const;

  // How often Open was called after it had opened once: each one is a second send that was stopped.
  int stopped_sends() const;

 private:
  enum class State { kUndecided, kOpened, kShut };
  absl::string_view ReasonToStayShut() const;

  const Clock& clock_;
  const SendGateTerms terms_;
  mutable std::mutex mutex_;
  State state_ = State::kUndecided;
  std::string shut_cause_;
  int stopped_sends_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_SEND_GATE_H_
