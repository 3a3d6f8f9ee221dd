// What lookups and lists ask of an SQLite ledger. SqliteLedger calls it on its writer thread,
// inside a transaction.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_LOOKUPS_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_LOOKUPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/ledger.h"
#include "server/ledger/sqlite_rows.h"

namespace order1688 {

// Transactions, threads and errors as with SqliteRows, which must outlive this.
class SqliteLookups {
 public:
  explicit SqliteLookups(SqliteRows& rows) : rows_(rows) {}

  // As in Ledger. When a lookup is due is told by the wall clock: it outlives this machine's boot.
  absl::StatusOr<std::vector<LedgerRow>> List(const PlacementQuery& query);
  absl::StatusOr<std::vector<LookupTask>> TakeLookups(const LookupClaim& claim);
  absl::StatusOr<bool> NoteLookup(const LookupNote& note);
  absl::StatusOr<Neighbours> FindNeighbours(const NeighbourQuery& asked);

 private:
  // The caller that is asked for, or all that have a row.
  absl::StatusOr<std::vector<std::string>> Callers(const PlacementQuery& asked);
  absl::StatusOr<std::vector<PlacementPosition>> ListState(const PlacementQuery& asked,
                                                           const std::string& caller,
                                                           v1::PlacementState state);
  absl::StatusOr<std::vector<LookupTask>> Tasks(const std::vector<PlacementKey>& keys);
  absl::Status FindOwned(const NeighbourQuery& asked, std::vector<OwnedOrder>* owned);

  SqliteRows& rows_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_LOOKUPS_H_
