#include "server/ledger/postgres_connection.h"

#include <poll.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace order1688 {
namespace {

constexpr char kConnectTimeoutSeconds[] = "2";
// A replica that stops in the middle of a transaction keeps its locks no longer than the last one.
constexpr char kSettings[] =
    "SET statement_timeout = 3000; SET lock_timeout = 2000;"
    " SET idle_in_transaction_session_timeout = 5000";

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

absl::string_view Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text == nullptr ? absl::string_view() : text;
}

absl::string_view FirstLine(const char* text) {
  const absl::string_view all = text == nullptr ? absl::string_view() : text;
  return all.substr(0, all.find('\n'));
}

// Errors after which the session is over, or leads to a server that takes no writes.
bool EndsSession(absl::string_view code) {
  return absl::StartsWith(code, "08") || absl::StartsWith(code, "57P") || code == "25006" ||
         code == "25P03";
}

}  // namespace

// libpq repeats unreadable parts of a connection string in its error, and with them the password.
bool IsPostgresDsn(const std::string& dsn) {
  char* error = nullptr;
  PQconninfoOption* options = PQconninfoParse(dsn.c_str(), &error);
  PQfreemem(error);
  PQconninfoFree(options);
  return options != nullptr;
}

absl::StatusOr<std::unique_ptr<PostgresConnection>> PostgresConnection::Open(
    const std::string& dsn) {
  if (!IsPostgresDsn(dsn)) {
    return absl::InvalidArgumentError("it is no connection string of PostgreSQL");
  }
  // `dbname` is expanded where it stands: what comes before it are defaults, what comes after wins.
  const char* const names[] = {"connect_timeout",           "target_session_attrs",
                               "fallback_application_name", "dbname",
                               "client_encoding",           nullptr};
  const char* const values[] = {
      kConnectTimeoutSeconds, "read-write", "order1688", dsn.c_str(), "UTF8", nullptr};
  PGconn* raw = PQconnectdbParams(names, values, /*expand_dbname=*/1);
  if (raw == nullptr) return absl::UnavailableError("PostgreSQL: out of memory");
  std::unique_ptr<PostgresConnection> connection(new PostgresConnection(raw));
  if (PQstatus(raw) != CONNECTION_OK) {
    return absl::UnavailableError(absl::StrCat("PostgreSQL: ", FirstLine(PQerrorMessage(raw))));
  }
  if (absl::Status status = connection->ApplySettings(); !status.ok()) return status;
  return connection;
}

absl::Status PostgresConnection::ApplySettings() {
  // libpq's own receiver prints to standard error.
  PQsetNoticeReceiver(
      connection_.get(),
      [](void* warned, const PGresult* notice) {
        if (Field(notice, PG_DIAG_SEVERITY_NONLOCALIZED) == "WARNING") {
          *static_cast<bool*>(warned) = true;
        }
      },
      &warned_);
  if (PQsetnonblocking(connection_.get(), 1) != 0) return Lose("it cannot be made non-blocking");
  return Execute(kSettings).status();
}

absl::StatusOr<PostgresRows> PostgresConnection::Execute(const std::string& sql,
                                                         absl::Duration timeout) {
  return Await(PQsendQuery(connection_.get(), sql.c_str()), timeout);
}

absl::StatusOr<PostgresRows> PostgresConnection::Run(const std::string& sql,
                                                     const PostgresValues& values) {
  const absl::StatusOr<std::string> name = Prepared(sql, values);
  if (!name.ok()) return name.status();
  return Await(SendPrepared(*name, values));
}

int PostgresConnection::SendPrepared(const std::string& name, const PostgresValues& values) {
  std::vector<const char*> pointers;
  std::vector<int> lengths;
  for (const std::optional<std::string>& bytes : values.bytes_) {
    pointers.push_back(bytes.has_value() ? bytes->data() : nullptr);
    lengths.push_back(bytes.has_value() ? static_cast<int>(bytes->size()) : 0);
  }
  return PQsendQueryPrepared(connection_.get(), name.c_str(), static_cast<int>(pointers.size()),
                             pointers.data(), lengths.data(), values.formats_.data(),
                             /*resultFormat=*/1);
}

absl::StatusOr<std::string> PostgresConnection::Prepared(const std::string& sql,
                                                         const PostgresValues& values) {
  if (auto it = prepared_.find(sql); it != prepared_.end()) return it->second;
  std::string name = absl::StrCat("s", prepared_.size());
  const absl::StatusOr<PostgresRows> parsed =
      Await(PQsendPrepare(connection_.get(), name.c_str(), sql.c_str(),
                          static_cast<int>(values.types_.size()), values.types_.data()));
  if (!parsed.ok()) return parsed.status();
  prepared_.emplace(sql, name);
  return name;
}

