// Placements in PostgreSQL: taking, recording, expiring, settling and reading them.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_PLACEMENTS_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_PLACEMENTS_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/ledger_row.h"
#include "server/ledger/postgres_row_table.h"
#include "server/ledger/postgres_transaction.h"

namespace order1688 {

// Does what Ledger says, inside one transaction; nothing counts before its COMMIT. Reserve, Record
// and Settle may be run again after a COMMIT whose answer was lost: they recognise their own write
// by the transaction's writer, and answer as if it were the first time. ABORTED: run it again from
// the start. Any other error: undo it.
class PostgresPlacements {
 public:
  // The transaction must outlive this.
  explicit PostgresPlacements(PostgresTransaction& transaction)
      : transaction_(transaction), table_(transaction) {}

  absl::StatusOr<Reserved> Reserve(const Reservation& reservation);
  // Leaves the placement in `record`, as it was written: give it back with GiveBack.
  absl::StatusOr<Recorded> Record(PlacementRecord* record);
  // Ask for what Reserve, or Record, will read first (PostgresTransaction::Ask).
  void AskToReserve(const PlacementKey& key) { table_.AskLock(key); }
  void AskToRecord(const PlacementKey& key) { table_.AskLockLight(key); }
  absl::StatusOr<Settled> Settle(const RowSettlement& settlement);
  absl::StatusOr<std::vector<PlacementKey>> ExpireLeases();

  // These need no transaction.
  absl::StatusOr<std::optional<LedgerRow>> Find(const PlacementKey& key);
  absl::StatusOr<std::optional<WholeRow>> FindWhole(const PlacementKey& key);
  absl::StatusOr<std::vector<LedgerRow>> List(const PlacementQuery& query);

 private:
  absl::StatusOr<Recorded> RecordOverAnyRow(const PlacementRecord& record);
  // The latest purchase of the same goods; other searches for it wait until the transaction ends.
  absl::StatusOr<std::optional<LedgerRow>> FindDuplicate(const Reservation& reservation);

  PostgresTransaction& transaction_;
  PostgresRowTable table_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_PLACEMENTS_H_
