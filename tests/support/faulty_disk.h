// A disk that fails when told, under SQLite.
#ifndef ORDER1688_TESTS_SUPPORT_FAULTY_DISK_H_
#define ORDER1688_TESTS_SUPPORT_FAULTY_DISK_H_

#include <sqlite3.h>

#include <atomic>

namespace order1688 {

// While it lives, files that SQLite opens in this process go through it to the real disk. Close
// them before it goes. One at a time.
class FaultyDisk {
 public:
  enum class Fault {
    kNone,
    kFull,               // a write leaves half of its bytes and says SQLITE_FULL
    kSyncFails,          // fsync says EIO
    kDatabaseSyncFails,  // that of the database file alone: a COMMIT syncs the log, a checkpoint
                         // both
  };

  FaultyDisk();
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  // From now on.
  void Set(Fault fault) { fault_ = fault; }
  // How many writes and syncs failed because of it.
  int faults_hit() const { return faults_hit_; }
  // How many syncs, and how many writes of any size, reached the real disk.
  int syncs() const { return syncs_; }
  int writes() const { return writes_; }

 private:
  struct File;
  struct Vfs : sqlite3_vfs {
    FaultyDisk* disk = nullptr;
  };

  static int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out);
  static int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset);
  static int Sync(sqlite3_file* file, int flags);
  static const sqlite3_io_methods& Methods();

  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<int> faults_hit_ = 0;
  std::atomic<int> syncs_ = 0;
  std::atomic<int> writes_ = 0;
  sqlite3_vfs* real_ = nullptr;
  Vfs vfs_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_FAULTY_DISK_H_
