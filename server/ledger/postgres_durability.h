// Whether a PostgreSQL keeps what it acknowledges.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_DURABILITY_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_DURABILITY_H_

#include "absl/status/status.h"
#include "server/ledger/postgres_connection.h"

namespace order1688 {

// Reads the settings that are in force in this session. FAILED_PRECONDITION: a crash or a failover
// could lose a row that COMMIT acknowledged, and with it the proof that an order was sent; the
// message says which setting, and what to do. UNAVAILABLE: it could not be read.
//
// Standbys are judged as far as the user may see them: their states need pg_monitor. It cannot see
// a disk that lies about fsync.
absl::Status CheckDurability(PostgresConnection& connection);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_DURABILITY_H_
