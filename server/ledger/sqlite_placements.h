// The rows of an SQLite ledger. SqliteLedger calls it on its writer thread, inside a transaction.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_PLACEMENTS_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_PLACEMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "server/ledger/ledger.h"
#include "server/ledger/row_transition.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// Reads and writes rows. Begins and ends no transaction: the caller does, and nothing counts before
// its COMMIT. One thread at a time. Every error is UNAVAILABLE and may leave a part of the work
// done: roll it back.
class SqlitePlacements {
 public:
  // Both must outlive this. `owner` is the random id of this process run.
  SqlitePlacements(SqliteConnection& connection, const Clock& clock, std::string owner);

  // As in Ledger.
  absl::StatusOr<Reserved> Reserve(const Reservation& reservation);
  absl::StatusOr<Recorded> Record(const PlacementRecord& record);
  absl::StatusOr<std::optional<LedgerRow>> Find(const PlacementKey& key);
  absl::StatusOr<std::vector<PlacementKey>> ExpireLeases();

  // Ends the leases of all SENDING rows: right when no sender can be alive.
  absl::StatusOr<std::vector<PlacementKey>> ExpireAllLeases();

 private:
  struct StoredRow {
    LedgerRow row;
    std::string raw_answer;
  };

  absl::StatusOr<std::optional<StoredRow>> Read(const PlacementKey& key);
  absl::Status Insert(const LedgerRow& row, const Reservation& reservation);
  // Writes `after` if the row is still as `before` says.
  absl::Status Update(const LedgerRow& before, const LedgerRow& after,
                      absl::string_view raw_answer);
  absl::Status UpdateReservation(const LedgerRow& after, const Reservation& reservation);
  absl::Status KeepEvidence(const PlacementKey& key, int64_t fence, absl::string_view reason,
                            const v1::Placement& placement, absl::string_view raw_answer);
  absl::StatusOr<std::vector<PlacementKey>> ExpireUntil(int64_t lease_end);

  SqliteConnection& connection_;
  const Clock& clock_;
  const std::string owner_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_PLACEMENTS_H_
