// Small private files that survive a crash of the machine.
#ifndef ORDER1688_CLIENT_CLI_STATE_FILE_H_
#define ORDER1688_CLIENT_CLI_STATE_FILE_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// $XDG_STATE_HOME/order1688, or $HOME/.local/state/order1688. FAILED_PRECONDITION if neither
// variable helps.
absl::StatusOr<std::string> StateDirectory(
    const std::function<std::string(const char*)>& environment);

// Makes the directory with mode 0700, with its parents, durably. FAILED_PRECONDITION if that cannot
// be.
absl::Status MakePrivateDirectory(const std::string& path);

// Replaces the file `path` in one step, mode 0600. When this returns OK, the content has reached
// the disk, and so has the name.
absl::Status WriteDurably(const std::string& path, absl::string_view content);

// The content of a file of at most 64 KiB; nullopt if there is none.
absl::StatusOr<std::optional<std::string>> ReadStateFile(const std::string& path);

// Holds the lock of a directory against other processes as long as it lives.
class DirectoryLock {
 public:
  // Waits for the lock.
  static absl::StatusOr<DirectoryLock> Take(const std::string& directory);

  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_STATE_FILE_H_
