// The keys that a ledger encrypts with: files of 64 hex digits on one line.
#ifndef ORDER1688_SERVER_LEDGER_ENCRYPTION_KEYS_H_
#define ORDER1688_SERVER_LEDGER_ENCRYPTION_KEYS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// The 32 bytes that a key file's text stands for. INVALID_ARGUMENT unless it is 64 hex digits; the
// message holds none of them.
absl::StatusOr<std::string> ParseEncryptionKey(absl::string_view hex);

// Whether LoadKeyFile may make the file.
enum class MissingKeyFile { kMake, kRefuse };

// Reads the key in `path`, which its owner alone may read. If there is no such file: makes one with
// mode 0600 and a new key, durable before it returns; or, with kRefuse, FAILED_PRECONDITION: what
// was encrypted with the lost key cannot be read, and a new key would hide that. Other errors as in
// ReadSecretFile and ParseEncryptionKey, or UNAVAILABLE. Every message names the file and says what
// to do.
absl::StatusOr<std::string> LoadKeyFile(const std::string& path, MissingKeyFile missing);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_ENCRYPTION_KEYS_H_
