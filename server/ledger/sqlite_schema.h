// Tables of an SQLite ledger, and the settings without which it is not durable.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_SCHEMA_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_SCHEMA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// Checks the file, makes its settings safe, and makes the tables if it is empty. Reads the whole
// file once. FAILED_PRECONDITION, with the file unchanged: not a ledger, or of a newer version;
// settings not in force. DATA_LOSS: damaged, restore it. UNAVAILABLE: it could not be read or
// written.
absl::Status PrepareSchema(SqliteConnection& connection);

// The key of the fingerprints, 32 bytes, made together with the tables.
absl::StatusOr<std::string> ReadFingerprintKey(SqliteConnection& connection);

// `bytes` bytes that nobody can guess.
absl::StatusOr<std::string> RandomBytes(int bytes);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_SCHEMA_H_
