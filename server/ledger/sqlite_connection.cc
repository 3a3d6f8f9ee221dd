#include "server/ledger/sqlite_connection.h"

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

// How long we wait for a foreign writer, such as an operator's shell.
constexpr int kBusyTimeoutMs = 2000;

// SQLite counts what it allocates under one lock, for figures that nobody reads. Only before its
// first use: what is too late changes nothing.
void CountNoMemory() {
  static const int kOnce = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)kOnce;
}

bool IsEndOfTrust(int extended_code) {
  const int code = extended_code & 0xff;
  return extended_code == SQLITE_IOERR_FSYNC || extended_code == SQLITE_IOERR_DIR_FSYNC ||
         code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteConnection>> SqliteConnection::Open(const std::string& path) {
  CountNoMemory();
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection);
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                      connection->log_buffer_.name());
  connection->database_.reset(database);
  if (database == nullptr) return absl::UnavailableError("SQLite: out of memory");
  sqlite3_extended_result_codes(database, 1);
  if (absl::Status status = connection->ToStatus(code); !status.ok()) return status;
  sqlite3_busy_timeout(database, kBusyTimeoutMs);
  // Takes the place of SQLite's own checkpoint inside COMMIT, whose errors nobody sees.
  sqlite3_wal_hook(
      database,
      [](void* log_pages, sqlite3*, const char*, int pages) {
        *static_cast<int*>(log_pages) = pages;
        return SQLITE_OK;
      },
      &connection->log_pages_);
  return connection;
}

absl::Status SqliteConnection::ToStatus(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return absl::OkStatus();
  must_stop_ = must_stop_ || IsEndOfTrust(code);
  return absl::UnavailableError(
      absl::StrCat("SQLite error ", code, ": ", sqlite3_errmsg(database_.get())));
}

absl::StatusOr<sqlite3_stmt*> SqliteConnection::Prepared(const char* sql) {
  if (auto it = statements_.find(sql); it != statements_.end()) return it->second.get();
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (absl::Status status = ToStatus(code); !status.ok()) return status;
  statements_.emplace(sql, statement);
  return statement;
}

absl::Status SqliteConnection::Execute(const char* sql) {
  return ToStatus(sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr));
}

absl::StatusOr<int64_t> SqliteConnection::ReadInt(const char* sql) {
  SqliteQuery query(*this, sql);
  absl::StatusOr<bool> found = query.Step();
  if (!found.ok()) return found.status();
  return *found ? query.IntAt(0) : 0;
}

absl::StatusOr<std::string> SqliteConnection::ReadText(const char* sql) {
  SqliteQuery query(*this, sql);
  absl::StatusOr<bool> found = query.Step();
  if (!found.ok()) return found.status();
  return *found ? query.BytesAt(0) : "";
}

absl::Status SqliteConnection::Checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(database_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                             nullptr, nullptr);
  return ToStatus(code);
}

SqliteQuery::SqliteQuery(SqliteConnection& connection, const char* sql) : connection_(connection) {
  absl::StatusOr<sqlite3_stmt*> statement = connection.Prepared(sql);
  status_ = statement.status();
  if (statement.ok()) statement_ = *statement;
}

SqliteQuery::~SqliteQuery() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

void SqliteQuery::Keep(int code) {
  if (status_.ok()) status_ = connection_.ToStatus(code);
}

SqliteQuery& SqliteQuery::Int(int64_t value) {
  ++bound_;
  if (status_.ok()) Keep(sqlite3_bind_int64(statement_, bound_, value));
  return *this;
}

SqliteQuery& SqliteQuery::Text(absl::string_view value) {
  ++bound_;
  if (!status_.ok()) return *this;
  // A null pointer would bind NULL instead of empty text.
  const char* text = value.empty() ? "" : value.data();
  Keep(sqlite3_bind_text64(statement_, bound_, text, value.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

SqliteQuery& SqliteQuery::Blob(absl::string_view value) {
  ++bound_;
  if (!status_.ok()) return *this;
  const char* bytes = value.empty() ? "" : value.data();
  Keep(sqlite3_bind_blob64(statement_, bound_, bytes, value.size(), SQLITE_STATIC));
  return *this;
}

SqliteQuery& SqliteQuery::Null() {
  ++bound_;
  if (status_.ok()) Keep(sqlite3_bind_null(statement_, bound_));
  return *this;
}

absl::StatusOr<bool> SqliteQuery::Step() {
  if (!status_.ok()) return status_;
  const int code = sqlite3_step(statement_);
  Keep(code);
  if (!status_.ok()) return status_;
  return code == SQLITE_ROW;
}

absl::Status SqliteQuery::Run() { return Step().status(); }

int64_t SqliteQuery::IntAt(int column) const { return sqlite3_column_int64(statement_, column); }

std::string SqliteQuery::BytesAt(int column) const {
  // The pointer first: asking for the size before may convert the value.
  const void* bytes = sqlite3_column_blob(statement_, column);
  const int size = sqlite3_column_bytes(statement_, column);
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

}  // namespace order1688
