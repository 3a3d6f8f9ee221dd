// The durable store of placements. OrderPlacer calls it: one write before the send gate, one after.
#ifndef ORDER1688_SERVER_LEDGER_LEDGER_H_
#define ORDER1688_SERVER_LEDGER_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// What a placement is stored under. A request_id belongs to its caller.
struct PlacementKey {
  std::string caller;
  std::string request_id;

  friend bool operator==(const PlacementKey&, const PlacementKey&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const PlacementKey& key) {
    return H::combine(std::move(state), key.caller, key.request_id);
  }
};

// Keyed hash of the normalised request: equal content, equal fingerprint. Only equal versions can
// be compared.
struct Fingerprint {
  int version = 0;
  std::string mac;  // raw bytes

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// A row of the ledger.
struct LedgerRow {
  // Everything that callers see, state and attempt included.
  v1::Placement placement;
  Fingerprint fingerprint;
  // Counts the writers of this row: a writer with an older fence has been superseded.
  int64_t fence = 0;
};

// What Reserve writes.
struct Reservation {
  PlacementKey key;
  Fingerprint fingerprint;
  // What is known before the send: account, gateway_host, environment, reference, sign_time. The
  // ledger fills request_id, caller, state, attempt and the times.
  v1::Placement placement;
  // The normalised PlaceOrdersRequest, serialised: lookup needs seller, spec, quantity and
  // receiver.
  std::string request;
  // How long the sender may take; after it the row becomes IN_DOUBT. At least the gateway timeout +
  // 60 s.
  absl::Duration lease;
};

// What Reserve found.
enum class ReserveOutcome {
  kFresh,     // the row is durable and ours: send
  kReplay,    // settled, or in doubt: `row` is the answer
  kBusy,      // SENDING by somebody: join it, never send
  kMismatch,  // the id was used for other content
};

// Answer of Reserve.
struct Reserved {
  ReserveOutcome outcome = ReserveOutcome::kMismatch;
  LedgerRow row;
};

// What Record writes.
struct PlacementRecord {
  PlacementKey key;
  // The fence that Reserve gave: proves that the answer belongs to this attempt.
  int64_t fence = 0;
  // The placement with its new state, results, error and cause.
  v1::Placement placement;
  // The gateway's answer as it came, at most 1 MB; empty if none came.
  std::string raw_answer;
};

// What Record did.
enum class RecordOutcome {
  kRecorded,    // the row holds the new state
  kSuperseded,  // the row had moved on: its state is untouched, the answer is kept as evidence;
                // raise an alarm
};

// Answer of Record.
struct Recorded {
  RecordOutcome outcome = RecordOutcome::kSuperseded;
  LedgerRow row;  // as it is now
};

// True if a placement in `from` may become `to`. The only edges; every store obeys them.
//   SENDING    -> PLACED, PARTIALLY_PLACED, REJECTED, IN_DOUBT, NOT_PLACED
//   IN_DOUBT   -> PLACED, PARTIALLY_PLACED, REJECTED, NOT_PLACED, CLOSED
//   NOT_PLACED -> SENDING (a fresh attempt, same fingerprint)
bool IsDeclaredEdge(v1::PlacementState from, v1::PlacementState to);

// Stores placements. Every method returns at once; `done` is called exactly once, on a thread of
// the ledger, never from inside the call, and must not block. Thread-safe. Every error is
// UNAVAILABLE: the store could not be read or written (the write may or may not have happened);
// send nothing because of it. Implementations are destroyed only after their last `done`.
class Ledger {
 public:
  template <typename T>
  using Done = absl::AnyInvocable<void(absl::StatusOr<T>) &&>;

  virtual ~Ledger() = default;

  // Takes the placement for sending, if nobody did; durable before `done` is called with kFresh.
  // NOT_PLACED with the same fingerprint becomes SENDING again, with attempt and fence counted up.
  // Fingerprints of different versions cannot be compared: they are never a mismatch while an order
  // may exist, and always one when the row is NOT_PLACED.
  virtual void Reserve(Reservation reservation, Done<Reserved> done) = 0;

  // Writes what came of an attempt. The attempt's own late answer still settles a row that is
  // IN_DOUBT; if it is in doubt too, it replaces the cause "lease_expired". The same record again
  // changes nothing: kRecorded. No row, another fence, or an edge that is not declared:
  // kSuperseded. What Reserve wrote stays: account, gateway_host, environment, reference, attempt,
  // create_time, sign_time.
  virtual void Record(PlacementRecord record, Done<Recorded> done) = 0;

  // Reads one row; nullopt if there is none.
  virtual void Find(PlacementKey key, Done<std::optional<LedgerRow>> done) = 0;

  // Turns every SENDING row whose lease has ended into IN_DOUBT (cause "lease_expired"), and
  // returns their keys. Nothing is ever taken over and sent.
  virtual void ExpireLeases(Done<std::vector<PlacementKey>> done) = 0;

  // Secret key of the fingerprints, at least 32 bytes; made once, kept with the rows.
  virtual absl::string_view fingerprint_key() const = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_LEDGER_H_