absl::Status PostgresConnection::Begin() { return Execute(kBegin).status(); }

absl::Status PostgresConnection::Commit() { return JudgeCommit(Execute(kCommit)); }

absl::Status PostgresConnection::JudgeCommit(const absl::StatusOr<PostgresRows>& done) {
  if (!done.ok()) {
    // Which errors leave the transaction undone for sure is written in no version's manual, but for
    // class 40.
    return absl::IsAborted(done.status()) ? done.status() : Lose(done.status().message());
  }
  // A COMMIT of a failed transaction succeeds as a ROLLBACK.
  if (absl::string_view(PQcmdStatus(done->result_.get())) != "COMMIT") {
    return absl::AbortedError("PostgreSQL: the transaction was undone");
  }
  // "The transaction has already committed locally, but might not have been replicated to the
  // standby" is only a warning.
  if (warned_) return Lose("COMMIT gave a warning: a standby may not have it");
  return absl::OkStatus();
}

void PostgresConnection::Rollback() {
  if (lost_) return;
  const absl::StatusOr<PostgresRows> done = Execute("ROLLBACK");
  if (!done.ok()) Lose(done.status().message()).IgnoreError();
}

absl::StatusOr<PostgresRows> PostgresConnection::Await(int sent, absl::Duration timeout) {
  warned_ = false;
  if (lost_) return absl::UnavailableError("PostgreSQL: the session is over");
  if (sent == 0) return Lose(FirstLine(PQerrorMessage(connection_.get())));
  const int64_t until_ms = DeadlineAfter(timeout);
  if (absl::Status status = Flush(until_ms); !status.ok()) return status;
  PostgresRows last(nullptr);
  while (true) {
    absl::StatusOr<PostgresRows> next = NextResult(until_ms);
    if (!next.ok()) return next;
    if (next->result_ == nullptr) break;
    last = *std::move(next);
  }
  if (last.result_ == nullptr) return Lose("no answer");
  if (absl::Status status = ToStatus(last.result_.get()); !status.ok()) return status;
  return last;
}

absl::Status PostgresConnection::Flush(int64_t until_ms) {
  int unsent = 0;
  while ((unsent = PQflush(connection_.get())) == 1) {
    if (!WaitForSocket(true, until_ms)) return Lose("no answer in time");
    // The server may be waiting for us to read before it reads on.
    if (PQconsumeInput(connection_.get()) == 0) break;
  }
  if (unsent < 0) return Lose(FirstLine(PQerrorMessage(connection_.get())));
  return absl::OkStatus();
}

absl::StatusOr<PostgresRows> PostgresConnection::NextResult(int64_t until_ms) {
  while (PQisBusy(connection_.get()) == 1) {
    if (!WaitForSocket(false, until_ms)) return Lose("no answer in time");
    if (PQconsumeInput(connection_.get()) == 0) {
      return Lose(FirstLine(PQerrorMessage(connection_.get())));
    }
  }
  return PostgresRows(PQgetResult(connection_.get()));
}

int64_t PostgresConnection::DeadlineAfter(absl::Duration timeout) {
  return NowMs() + absl::ToInt64Milliseconds(timeout);
}

bool PostgresConnection::WaitForSocket(bool also_writable, int64_t until_ms) {
  pollfd socket = {PQsocket(connection_.get()), POLLIN, 0};
  if (also_writable) socket.events |= POLLOUT;
  while (true) {
    const int64_t left = until_ms - NowMs();
    if (left <= 0) return false;
    const int ready = poll(&socket, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

absl::Status PostgresConnection::Lose(absl::string_view why) {
  lost_ = true;
  return absl::UnavailableError(
      absl::StrCat("PostgreSQL: ", absl::StripPrefix(why, "PostgreSQL: ")));
}

absl::Status PostgresConnection::ToStatus(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) return absl::OkStatus();
  const absl::string_view code = Field(result, PG_DIAG_SQLSTATE);
  if (PQstatus(connection_.get()) == CONNECTION_BAD || EndsSession(code)) {
    return Lose(absl::StrCat(code, " ", FirstLine(PQresultErrorMessage(result))));
  }
  // Serialization failure and deadlock.
  if (absl::StartsWith(code, "40")) return absl::AbortedError(absl::StrCat("PostgreSQL: ", code));
  // Class 22, data exceptions, quotes the value.
  const absl::string_view words =
      absl::StartsWith(code, "22") ? "a value was refused" : Field(result, PG_DIAG_MESSAGE_PRIMARY);
  return absl::UnavailableError(absl::StrCat("PostgreSQL: ", code, " ", words));
}

}  // namespace order1688
