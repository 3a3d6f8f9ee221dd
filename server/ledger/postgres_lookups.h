// Lookups in PostgreSQL: which placements in doubt are to be asked for, and what came of it.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_LOOKUPS_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_LOOKUPS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/ledger_row.h"
#include "server/ledger/postgres_row_table.h"
#include "server/ledger/postgres_transaction.h"

namespace order1688 {

// Does what Ledger says, inside one transaction. Errors as in PostgresPlacements.
class PostgresLookups {
 public:
  // The transaction must outlive this.
  explicit PostgresLookups(PostgresTransaction& transaction)
      : transaction_(transaction), table_(transaction) {}

  absl::StatusOr<std::vector<LookupTask>> Take(const LookupClaim& claim);
  absl::StatusOr<bool> Note(const LookupNote& note);
  // Needs no transaction.
  absl::StatusOr<Neighbours> FindNeighbours(const NeighbourQuery& query);

 private:
  absl::Status FindUnsettled(const NeighbourQuery& query, Neighbours* neighbours);
  absl::Status FindOwned(const NeighbourQuery& query, Neighbours* neighbours);

  PostgresTransaction& transaction_;
  PostgresRowTable table_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_LOOKUPS_H_
