// The durable store of placements. OrderPlacer calls it: one write before the send gate, one after.
#ifndef ORDER1688_SERVER_LEDGER_LEDGER_H_
#define ORDER1688_SERVER_LEDGER_LEDGER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ledger/ledger_row.h"

namespace order1688 {

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

  // Takes the placement for sending, if nobody did and `reservation.admit` lets it; durable before
  // `done` is called with kFresh. What is known is answered without asking for admission.
  // The duplicate search sees every row that was reserved before, also by another process.
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

  // Reads all of one row; nullopt if there is none. With fence 0 it is evidence only: an answer was
  // recorded for a row that is not there.
  virtual void FindWhole(PlacementKey key, Done<std::optional<WholeRow>> done) = 0;

  // Reads rows in order (PlacementPosition), at most `query.limit`.
  virtual void List(PlacementQuery query, Done<std::vector<LedgerRow>> done) = 0;

  // Writes a verdict on a row in doubt. What Reserve wrote stays, as with Record; the row as it was
  // is kept as evidence. The fence stays, so the attempt's own late answer is superseded.
  virtual void Settle(RowSettlement settlement, Done<Settled> done) = 0;

  // Takes rows that are IN_DOUBT and whose lookup is due, longest due first. A row that has just
  // come into doubt is due at once.
  virtual void TakeLookups(LookupClaim claim, Done<std::vector<LookupTask>> done) = 0;

  // Keeps what a lookup found in a row that stays IN_DOUBT. False, and nothing is changed, if the
  // row has left IN_DOUBT or its fence is another. update_time grows only if the candidates
  // changed.
  virtual void NoteLookup(LookupNote note, Done<bool> done) = 0;

  // Reads what else happened on an account.
  virtual void FindNeighbours(NeighbourQuery query, Done<Neighbours> done) = 0;

  // Reads what was said of an account; the default state if nothing.
  virtual void FindAccount(std::string account, Done<AccountState> done) = 0;

  // Writes one thing, and its audit record, and returns the state after it. The same again changes
  // nothing but the audit.
  virtual void ChangeAccount(AccountChange change, Done<AccountState> done) = 0;

  // Erases personal data whose time has come and encrypts rows under older keys anew, at most
  // `most_rows` of each. SENDING and IN_DOUBT rows are never erased. What is left of an erased row
  // is SkeletonOf(placement).
  virtual void Maintain(int most_rows, Done<Maintained> done) = 0;

  // Secret key of the fingerprints, at least 32 bytes; made once, kept with the rows.
  virtual absl::string_view fingerprint_key() const = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_LEDGER_H_
