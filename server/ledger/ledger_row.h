// What goes into the ledger and comes out of it.
#ifndef ORDER1688_SERVER_LEDGER_LEDGER_ROW_H_
#define ORDER1688_SERVER_LEDGER_LEDGER_ROW_H_

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/on_arena.h"
#include "common/shared_text.h"
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
  OnArena<v1::Placement> placement;
  Fingerprint fingerprint;
  // Counts the writers of this row: a writer with an older fence has been superseded.
  int64_t fence = 0;
};

// The caller's duplicate guard, for one Reserve.
struct DuplicateSearch {
  // Keyed hash of cargo and receiver, raw bytes. Stored also if nothing is looked for; empty: not
  // known.
  std::string business_mac;
  // How far back to look; zero: do not look. REJECTED and NOT_PLACED rows never count: they bought
  // nothing. CLOSED rows do: whether they bought is unknown.
  absl::Duration window = absl::ZeroDuration();
  // True: a duplicate is refused, and nothing is written. False: it is named in
  // `possible_duplicate_of`.
  bool refuse = false;
};

// What Reserve writes.
struct Reservation {
  PlacementKey key;
  Fingerprint fingerprint;
  // What is known before the send: account, gateway_host, environment, reference, sign_time. The
  // ledger fills request_id, caller, state, attempt and the times.
  OnArena<v1::Placement> placement;
  // The normalised PlaceOrdersRequest, serialised: lookup needs seller, spec, quantity and
  // receiver.
  std::string request;
  // How long the sender may take; after it the row becomes IN_DOUBT. At least the gateway timeout +
  // 60 s.
  absl::Duration lease;
  // After which time personal data is erased, once the row is settled. Zero: never.
  absl::Duration retention = absl::ZeroDuration();
  // Whether to look for the same purchase under another request_id.
  DuplicateSearch duplicates;
  // Whether a new attempt may begin; empty: it may. The ledger asks it on a thread of its own, when
  // it has read that the outcome would be kFresh (or kDuplicate) and has written nothing yet, and
  // asks again if it runs its transaction again. It must not block nor call the ledger.
  std::function<bool()> admit;
};

// What Reserve found.
enum class ReserveOutcome {
  kFresh,        // the row is durable and ours: send
  kReplay,       // settled, or in doubt: `row` is the answer
  kBusy,         // SENDING by somebody: join it, never send
  kMismatch,     // the id was used for other content
  kDuplicate,    // nothing was written: `row` is the earlier placement of the same purchase
  kNotAdmitted,  // nothing was written: Reservation::admit said no; `row` is empty
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
  OnArena<v1::Placement> placement;
  // The gateway's answer as it came, of which 1 MB is kept; empty if none came.
  SharedText raw_answer;
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
  // row.placement, serialised; empty if it was not at hand.
  std::string bytes;
};

// What is kept beside a row.
struct Evidence {
  absl::Time time;
  std::string reason;  // kReplacedEvidence or kSupersededEvidence
  OnArena<v1::Placement> placement;
  std::string raw_answer;
};

// Why something is kept: it was the row, until a declared edge overwrote it; or it is an answer
// that came too late to be the row.
inline constexpr char kReplacedEvidence[] = "replaced";
inline constexpr char kSupersededEvidence[] = "superseded";

// Where a row stands in the order of List: by update_time, then caller, then request_id.
struct PlacementPosition {
  int64_t update_micros = 0;  // since 1970
  std::string caller;
  std::string request_id;

  friend auto operator<=>(const PlacementPosition&, const PlacementPosition&) = default;
};

// Everything that the ledger holds of one placement.
struct WholeRow {
  LedgerRow row;
  std::string request;             // as in Reservation; empty if erased
  std::string raw_answer;          // as in PlacementRecord; empty if erased
  std::vector<Evidence> evidence;  // oldest first
};

// Which rows List gives.
struct PlacementQuery {
  std::string caller;                      // empty: of every caller
  std::string account;                     // empty: of every account
  std::vector<v1::PlacementState> states;  // empty: in every state
  // Only rows whose update_time is later.
  absl::Time changed_after = absl::InfinitePast();
  // Only rows that come later in the order of List; unset: from the first.
  std::optional<PlacementPosition> after;
  int limit = 50;  // at least 1
};

// A verdict on a row in doubt that does not come from the row's own attempt.
struct RowSettlement {
  PlacementKey key;
  // The row that the verdict was made of: fence and update_time must still be the same.
  int64_t fence = 0;
  int64_t revision = 0;  // RevisionOf(row)
  // The placement with its new state, results, evidence, cause, and `settlement` but for its time.
  OnArena<v1::Placement> placement;
  // What the verdict rests on, kept as the raw answer; empty: the stored one stays.
  std::string raw_answer;
};

// What Settle did.
enum class SettleOutcome {
  kSettled,     // the row holds the verdict
  kChanged,     // no such row, not in doubt, or not the row that the verdict was made of; nothing
                // changed
  kOrderOwned,  // an order id of it belongs to another placement of the account; nothing changed
};

// Answer of Settle.
struct Settled {
  SettleOutcome outcome = SettleOutcome::kChanged;
  LedgerRow row;  // as it is now
};

// Which rows TakeLookups takes.
struct LookupClaim {
  std::string account;
  int limit = 1;
  // Nobody else gets these rows for so long.
  absl::Duration lease;
};

// A placement whose outcome is not settled, with what lookups need.
struct LookupTask {
  LedgerRow row;
  std::string request;  // as in Reservation
  std::string
      progress;  // what NoteLookup kept last: order1688.wire.v1.LookupProgress; empty at first
};

// What a lookup leaves in a row that stays IN_DOUBT.
struct LookupNote {
  PlacementKey key;
  int64_t fence = 0;
  std::string progress;
  std::vector<v1::OrderCandidate> candidates;
  // When the next lookup is due, from now.
  absl::Duration next_in;
};

// Which neighbours of a placement in doubt are asked for.
struct NeighbourQuery {
  std::string account;
  std::vector<std::string> order_ids;  // and RoundedIdKeys
  absl::Time signed_from;              // inclusive
  absl::Time signed_to;                // inclusive
};

// An order that a placement is known to own; with a RoundedIdKey: one of those with that key.
struct OwnedOrder {
  std::string order_id;  // as it was asked for
  PlacementKey owner;
  absl::Time sign_time;  // of the owner
};

// What else happened on the account.
struct Neighbours {
  // Those of the asked order ids that a placement owns.
  std::vector<OwnedOrder> owned;
  // SENDING, IN_DOUBT and CLOSED rows (an order of theirs may be unknown) signed within that time.
  std::vector<LookupTask> unsettled;
  // False: there are more unsettled rows than are given (1,000).
  bool complete = true;
};

// What operators said of an account.
struct AccountState {
  bool paused = false;
  std::string pause_reason;
  std::vector<std::string> refusal_codes;  // declared ones, ascending
};

// One thing that is said of an account. Audited for ever.
struct AccountChange {
  enum class Kind { kPause, kResume, kDeclareRefusal };
  std::string account;
  Kind kind = Kind::kPause;
  std::string code;    // kDeclareRefusal only
  std::string actor;   // configured id of the caller; empty: the service itself
  std::string reason;  // no personal data
};

// What Maintain did.
struct Maintained {
  int erased = 0;            // rows whose personal data was erased
  int resealed = 0;          // rows that were encrypted anew with the first key
  int under_older_keys = 0;  // rows that are left under older keys
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_LEDGER_ROW_H_
