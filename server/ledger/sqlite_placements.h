// The attempts and verdicts of an SQLite ledger. SqliteLedger calls it on its writer thread, inside
// a transaction.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_PLACEMENTS_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_PLACEMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "server/ledger/ledger.h"
#include "server/ledger/sqlite_rows.h"

namespace order1688 {

// Transactions, threads and errors as with SqliteRows, which must outlive this.
class SqlitePlacements {
 public:
  explicit SqlitePlacements(SqliteRows& rows) : rows_(rows) {}

  // As in Ledger.
  absl::StatusOr<Reserved> Reserve(const Reservation& reservation);
  // `record->placement` becomes the row's where it is written as it was asked for; the answer's row
  // then leaves it out. May be called again with what it made of the record.
  absl::StatusOr<Recorded> Record(PlacementRecord* record);
  absl::StatusOr<std::optional<LedgerRow>> Find(const PlacementKey& key);
  absl::StatusOr<std::optional<WholeRow>> FindWhole(const PlacementKey& key);
  absl::StatusOr<Settled> Settle(const RowSettlement& settlement);
  absl::StatusOr<std::vector<PlacementKey>> ExpireLeases();

  // Ends the leases of all SENDING rows: right when no sender can be alive.
  absl::StatusOr<std::vector<PlacementKey>> ExpireAllLeases();

 private:
  absl::Status WriteNextAttempt(const LedgerRow& before, const LedgerRow& after,
                                const Reservation& reservation);
  void RememberSending(const PlacementKey& key, const LedgerRow& row);
  // The row that Record will most likely find, from memory if it is there.
  absl::StatusOr<std::optional<LedgerRow>> TakeSending(const PlacementKey& key);
  absl::StatusOr<Recorded> RecordOverAnyRow(const PlacementRecord& record);
  absl::StatusOr<std::optional<LedgerRow>> FindDuplicate(const Reservation& reservation);
  absl::StatusOr<bool> OwnedByAnother(const std::string& account, const std::string& order_id,
                                      const PlacementKey& key);
  absl::StatusOr<std::vector<PlacementKey>> ExpireUntil(int64_t lease_end);

  SqliteRows& rows_;
  // Rows as Reserve wrote them. While a row is SENDING under one fence its placement never changes,
  // and WriteOutcome writes only over that state and fence; so it does not matter if a transaction
  // was undone and this knows of a row that is not there.
  absl::flat_hash_map<PlacementKey, LedgerRow> sending_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_PLACEMENTS_H_
