// Owners of SQLite's objects, errors as absl::Status.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_CONNECTION_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_CONNECTION_H_

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ledger/sqlite_log_buffer.h"

namespace order1688 {

// One connection to one existing file. One thread at a time. Every error is UNAVAILABLE and holds
// SQLite's words, never a bound value.
class SqliteConnection {
 public:
  // `path` must be absolute: SQLite gives other names, such as ":memory:", a meaning of their own.
  static absl::StatusOr<std::unique_ptr<SqliteConnection>> Open(const std::string& path);

  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs statements that need no values and whose rows do not matter.
  absl::Status Execute(const char* sql);

  // First column of the first row, as a number or as text; for pragmas.
  absl::StatusOr<int64_t> ReadInt(const char* sql);
  absl::StatusOr<std::string> ReadText(const char* sql);

  // True between BEGIN and the end of the transaction. Some errors end it by themselves.
  bool InTransaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

  // Rows that the last INSERT or UPDATE changed.
  int Changes() const { return sqlite3_changes(database_.get()); }

  // Pages in the write-ahead log after our last COMMIT that wrote any.
  int log_pages() const { return log_pages_; }

  // Copies the write-ahead log into the file, as far as nobody reads it. Slow.
  absl::Status Checkpoint();

  // True once an error showed that the file cannot be trusted any more: an fsync failed (what was
  // written before it may be lost without a further error), or the file is corrupt. Stays true.
  bool MustStop() const { return must_stop_; }

 private:
  friend class SqliteQuery;
  struct Close {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  SqliteConnection() = default;

  // OK for SQLITE_OK, SQLITE_ROW and SQLITE_DONE.
  absl::Status ToStatus(int code);
  // The statement, compiled at its first use. `sql` is a constant: its address is its name.
  absl::StatusOr<sqlite3_stmt*> Prepared(const char* sql);

  SqliteLogBuffer log_buffer_;
  std::unique_ptr<sqlite3, Close> database_;
  absl::flat_hash_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
  int log_pages_ = 0;
  bool must_stop_ = false;
};

// One run of one statement: bind all values from left to right, then step. Bound text must outlive
// it.
class SqliteQuery {
 public:
  SqliteQuery(SqliteConnection& connection, const char* sql);
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  SqliteQuery& Int(int64_t value);
  SqliteQuery& Text(absl::string_view value);
  SqliteQuery& Blob(absl::string_view value);
  SqliteQuery& Null();

  // Goes to the next row; false after the last. Also tells of an earlier error of this query.
  absl::StatusOr<bool> Step();
  // For a statement that gives no row.
  absl::Status Run();

  // Columns of the present row, from 0.
  int64_t IntAt(int column) const;
  std::string BytesAt(int column) const;

 private:
  void Keep(int code);

  SqliteConnection& connection_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  absl::Status status_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_CONNECTION_H_
