// One worker's way to the database: connects, runs calls as transactions, and finds out what became
// of a COMMIT whose answer was lost.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_SESSION_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_SESSION_H_

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/postgres_connection.h"
#include "server/ledger/postgres_transaction.h"

namespace order1688 {

// How the ledger reaches its database.
struct PostgresOptions {
  // Connection string of libpq. Secret.
  std::string dsn;
  // Worker threads, each with one connection; at least 1.
  int connections = 4;
  // Start although the database may lose what it acknowledged.
  bool allow_unsafe_durability = false;
  // SQL of the ledger's time, TIMESTAMPTZ. Tests have their own.
  std::string now_sql = "clock_timestamp()";
};

// Opens a connection that may be used: durable enough, or allowed not to be. Errors of
// PostgresConnection::Open and CheckDurability.
absl::StatusOr<std::unique_ptr<PostgresConnection>> OpenPostgres(const PostgresOptions& options);

// What a call needs of its transaction.
enum class PostgresCallKind {
  kRead,        // none: each statement sees what is committed
  kRepeatable,  // may be run again although an earlier COMMIT perhaps succeeded
  kOnce,        // may not
};

// A call of kind kRepeatable that may be run together with others.
class PostgresCall {
 public:
  virtual ~PostgresCall() = default;
  // As for PostgresTransaction.
  virtual const std::string& writer() const = 0;
  // Asks the transaction for what the call reads first.
  virtual void Ask(PostgresTransaction& transaction) = 0;
  // Works inside the transaction and keeps the answer; as `work` of PostgresSession::Run.
  virtual absl::Status Work(PostgresTransaction& transaction) = 0;
};

// One thread at a time.
class PostgresSession {
 public:
  using Clock = std::chrono::steady_clock;
  // Sleeps so long, unless the ledger is closing; false if it is.
  using Pause = absl::AnyInvocable<bool(Clock::duration)>;

  // Connects at the first call. What is given by reference must outlive it.
  PostgresSession(const PostgresOptions& options, const ColumnCipher& cipher, Pause pause)
      : options_(options), cipher_(cipher), pause_(std::move(pause)) {}

  // Runs `work` in one transaction and commits it. OK: it is durable. Any error: it may have
  // happened or not, unless it is known that `work` failed. `work` may run several times, each time
  // from its start; it returns OK, ABORTED (run it again) or its error.
  //
  // Without a connection it tries for one until `patience`, and once more for the same time after a
  // connection was lost.
  absl::Status Run(PostgresCallKind kind, const std::string& writer, Clock::time_point patience,
                   absl::FunctionRef<absl::Status(PostgresTransaction&)> work);

  // Tries once to run calls in one transaction: one round trip for what they ask, in their order,
  // one for what they write, with the COMMIT. No two of them may ask for the same. Says of each
  // whether it is done, and durable. Otherwise run it by Run, which finds out what became of it;
  // `patience` is put off if a connection was lost.
  std::vector<bool> RunTogether(const std::vector<PostgresCall*>& calls,
                                Clock::time_point* patience);

 private:
  absl::Status Connect(Clock::time_point patience);
  absl::Status WorkTogether(const std::vector<PostgresCall*>& calls,
                            std::deque<PostgresTransaction>* transactions);
  absl::StatusOr<std::vector<bool>> CommitTogether(std::deque<PostgresTransaction>* transactions);
  absl::Status RunOnce(PostgresCallKind kind, const std::string& writer, bool* may_be_done,
                       absl::FunctionRef<absl::Status(PostgresTransaction&)> work);

  const PostgresOptions& options_;
  const ColumnCipher& cipher_;
  Pause pause_;
  std::unique_ptr<PostgresConnection> connection_;
  absl::Status why_not_;  // of the last attempt to connect
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_SESSION_H_
