#include "tests/support/faulty_disk.h"

namespace order1688 {

// SQLite allocates szOsFile bytes: this, then the real file.
struct FaultyDisk::File {
  sqlite3_file base;
  FaultyDisk* disk;
  bool is_database;

  static File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
  static sqlite3_file* Real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(Of(file) + 1);
  }
};

FaultyDisk::FaultyDisk() {
  sqlite3_initialize();
  real_ = sqlite3_vfs_find(nullptr);
  static_cast<sqlite3_vfs&>(vfs_) = *real_;
  vfs_.zName = "faulty-disk";
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.xOpen = &FaultyDisk::Open;
  vfs_.disk = this;
  sqlite3_vfs_register(&vfs_, 1);
}

FaultyDisk::~FaultyDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

int FaultyDisk::Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  FaultyDisk* disk = static_cast<Vfs*>(vfs)->disk;
  File::Of(file)->disk = disk;
  File::Of(file)->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  const int code = disk->real_->xOpen(disk->real_, name, File::Real(file), flags, out);
  file->pMethods = code == SQLITE_OK ? &Methods() : nullptr;
  return code;
}

int FaultyDisk::Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  FaultyDisk* disk = File::Of(file)->disk;
  sqlite3_file* real = File::Real(file);
  if (disk->fault_ != Fault::kFull) {
    ++disk->writes_;
    return real->pMethods->xWrite(real, bytes, size, offset);
  }
  ++disk->faults_hit_;
  real->pMethods->xWrite(real, bytes, size / 2, offset);
  return SQLITE_FULL;
}

int FaultyDisk::Sync(sqlite3_file* file, int flags) {
  FaultyDisk* disk = File::Of(file)->disk;
  sqlite3_file* real = File::Real(file);
  if (disk->fault_ == Fault::kSyncFails ||
      (disk->fault_ == Fault::kDatabaseSyncFails && File::Of(file)->is_database)) {
    ++disk->faults_hit_;
    return SQLITE_IOERR_FSYNC;
  }
  ++disk->syncs_;
  return real->pMethods->xSync(real, flags);
}

const sqlite3_io_methods& FaultyDisk::Methods() {
  using F = sqlite3_file;
  static const sqlite3_io_methods kMethods = [] {
    sqlite3_io_methods m = {};
    m.iVersion = 2;
    m.xClose = [](F* f) { return File::Real(f)->pMethods->xClose(File::Real(f)); };
    m.xRead = [](F* f, void* to, int size, sqlite3_int64 offset) {
      return File::Real(f)->pMethods->xRead(File::Real(f), to, size, offset);
    };
    m.xWrite = &FaultyDisk::Write;
    m.xTruncate = [](F* f, sqlite3_int64 size) {
      return File::Real(f)->pMethods->xTruncate(File::Real(f), size);
    };
    m.xSync = &FaultyDisk::Sync;
    m.xFileSize = [](F* f, sqlite3_int64* size) {
      return File::Real(f)->pMethods->xFileSize(File::Real(f), size);
    };
    m.xLock = [](F* f, int level) { return File::Real(f)->pMethods->xLock(File::Real(f), level); };
    m.xUnlock = [](F* f, int level) {
      return File::Real(f)->pMethods->xUnlock(File::Real(f), level);
    };
    m.xCheckReservedLock = [](F* f, int* out) {
      return File::Real(f)->pMethods->xCheckReservedLock(File::Real(f), out);
    };
    m.xFileControl = [](F* f, int operation, void* argument) {
      return File::Real(f)->pMethods->xFileControl(File::Real(f), operation, argument);
    };
    m.xSectorSize = [](F* f) { return File::Real(f)->pMethods->xSectorSize(File::Real(f)); };
    m.xDeviceCharacteristics = [](F* f) {
      return File::Real(f)->pMethods->xDeviceCharacteristics(File::Real(f));
    };
    m.xShmMap = [](F* f, int page, int size, int extend, void volatile** out) {
      return File::Real(f)->pMethods->xShmMap(File::Real(f), page, size, extend, out);
    };
    m.xShmLock = [](F* f, int offset, int count, int flags) {
      return File::Real(f)->pMethods->xShmLock(File::Real(f), offset, count, flags);
    };
    m.xShmBarrier = [](F* f) { File::Real(f)->pMethods->xShmBarrier(File::Real(f)); };
    m.xShmUnmap = [](F* f, int remove) {
      return File::Real(f)->pMethods->xShmUnmap(File::Real(f), remove);
    };
    return m;
  }();
  return kMethods;
}

}  // namespace order1688
