// Owners of libpq's objects, errors as absl::Status.
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

namespace order1688 {

// Values of one run of a statement, for $1, $2 … from left to right. Copies what it is given.
class PostgresValues {
 public:
  PostgresValues& Int(std::optional<int64_t> value);  // BIGINT
  PostgresValues& Text(absl::string_view value);
  PostgresValues& Bytes(absl::string_view value);  // BYTEA

 private:
  friend class PostgresConnection;
  void Add(Oid type, std::optional<std::string> bytes, bool is_binary);

  std::vector<Oid> types_;
  std::vector<std::optional<std::string>> bytes_;
  std::vector<int> formats_;
};

// What a statement gave.
class PostgresRows {
 public:
  int size() const { return PQntuples(result_.get()); }
  // Rows that an INSERT or UPDATE changed.
  int64_t changed() const;

  // A BIGINT; 0 if it is NULL or not a BIGINT.
  int64_t IntAt(int row, int column) const;
  // TEXT or BYTEA as it is; empty if it is NULL.
  std::string BytesAt(int row, int column) const;

 private:
  friend class PostgresConnection;
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  explicit PostgresRows(PGresult* result) : result_(result) {}

  std::unique_ptr<PGresult, Clear> result_;
};

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

  // Ends the transaction. OK: it is as durable as the database promises. ABORTED: it was undone.
  // Any other error: nobody knows, and lost() is true; ask on another connection.
  absl::Status Commit();
  void Rollback();

  // True after an error that ended the session. Nothing works any more: open another one.
  bool lost() const { return lost_; }

 private:
  struct Finish {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  explicit PostgresConnection(PGconn* connection) : connection_(connection) {}

  absl::Status ApplySettings();
  absl::StatusOr<std::string> Prepared(const std::string& sql, const PostgresValues& values);
  // Waits for the end of what was sent, and gives its last result.
  absl::StatusOr<PostgresRows> Await(int sent, absl::Duration timeout = kAnswerTimeout);
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
