// Writes SQLite's write-ahead log in few large pieces.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_LOG_BUFFER_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_LOG_BUFFER_H_

#include <sqlite3.h>

#include <string>

namespace order1688 {

// SQLite writes each page of a COMMIT in two system calls. A connection that is opened with
// name() as its VFS collects them instead, and writes them before the log is synced: with
// synchronous = FULL that is before the COMMIT counts, for us and for every other process. Without
// it a COMMIT may count while its pages are still here, so nothing else may use it.
//
// A write that fails is the error of the sync, or of what else needed it. What was not written is
// kept and tried again, so that the file never lacks what SQLite believes is in it.
class SqliteLogBuffer {
 public:
  // Over the VFS that is the default now.
  SqliteLogBuffer();
  // The connection must be closed.
  ~SqliteLogBuffer();
  SqliteLogBuffer(const SqliteLogBuffer&) = delete;
  SqliteLogBuffer& operator=(const SqliteLogBuffer&) = delete;

  const char* name() const { return name_.c_str(); }

 private:
  struct Vfs : sqlite3_vfs {
    sqlite3_vfs* real = nullptr;
  };
  struct LogFile;

  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out);

  const std::string name_;
  Vfs vfs_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_LOG_BUFFER_H_
