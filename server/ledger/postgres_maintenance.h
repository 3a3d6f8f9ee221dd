// Erasing and encrypting anew, in PostgreSQL.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_MAINTENANCE_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_MAINTENANCE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/ledger_row.h"
#include "server/ledger/postgres_row_table.h"
#include "server/ledger/postgres_transaction.h"

namespace order1688 {

// Does what Ledger says, inside one transaction. Errors as in PostgresPlacements. Several servers
// may do it at once: each row is done by one of them.
class PostgresMaintenance {
 public:
  // The transaction must outlive this.
  explicit PostgresMaintenance(PostgresTransaction& transaction)
      : transaction_(transaction), table_(transaction) {}

  absl::StatusOr<Maintained> Maintain(int most_rows);

  // FAILED_PRECONDITION if something is sealed under a key that the cipher does not have. Needs no
  // transaction.
  absl::Status CheckKeys();

 private:
  absl::StatusOr<int> Erase(int most_rows);
  absl::StatusOr<bool> EraseRow(const PlacementKey& key);
  absl::StatusOr<int> ResealRows(int most_rows);
  absl::StatusOr<int> ResealEvidence(int most_rows);
  absl::Status WriteEvidence(int64_t number, const PlacementKey& key, const Evidence& evidence);
  absl::StatusOr<int> CountOlder();

  PostgresTransaction& transaction_;
  PostgresRowTable table_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_MAINTENANCE_H_
