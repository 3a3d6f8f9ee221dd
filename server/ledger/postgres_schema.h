// Tables of a PostgreSQL ledger.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_SCHEMA_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_SCHEMA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/postgres_connection.h"

namespace order1688 {

// Makes the tables, or brings them to this server's version. Any number of servers may call it at
// once, and while older ones of the same version work; one of them does the work, the others wait.
// FAILED_PRECONDITION: the tables are of a newer version. UNAVAILABLE: the database refused; the
// next call goes on where this one stopped.
absl::Status MigrateSchema(PostgresConnection& connection, const ColumnCipher& cipher);

// The key of the fingerprints, 32 bytes, made together with the tables. Encrypts it with the first
// key if it is not. DATA_LOSS: it is missing, or under a key that is not there.
absl::StatusOr<std::string> ReadFingerprintKey(PostgresConnection& connection,
                                               const ColumnCipher& cipher);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_SCHEMA_H_
