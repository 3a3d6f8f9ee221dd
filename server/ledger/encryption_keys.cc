#include "server/ledger/encryption_keys.h"

#include <fcntl.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/config_files.h"
#include "server/ledger/column_cipher.h"

namespace order1688 {
namespace {

absl::Status Named(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("encryption key ", path, ": ", status.message()));
}

absl::Status SystemError(const std::string& path, const char* step) {
  const std::string reason = std::generic_category().message(errno);
  return Named(path, absl::UnavailableError(absl::StrCat(step, ": ", reason)));
}

// Writes, and waits for the disk: a key that a power loss takes away takes all that it encrypted.
absl::Status WriteDurably(const std::string& path, const std::string& text) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return SystemError(path, "make");
  const bool written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      fsync(descriptor) == 0;
  absl::Status status = written ? absl::OkStatus() : SystemError(path, "write");
  close(descriptor);
  if (!status.ok()) {
    unlink(path.c_str());
    return status;
  }
  const std::string folder = std::filesystem::path(path).parent_path();
  const int of_folder = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (of_folder < 0) return SystemError(path, "open folder");
  if (fsync(of_folder) != 0) status = SystemError(path, "fsync folder");
  close(of_folder);
  return status;
}

absl::StatusOr<std::string> MakeKeyFile(const std::string& path) {
  std::string key(kEncryptionKeyBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    return Named(path, absl::UnavailableError("no random numbers"));
  }
  const absl::Status written = WriteDurably(path, absl::BytesToHexString(key) + "\n");
  if (!written.ok()) return written;
  return key;
}

}  // namespace

absl::StatusOr<std::string> ParseEncryptionKey(absl::string_view hex) {
  const bool is_hex =
      hex.size() == 2 * kEncryptionKeyBytes &&
      std::all_of(hex.begin(), hex.end(), [](unsigned char c) { return absl::ascii_isxdigit(c); });
  if (!is_hex) {
    return absl::InvalidArgumentError("must hold 64 hex digits on one line: openssl rand -hex 32");
  }
  return absl::HexStringToBytes(hex);
}

absl::StatusOr<std::string> LoadKeyFile(const std::string& path, MissingKeyFile missing) {
  const absl::StatusOr<std::string> text = ReadSecretFile(path, FileAccess::kOwnerOnly);
  if (absl::IsNotFound(text.status())) {
    if (missing == MissingKeyFile::kMake) return MakeKeyFile(path);
    return Named(path, absl::FailedPreconditionError(
                           "does not exist, but the ledger is encrypted with it: restore it"));
  }
  if (!text.ok()) return Named(path, text.status());
  absl::StatusOr<std::string> key = ParseEncryptionKey(*text);
  if (!key.ok()) return Named(path, key.status());
  return key;
}

}  // namespace order1688
