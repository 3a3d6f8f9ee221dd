// Erases personal data from an SQLite ledger and moves it to the first key. SqliteLedger calls it
// on its writer thread, inside a transaction.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_MAINTENANCE_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_MAINTENANCE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "server/ledger/ledger.h"
#include "server/ledger/sqlite_rows.h"

namespace order1688 {

// Transactions, threads and errors as with SqliteRows, which must outlive this. A row that cannot
// be read is an error and stops all maintenance: what must be erased is never passed over in
// silence.
class SqliteMaintenance {
 public:
  explicit SqliteMaintenance(SqliteRows& rows) : rows_(rows) {}

  // As in Ledger. Evidence counts as rows of its own when it is encrypted anew.
  absl::StatusOr<Maintained> Maintain(int most_rows);

  // DATA_LOSS, naming the key id, if something is encrypted under a key that is not there.
  absl::Status CheckKeys();

 private:
  absl::StatusOr<int> Erase(int most_rows);
  absl::Status EraseEvidence(const PlacementKey& key);
  absl::StatusOr<int> ResealRows(int most_rows);
  absl::StatusOr<int> ResealEvidence(int most_rows);
  absl::StatusOr<int> CountOlder();

  SqliteRows& rows_;
  // Counting reads an index from end to end, so it is done once.
  std::optional<int> older_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_MAINTENANCE_H_
