// Brings the tables of an older SQLite ledger to the present version.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_MIGRATION_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_MIGRATION_H_

#include "absl/status/status.h"
#include "common/clock.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// Version 1 kept everything in the clear and knew no owned orders and no erasure. Copies every row
// into new tables, encrypted; what is in doubt is due for a lookup at once. Rows without an erase
// time keep none. Runs in the caller's transaction. DATA_LOSS: a row cannot be read. UNAVAILABLE:
// it could not be read or written.
absl::Status MigrateFromVersion1(SqliteConnection& connection, const ColumnCipher& cipher,
                                 const Clock& clock);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_MIGRATION_H_
