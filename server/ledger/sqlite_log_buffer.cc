#include "server/ledger/sqlite_log_buffer.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

// Larger pieces save hardly anything more.
constexpr size_t kMostBytes = 64 << 10;

}  // namespace

// The log as SQLite sees it; the real file lies behind it, in the memory that SQLite gives. SQLite
// locks and maps the database file only, so a log needs the methods of version 1.
struct SqliteLogBuffer::LogFile {
  sqlite3_file base = {&Methods()};
  sqlite3_int64 offset = 0;  // where `bytes` belong
  size_t size = 0;
  const std::unique_ptr<char[]> bytes = std::make_unique<char[]>(kMostBytes);

  static LogFile& Of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }
  sqlite3_file* Real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& RealMethods() { return *Real()->pMethods; }
  sqlite3_int64 End() const { return offset + static_cast<sqlite3_int64>(size); }

  int Flush() {
    if (size == 0) return SQLITE_OK;
    const int code = RealMethods().xWrite(Real(), bytes.get(), static_cast<int>(size), offset);
    if (code == SQLITE_OK) size = 0;
    return code;
  }

  int Write(const void* from, size_t count, sqlite3_int64 to) {
    if (size > 0 && (to != End() || size + count > kMostBytes)) {
      if (const int code = Flush(); code != SQLITE_OK) return code;
    }
    if (count > kMostBytes) return RealMethods().xWrite(Real(), from, static_cast<int>(count), to);
    if (size == 0) offset = to;
    std::copy_n(static_cast<const char*>(from), count, bytes.get() + size);
    size += count;
    return SQLITE_OK;
  }

  static const sqlite3_io_methods& Methods();
};

const sqlite3_io_methods& SqliteLogBuffer::LogFile::Methods() {
  using F = sqlite3_file;
  static const sqlite3_io_methods kMethods = [] {
    sqlite3_io_methods m = {};
    m.iVersion = 1;
    m.xClose = [](F* f) {
      LogFile& log = Of(f);
      const int flushed = log.Flush();
      const int closed = log.RealMethods().xClose(log.Real());
      log.~LogFile();
      return flushed == SQLITE_OK ? closed : flushed;
    };
    // A rolled back transaction may have left bytes here, which nobody reads.
    m.xRead = [](F* f, void* to, int size, sqlite3_int64 offset) {
      LogFile& log = Of(f);
      const bool here = offset < log.End() && offset + size > log.offset;
      const int code = here ? log.Flush() : SQLITE_OK;
      return code == SQLITE_OK ? log.RealMethods().xRead(log.Real(), to, size, offset) : code;
    };
    m.xWrite = [](F* f, const void* from, int size, sqlite3_int64 offset) {
      return Of(f).Write(from, static_cast<size_t>(size), offset);
    };
    m.xTruncate = [](F* f, sqlite3_int64 size) {
      const int code = Of(f).Flush();
      return code == SQLITE_OK ? Of(f).RealMethods().xTruncate(Of(f).Real(), size) : code;
    };
    m.xSync = [](F* f, int flags) {
      const int code = Of(f).Flush();
      return code == SQLITE_OK ? Of(f).RealMethods().xSync(Of(f).Real(), flags) : code;
    };
    m.xFileSize = [](F* f, sqlite3_int64* size) {
      const int code = Of(f).Flush();
      return code == SQLITE_OK ? Of(f).RealMethods().xFileSize(Of(f).Real(), size) : code;
    };
    m.xLock = [](F* f, int level) { return Of(f).RealMethods().xLock(Of(f).Real(), level); };
    m.xUnlock = [](F* f, int level) { return Of(f).RealMethods().xUnlock(Of(f).Real(), level); };
    m.xCheckReservedLock = [](F* f, int* out) {
      return Of(f).RealMethods().xCheckReservedLock(Of(f).Real(), out);
    };
    m.xFileControl = [](F* f, int operation, void* argument) {
      return Of(f).RealMethods().xFileControl(Of(f).Real(), operation, argument);
    };
    m.xSectorSize = [](F* f) { return Of(f).RealMethods().xSectorSize(Of(f).Real()); };
    m.xDeviceCharacteristics = [](F* f) {
      return Of(f).RealMethods().xDeviceCharacteristics(Of(f).Real());
    };
    return m;
  }();
  return kMethods;
}

SqliteLogBuffer::SqliteLogBuffer()
    : name_(absl::StrCat("order1688-", absl::Hex(reinterpret_cast<uintptr_t>(this)))) {
  sqlite3_initialize();
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  static_cast<sqlite3_vfs&>(vfs_) = *real;
  vfs_.zName = name_.c_str();
  vfs_.szOsFile += static_cast<int>(sizeof(LogFile));
  vfs_.xOpen = &SqliteLogBuffer::Open;
  vfs_.real = real;
  sqlite3_vfs_register(&vfs_, 0);
}

SqliteLogBuffer::~SqliteLogBuffer() { sqlite3_vfs_unregister(&vfs_); }

int SqliteLogBuffer::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                          int* out) {
  sqlite3_vfs* const real = static_cast<Vfs*>(vfs)->real;
  if ((flags & SQLITE_OPEN_WAL) == 0) return real->xOpen(real, path, file, flags, out);
  auto* const log = new (file) LogFile;
  log->Real()->pMethods = nullptr;
  const int code = real->xOpen(real, path, log->Real(), flags, out);
  if (code == SQLITE_OK) return code;
  if (log->Real()->pMethods != nullptr) log->RealMethods().xClose(log->Real());
  log->~LogFile();
  file->pMethods = nullptr;
  return code;
}

}  // namespace order1688
