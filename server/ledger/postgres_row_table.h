// The tables of placements, what is kept beside them, and who owns which order: row by row.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_ROW_TABLE_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_ROW_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/ledger/ledger_row.h"
#include "server/ledger/postgres_transaction.h"
#include "server/ledger/row_codec.h"

namespace order1688 {

// All of a row of the table.
struct PostgresRow {
  RowContent content;
  std::string key_id;  // of the key that it was sealed under
  std::string business_mac;
  std::optional<int64_t> lease_end;  // microseconds since 1970; these two by the ledger's time
  std::optional<int64_t> lookup_due;
  bool erased = false;
  std::string writer;
};

// Columns that OpenLightRow and OpenWholeRow read, in this order; for statements of other files.
extern const char kLightColumns[];
extern const char kWholeColumns[];

// The placement of a result's row. DATA_LOSS: its key is not there, or it is damaged.
absl::StatusOr<LedgerRow> OpenLightRow(const ColumnCipher& cipher, const PostgresRows& rows,
                                       int row);
absl::StatusOr<PostgresRow> OpenWholeRow(const ColumnCipher& cipher, const PostgresRows& rows,
                                         int row);

// Reads and writes. Cheap; made for one transaction, which must outlive it.
class PostgresRowTable {
 public:
  explicit PostgresRowTable(PostgresTransaction& transaction) : transaction_(transaction) {}

  // Reads one row; nullopt if there is none.
  absl::StatusOr<std::optional<LedgerRow>> Find(const PlacementKey& key);
  absl::StatusOr<std::optional<PostgresRow>> FindWhole(const PlacementKey& key);

  // Reads one row, and keeps all others from changing it until the transaction ends.
  absl::StatusOr<std::optional<PostgresRow>> Lock(const PlacementKey& key);
  // The same, but reads no more than content.row and key_id.
  absl::StatusOr<std::optional<PostgresRow>> LockLight(const PlacementKey& key);
  // Ask for what Lock, or LockLight, will read first (PostgresTransaction::Ask).
  void AskLock(const PlacementKey& key);
  void AskLockLight(const PlacementKey& key);

  // What follows writes with PostgresTransaction::Write: ABORTED comes later. UNAVAILABLE: it
  // cannot encrypt.

  // ABORTED if the key is there.
  absl::Status Insert(const PostgresRow& row);

  // Writes a locked row. `now` is when it came into doubt, if it does. Its order ids become its
  // own, unless they belong to another placement.
  absl::Status Update(const LedgerRow& before, PostgresRow after, absl::Time now);

  // The same for the outcome of an attempt that is SENDING, with the StableBytes of its placement:
  // request and progress stay as they are, neither read nor written. Only for a row that is sealed
  // under the first key.
  absl::Status WriteOutcome(const LedgerRow& before, const LedgerRow& after,
                            absl::string_view bytes, absl::string_view raw_answer, absl::Time now);

  // Seals a locked row with the first key, and changes nothing else.
  absl::Status Reseal(const PostgresRow& row);

  // Changes nothing, but the COMMIT then waits until all that was written before is as durable as
  // itself.
  void Touch(const PlacementKey& key);

  // Keeps `evidence` beside the row; at most one for each call and key. A row that was
  // erased before will be again.
  absl::Status Keep(const PlacementKey& key, int64_t fence, const Evidence& evidence);
  // Oldest first.
  absl::StatusOr<std::vector<Evidence>> KeptOf(const PlacementKey& key);

  // False: the order belongs to another placement.
  absl::StatusOr<bool> MayOwn(absl::string_view account, absl::string_view order_id,
                              const PlacementKey& key);
  // Makes the order the placement's own. False: it belongs to another placement.
  absl::StatusOr<bool> Own(absl::string_view account, absl::string_view order_id,
                           const PlacementKey& key);

 private:
  void OwnAll(const v1::Placement& placement);
  absl::StatusOr<std::optional<PostgresRow>> ReadLight(const std::string& sql,
                                                       const PlacementKey& key);
  absl::StatusOr<std::optional<PostgresRow>> ReadWhole(const std::string& sql,
                                                       const PlacementKey& key);

  PostgresTransaction& transaction_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_ROW_TABLE_H_
