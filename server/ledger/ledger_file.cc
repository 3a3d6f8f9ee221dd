#include "server/ledger/ledger_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace order1688 {
namespace {

constexpr mode_t kOwnerOnly = 0600;

absl::Status SystemError(const std::string& path, const char* step) {
  const std::string reason = std::generic_category().message(errno);
  return absl::UnavailableError(absl::StrCat("ledger ", path, ": ", step, ": ", reason));
}

// Makes the new name durable: without it a power loss takes the whole file away.
absl::Status SyncFolder(const std::string& folder) {
  const int descriptor = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(folder, "open folder");
  absl::Status status =
      fsync(descriptor) == 0 ? absl::OkStatus() : SystemError(folder, "fsync folder");
  close(descriptor);
  return status;
}

absl::Status CheckOwner(const std::string& path, const struct stat& file) {
  if (!S_ISREG(file.st_mode)) {
    return absl::FailedPreconditionError(absl::StrCat("ledger ", path, " is not a regular file"));
  }
  if (file.st_uid != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat("ledger ", path, " belongs to user ",
                                                    file.st_uid, ", the server runs as user ",
                                                    geteuid(), ": run it as the owner"));
  }
  if ((file.st_mode & 07777) != kOwnerOnly) {
    return absl::PermissionDeniedError(
        absl::StrFormat("ledger %s has mode %04o, it holds personal data: chmod 600 it", path,
                        file.st_mode & 07777));
  }
  return absl::OkStatus();
}

// The absolute name with links resolved, so that SQLite's side files lie beside the real file.
absl::StatusOr<std::string> RealPath(const std::string& path) {
  if (path.empty()) return absl::NotFoundError("ledger: the path is empty");
  std::error_code error;
  const std::filesystem::path wanted = std::filesystem::absolute(path, error);
  const std::string folder = wanted.parent_path();
  if (error || !std::filesystem::is_directory(folder, error)) {
    return absl::NotFoundError(
        absl::StrCat("ledger ", path, ": there is no folder ", folder, ": make it first"));
  }
  const std::filesystem::path real = std::filesystem::weakly_canonical(wanted, error);
  if (error) return absl::UnavailableError(absl::StrCat("ledger ", path, ": ", error.message()));
  return real.string();
}

}  // namespace

LedgerFile::LedgerFile(std::string path, int descriptor)
    : path_(std::move(path)), log_path_(path_ + "-wal"), descriptor_(descriptor) {}

LedgerFile::LedgerFile(LedgerFile&& other) noexcept
    : path_(std::move(other.path_)),
      log_path_(std::move(other.log_path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

LedgerFile::~LedgerFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<LedgerFile> LedgerFile::Open(const std::string& given_path) {
  const absl::StatusOr<std::string> real = RealPath(given_path);
  if (!real.ok()) return real.status();
  const std::string& path = *real;

  int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
  const bool is_new = descriptor < 0 && errno == ENOENT;
  if (is_new) descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (descriptor < 0) return SystemError(path, "open");
  LedgerFile file(path, descriptor);

  struct stat status = {};
  if (fstat(descriptor, &status) != 0) return SystemError(path, "stat");
  if (absl::Status owner = CheckOwner(path, status); !owner.ok()) return owner;
  // Not fcntl: SQLite locks with it, and a process has one set of those locks for each file.
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return SystemError(path, "lock");
    return absl::FailedPreconditionError(
        absl::StrCat("ledger ", path, " is used by another process: one server per file"));
  }
  struct stat log = {};
  if (status.st_size == 0 && stat(file.log_path_.c_str(), &log) == 0 && log.st_size > 0) {
    // SQLite would delete the log, and with it what it knows of sent orders.
    return absl::FailedPreconditionError(
        absl::StrCat("ledger ", path, " is empty but ", file.log_path_,
                     " is not: restore the file or move both away"));
  }
  if (is_new) {
    const absl::Status synced = SyncFolder(std::filesystem::path(path).parent_path());
    if (!synced.ok()) return synced;
  }
  return file;
}

absl::Status LedgerFile::CheckInPlace() const {
  struct stat named = {};
  struct stat opened = {};
  if (fstat(descriptor_, &opened) != 0) return SystemError(path_, "stat");
  if (stat(path_.c_str(), &named) != 0 || named.st_ino != opened.st_ino ||
      named.st_dev != opened.st_dev) {
    return absl::UnavailableError(
        absl::StrCat("ledger ", path_, " was moved or deleted while in use"));
  }
  if (stat(log_path_.c_str(), &named) != 0) {
    return absl::UnavailableError(absl::StrCat("ledger ", log_path_, " was deleted while in use"));
  }
  return absl::OkStatus();
}

}  // namespace order1688
