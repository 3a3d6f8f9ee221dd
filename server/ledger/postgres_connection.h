// A session of PostgreSQL: owners of libpq's objects, errors as absl::Status.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_CONNECTION_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_CONNECTION_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/ledger/postgres_values.h"

namespace order1688 {

// True if libpq can read `dsn` as a connection string. It says nothing of what is in it.
bool IsPostgresDsn(const std::string& dsn);

// One session of a database. One thread at a time. No call blocks longer than a few seconds, unless
// it is told to. Errors
// hold the database's words, but never a bound value nor anything of the connection string that
// could be a password:
//   ABORTED      the transaction was undone, because of another one: run it again from its start
//   UNAVAILABLE  everything else
class PostgresConnection {
 public:
  // Connects to a server that takes writes. `dsn` is a connection string of libpq. Blocks at most 2
  // s for each host in it, unless it says connect_timeout. INVALID_ARGUMENT: it is no connection
  // string.
  static absl::StatusOr<std::unique_ptr<PostgresConnection>> Open(const std::string& dsn);

  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  // Longer than every timeout that the session has, so that it strikes only when the server is
  // gone.
  static constexpr absl::Duration kAnswerTimeout = absl::Seconds(5);

  // Runs statements without values; they are not kept.
  absl::StatusOr<PostgresRows> Execute(const std::string& sql,
                                       absl::Duration timeout = kAnswerTimeout);

  // Runs one statement that is parsed at its first use in this session.
  absl::StatusOr<PostgresRows> Run(const std::string& sql, const PostgresValues& values);

  // Begins a transaction, READ COMMITTED.
  absl::Status Begin();
  // Ends the transaction. OK: it is as durable as the database promises. ABORTED: it was undone.
  // Any other error: nobody knows, and lost() is true; ask on another connection.
  absl::Status Commit();
  void Rollback();

  // The same with statements in one round trip, each run as by Run, in their order; none is run
  // after one that failed. Gives the answers of `statements`. An error after which lost() is false:
  // the transaction is not committed; roll it back.
  absl::StatusOr<std::vector<PostgresRows>> RunAll(
      const std::vector<PostgresStatement>& statements);
  absl::StatusOr<std::vector<PostgresRows>> BeginAndRun(
      const std::vector<PostgresStatement>& statements);
  absl::StatusOr<std::vector<PostgresRows>> RunAndCommit(
      const std::vector<PostgresStatement>& statements);

  // True after an error that ended the session. Nothing works any more: open another one.
  bool lost() const { return lost_; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  explicit PostgresConnection(PGconn* connection) : connection_(connection) {}

  // What stands around the statements of one round trip.
  enum class Around { kNothing, kBegin, kCommit };

  static constexpr char kBegin[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
  static constexpr char kCommit[] = "COMMIT";

  absl::Status ApplySettings();
  absl::StatusOr<std::string> Prepared(const std::string& sql, const PostgresValues& values);
  // Waits for the end of what was sent, and gives its last result.
  absl::StatusOr<PostgresRows> Await(int sent, absl::Duration timeout = kAnswerTimeout);
  absl::StatusOr<std::vector<PostgresRows>> Pipeline(
      const std::vector<PostgresStatement>& statements, Around around);
  // These give 0 if libpq does not take it.
  int SendPrepared(const std::string& name, const PostgresValues& values);
  int SendPlain(const char* sql);
  int SendAll(const std::vector<PostgresStatement>& statements,
              const std::vector<std::string>& names, Around around);
  // Reads a pipeline to its end, and gives its answers, in number `count`, or its first error.
  absl::StatusOr<std::vector<PostgresRows>> AwaitAll(size_t count, bool commits);
  static int64_t DeadlineAfter(absl::Duration timeout);
  // Sends what libpq still holds.
  absl::Status Flush(int64_t until_ms);
  // Waits for libpq's next result; null where it gives null.
  absl::StatusOr<PostgresRows> NextResult(int64_t until_ms);
  absl::Status JudgeCommit(const absl::StatusOr<PostgresRows>& done);
  bool WaitForSocket(bool also_writable, int64_t until_ms);
  absl::Status Lose(absl::string_view why);
  absl::Status ToStatus(const PGresult* result);

  std::unique_ptr<PGconn, Finish> connection_;
  absl::flat_hash_map<std::string, std::string> prepared_;  // name by text
  bool lost_ = false;
  bool warned_ = false;  // the server sent a warning with the present answer
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_CONNECTION_H_
