// Reads and writes single rows of an SQLite ledger: what is sealed, opened; what follows from a
// change, written with it. The parts of SqliteLedger share it.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_ROWS_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_ROWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/ledger.h"
#include "server/ledger/row_codec.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// Begins and ends no transaction: the caller does, and nothing counts before its COMMIT. One thread
// at a time. Every error is UNAVAILABLE and may leave a part of the work done: roll it back.
class SqliteRows {
 public:
  // `connection` and `clock` must outlive this. `owner` is the random id of this process run.
  SqliteRows(SqliteConnection& connection, const Clock& clock, ColumnCipher cipher,
             std::string owner);
  SqliteRows(const SqliteRows&) = delete;
  SqliteRows& operator=(const SqliteRows&) = delete;

  SqliteConnection& connection() { return connection_; }
  const Clock& clock() const { return clock_; }
  const ColumnCipher& cipher() const { return cipher_; }

  // nullopt if there is no such row.
  absl::StatusOr<std::optional<RowContent>> Read(const PlacementKey& key);
  // Without request, raw answer and progress: does not read those long columns.
  absl::StatusOr<std::optional<LedgerRow>> ReadPlacement(const PlacementKey& key);
  // The rows of these keys, in their order. A key without a row is an error.
  absl::StatusOr<std::vector<LedgerRow>> ReadPlacements(const std::vector<PlacementKey>& keys);

  // Writes a row that was not there, or, over `before`, its next attempt.
  absl::Status Insert(const LedgerRow& row, const Reservation& reservation);
  absl::Status InsertNextAttempt(const LedgerRow& before, const LedgerRow& after,
                                 const Reservation& reservation);

  // Writes `after` if the row is still as `before` says; with it, who owns its orders, and, if it
  // has just come into doubt, that its lookup is due. Its lease is over.
  absl::Status Update(const LedgerRow& before, const RowContent& after);

  // The same for the outcome of an attempt that is SENDING: `after`, whose placement has these
  // StableBytes, and `raw_answer`; request and progress stay as they are, neither read nor written.
  // False, and nothing is written: the row is not as `before` says, or is sealed under an older
  // key, which only Update changes.
  absl::StatusOr<bool> WriteOutcome(const LedgerRow& before, const LedgerRow& after,
                                    absl::string_view bytes, absl::string_view raw_answer);

  // Writes what the row holds under the first key; nothing that callers see changes but the content
  // that is given.
  absl::Status Rewrite(const RowContent& content, bool erased);

  // Says when the lookup of a row in doubt is due.
  absl::Status SetLookupDue(const PlacementKey& key, absl::Time due);

  // Keeps `placement` and `raw_answer` beside the row. They will be erased, also if the row was.
  absl::Status KeepEvidence(const PlacementKey& key, int64_t fence, absl::string_view reason,
                            const v1::Placement& placement, absl::string_view raw_answer);
  // Oldest first.
  absl::StatusOr<std::vector<Evidence>> ReadEvidence(const PlacementKey& key);

  // Runs `query`, whose first two columns are caller and request_id, to its end.
  absl::StatusOr<std::vector<PlacementKey>> Keys(SqliteQuery& query);

 private:
  absl::Status Own(const v1::Placement& placement);

  SqliteConnection& connection_;
  const Clock& clock_;
  const ColumnCipher cipher_;
  const std::string owner_;
};

// UNAVAILABLE with the words of `status`, for what a store says of a row that cannot be read.
absl::Status AsUnavailable(const absl::Status& status);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_ROWS_H_
