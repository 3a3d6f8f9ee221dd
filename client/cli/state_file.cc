#include "client/cli/state_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

std::string ParentOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class OpenFile {
 public:
  OpenFile(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC, S_IRUSR | S_IWUSR)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  int fd() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

// A new name is durable only when its directory is.
absl::Status SyncDirectory(const std::string& path) {
  OpenFile directory(path, O_RDONLY | O_DIRECTORY);
  if (directory.fd() < 0 || fsync(directory.fd()) != 0) return Failed("sync", path);
  return absl::OkStatus();
}

bool WriteAll(int fd, absl::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> StateDirectory(
    const std::function<std::string(const char*)>& environment) {
  // The XDG rules say that a relative path is to be ignored.
  const std::string state_home = environment("XDG_STATE_HOME");
  if (absl::StartsWith(state_home, "/")) return absl::StrCat(state_home, "/order1688");
  const std::string home = environment("HOME");
  if (absl::StartsWith(home, "/")) return absl::StrCat(home, "/.local/state/order1688");
  return absl::FailedPreconditionError("neither XDG_STATE_HOME nor HOME is an absolute path");
}

absl::Status MakePrivateDirectory(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) {
    const std::string parent = ParentOf(path);
    if (errno == ENOENT && parent != path) {
      if (absl::Status made =
              stat(parent.c_str(), &found) == 0 ? absl::OkStatus() : MakePrivateDirectory(parent);
          !made.ok()) {
        return made;
      }
    }
    if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return Failed("create", path);
    return SyncDirectory(parent);
  }
  if (!S_ISDIR(found.st_mode))
    return absl::FailedPreconditionError(absl::StrCat(path, " is not a directory"));
  if ((found.st_mode & (S_IRWXG | S_IRWXO)) != 0 && chmod(path.c_str(), S_IRWXU) != 0) {
    return Failed("make private", path);
  }
  return absl::OkStatus();
}

absl::Status WriteDurably(const std::string& path, absl::string_view content) {
  const std::string fresh = absl::StrCat(path, ".", getpid(), ".new");
  {
    unlink(fresh.c_str());
    OpenFile file(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (file.fd() < 0 || !WriteAll(file.fd(), content) || fsync(file.fd()) != 0)
      return Failed("write", fresh);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return Failed("write", path);
  return SyncDirectory(ParentOf(path));
}

absl::StatusOr<std::optional<std::string>> ReadStateFile(const std::string& path) {
  OpenFile file(path, O_RDONLY);
  if (file.fd() < 0) {
    if (errno == ENOENT) return std::nullopt;
    return Failed("read", path);
  }
  std::string content;
  std::array<char, 64 * 1024> buffer;
  while (content.size() < buffer.size()) {
    const ssize_t got = read(file.fd(), buffer.data(), buffer.size() - content.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    content.append(buffer.data(), static_cast<size_t>(got));
  }
  return std::make_optional(std::move(content));
}

absl::StatusOr<DirectoryLock> DirectoryLock::Take(const std::string& directory) {
  const std::string path = absl::StrCat(directory, "/lock");
  OpenFile file(path, O_RDWR | O_CREAT);
  if (file.fd() < 0) return Failed("open", path);
  while (flock(file.fd(), LOCK_EX) != 0) {
    if (errno != EINTR) return Failed("lock", path);
  }
  return DirectoryLock(file.Release());
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace order1688
