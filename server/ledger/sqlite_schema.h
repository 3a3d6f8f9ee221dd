// Tables of an SQLite ledger, and the settings without which it is not durable.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_SCHEMA_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_SCHEMA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// What a file holds.
enum class SchemaFound {
  kNothing,
  kVersion1,     // a ledger that is not encrypted yet
  kVersion2Or3,  // one with more indexes than it needs
  kCurrent,
};

// Looks at the file and changes nothing. FAILED_PRECONDITION: not a ledger, or of a newer version.
// DATA_LOSS: damaged, restore it. UNAVAILABLE: it could not be read.
absl::StatusOr<SchemaFound> InspectSchema(SqliteConnection& connection);

// Checks the file, makes its settings safe, and makes the tables or brings those of an older
// version to the present one, in one transaction. Reads the whole file once. FAILED_PRECONDITION:
// settings not in force. DATA_LOSS: damaged, restore it. UNAVAILABLE: it could not be read or
// written.
absl::Status PrepareSchema(SqliteConnection& connection, SchemaFound found,
                           const ColumnCipher& cipher, const Clock& clock);

// The key of the fingerprints, 32 bytes, made together with the tables. Encrypts it with the first
// key if it is not. DATA_LOSS: it is missing, or under a key that is not there.
absl::StatusOr<std::string> ReadFingerprintKey(SqliteConnection& connection,
                                               const ColumnCipher& cipher);

// Makes the tables and indexes of the present version, without a transaction of its own.
absl::Status CreateTables(SqliteConnection& connection);

// Writes the key of the fingerprints, encrypted.
absl::Status WriteFingerprintKey(SqliteConnection& connection, const ColumnCipher& cipher,
                                 absl::string_view fingerprint_key);

// `bytes` bytes that nobody can guess.
absl::StatusOr<std::string> RandomBytes(int bytes);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_SCHEMA_H_
