// The files that a configuration names: secrets and certificates. Read once, at start.
#ifndef ORDER1688_SERVER_CONFIG_FILES_H_
#define ORDER1688_SERVER_CONFIG_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// Messages of the errors below are to be shown. They never hold anything that the file holds.

// Who may read a file, besides its owner.
enum class FileAccess {
  kAnyone,
  kOwnerAndGroup,
  kOwnerOnly,
  // A file in systemd's credentials directory: group bits are the mask of an access list there, not
  // a group's right.
  kSystemdCredential,
};

// The whole of a regular file of at most 1 MiB. NOT_FOUND, PERMISSION_DENIED (also: others may read
// it, against `access`) or INVALID_ARGUMENT.
absl::StatusOr<std::string> ReadFile(const std::string& path, FileAccess access);

// The secret that is the one line of a file; a line feed at its end is dropped. INVALID_ARGUMENT
// unless it is 1 to 256 visible ASCII characters.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path, FileAccess access);

// The secret that is the one line of a file, and may hold spaces; a line feed at its end is
// dropped. INVALID_ARGUMENT unless it is 1 to 4096 bytes without control characters.
absl::StatusOr<std::string> ReadSecretLine(const std::string& path, FileAccess access);

// A path that starts with "${CREDENTIALS_DIRECTORY}/" is resolved in `credentials_directory`; any
// other is returned as it is. INVALID_ARGUMENT if that directory is needed and empty, or if the
// path tries to leave it.
absl::StatusOr<std::string> ResolvePath(absl::string_view path,
                                        absl::string_view credentials_directory);

// Whether `path` starts with "${CREDENTIALS_DIRECTORY}/".
bool IsCredentialPath(absl::string_view path);

// INVALID_ARGUMENT unless `pem` holds at least one readable certificate.
absl::Status CheckCertificates(const std::string& pem);

// INVALID_ARGUMENT unless `key` is an unencrypted private key that belongs to the first certificate
// of `certificates`.
absl::Status CheckKeyPair(const std::string& certificates, const std::string& key);

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_FILES_H_
