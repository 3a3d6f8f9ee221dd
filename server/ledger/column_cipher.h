// Encrypts what a ledger keeps of people and purchases, column by column. Every store uses it.
#ifndef ORDER1688_SERVER_LEDGER_COLUMN_CIPHER_H_
#define ORDER1688_SERVER_LEDGER_COLUMN_CIPHER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ledger/ledger_row.h"

namespace order1688 {

// Bytes of a key.
inline constexpr size_t kEncryptionKeyBytes = 32;

// AES-256-GCM under several keys: the first one seals, each of them opens. Sealed bytes are a
// version byte, a random nonce of 12 bytes, the ciphertext and a tag of 16 bytes. The key id, the
// placement's key and the column's name are authenticated with it, so sealed bytes open in their
// own place only. Nothing stays nothing: it is not hidden that a column is empty, nor how long it
// is.
//
// Making a context with its key, and drawing random numbers, costs more than sealing a short
// column: contexts are kept, each with some nonces that nobody has used. So never seal in a forked
// child.
//
// Random nonces are safe for 2^32 columns under one key: rotate before that. Thread-safe; copies
// share contexts. Never print or log it: it holds the keys.
class ColumnCipher {
 public:
  // INVALID_ARGUMENT if there is no key, one has not kEncryptionKeyBytes bytes, or one is given
  // twice.
  static absl::StatusOr<ColumnCipher> Create(std::vector<std::string> keys);

  // Id of the key that seals: the first 8 bytes of its SHA-256 as hex. Not secret.
  const std::string& key_id() const { return keys_.front().id; }

  // True if something that was sealed under this key can be opened.
  bool Knows(absl::string_view key_id) const { return Find(key_id) != nullptr; }

  // Seals with the first key. UNAVAILABLE if there are no random numbers.
  absl::StatusOr<std::string> Seal(const PlacementKey& row, absl::string_view column,
                                   absl::string_view plaintext) const;

  // Opens what Seal made for the same place. DATA_LOSS, naming the key id and the column, if there
  // is no such key, or the bytes are damaged or come from elsewhere.
  absl::StatusOr<std::string> Open(const PlacementKey& row, absl::string_view column,
                                   absl::string_view key_id, absl::string_view sealed) const;

 private:
  class Contexts;
  struct Key {
    std::string id;
    std::shared_ptr<Contexts> sealing;
    std::shared_ptr<Contexts> opening;
  };

  explicit ColumnCipher(std::vector<Key> keys) : keys_(std::move(keys)) {}
  const Key* Find(absl::string_view key_id) const;

  std::vector<Key> keys_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_COLUMN_CIPHER_H_
