// What the statements of one call need: its reads, which are answered at once or were sent ahead,
// and its writes, which wait to be sent together. PostgresSession makes it, PostgresPlacements and
// its neighbours use it.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_TRANSACTION_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_TRANSACTION_H_

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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

  // Runs a statement, after all that were written.
  absl::StatusOr<PostgresRows> Run(const std::string& sql, const PostgresValues& values);

  // Runs a statement not later than the next Run, or the transaction's end. WriteOne: it must
  // change one row; otherwise that Run, or the transaction, is ABORTED: somebody else changed it.
  void Write(const std::string& sql, PostgresValues values);
  void WriteOne(const std::string& sql, PostgresValues values);

  // The ledger's time at this moment. Read it after the locks are taken: a change must become
  // visible soon after its update_time.
  absl::StatusOr<absl::Time> Now();

  // For calls that PostgresSession runs together. What a call will Run first may be asked before it
  // works, to be sent with what the others ask; Run then gives this answer, and Now this time.
  void Ask(const std::string& sql, PostgresValues values);
  const PostgresStatement& asked() const { return asked_; }
  void Answer(PostgresRows answer, absl::Time now);

  // Gives what is written and not sent yet.
  std::vector<PostgresStatement> TakeWritten() { return std::exchange(written_, {}); }
  // Judges what became of all that was taken: `answers` from its `first` on.
  absl::Status JudgeWritten(const std::vector<PostgresRows>& answers, size_t first) const;
  // Sends what is written, and judges it.
  absl::Status Flush();

  const ColumnCipher& cipher() const { return cipher_; }
  const std::string& writer() const { return writer_; }

 private:
  PostgresConnection& connection_;
  const ColumnCipher& cipher_;
  const std::string& now_sql_;
  const std::string& writer_;
  PostgresStatement asked_;
  std::optional<PostgresRows> answer_;  // of asked_, until it is given
  std::optional<absl::Time> now_;
  std::vector<PostgresStatement> written_;
  std::vector<bool> must_change_one_;  // of written_, or of what was last taken
};

// Reads the ledger's time.
PostgresStatement SelectNow(const std::string& now_sql);
absl::StatusOr<absl::Time> NowIn(const PostgresRows& rows);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_TRANSACTION_H_
