// What the statements of one call need. PostgresSession makes it, PostgresPlacements and its
// neighbours use it.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_TRANSACTION_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_TRANSACTION_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/postgres_connection.h"

namespace order1688 {

// A transaction under way, or a session that reads. Begins and ends nothing itself. Errors as in
// PostgresConnection; after one, end the transaction. Everything it is given must outlive it.
class PostgresTransaction {
 public:
  // `now_sql` is an expression that gives the ledger's time, TIMESTAMPTZ. `writer` names the call:
  // no other call, of any process, has the same name; a call that is run again keeps it.
  PostgresTransaction(PostgresConnection& connection, const ColumnCipher& cipher,
                      const std::string& now_sql, const std::string& writer)
      : connection_(connection), cipher_(cipher), now_sql_(now_sql), writer_(writer) {}

  absl::StatusOr<PostgresRows> Run(const std::string& sql, const PostgresValues& values) {
    return connection_.Run(sql, values);
  }

  // The ledger's time at this moment. Read it after the locks are taken: a change must become
  // visible soon after its update_time.
  absl::StatusOr<absl::Time> Now();

  const ColumnCipher& cipher() const { return cipher_; }
  const std::string& writer() const { return writer_; }

 private:
  PostgresConnection& connection_;
  const ColumnCipher& cipher_;
  const std::string& now_sql_;
  const std::string& writer_;
};

// ABORTED unless the statement changed one row: somebody else did, so run the call again.
absl::Status ExpectOneChange(const absl::StatusOr<PostgresRows>& rows);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_TRANSACTION_H_
