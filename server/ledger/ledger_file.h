// The file under an embedded ledger: who may read it, and that one process alone writes it.
#ifndef ORDER1688_SERVER_LEDGER_LEDGER_FILE_H_
#define ORDER1688_SERVER_LEDGER_LEDGER_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace order1688 {

// An open and locked file. Keep it until the database is closed: the lock ends with it, also when
// the process dies.
class LedgerFile {
 public:
  // Opens the file, or makes an empty one with mode 0600 in an existing folder. Errors, each with
  // what to do: NOT_FOUND (no such folder), PERMISSION_DENIED (others may read the file, or it is
  // not ours), FAILED_PRECONDITION (not a file, used by another process, or lost beside its
  // write-ahead log), UNAVAILABLE (the rest).
  static absl::StatusOr<LedgerFile> Open(const std::string& path);

  LedgerFile(LedgerFile&& other) noexcept;
  LedgerFile& operator=(LedgerFile&&) = delete;
  ~LedgerFile();

  // Absolute, symbolic links resolved.
  const std::string& path() const { return path_; }

  // UNAVAILABLE if the name no longer leads to the open file, or the write-ahead log is gone: what
  // is written now would be lost with the process.
  absl::Status CheckInPlace() const;

 private:
  LedgerFile(std::string path, int descriptor);

  std::string path_;
  std::string log_path_;
  int descriptor_ = -1;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_LEDGER_FILE_H_
