#include "server/ledger/column_cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr char kVersion = 1;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;
constexpr size_t kKeyIdBytes = 8;

struct ContextFree {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, ContextFree>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

// Lengths in front, so that no two places give the same bytes.
std::string Place(absl::string_view key_id, const PlacementKey& row, absl::string_view column) {
  std::string place;
  for (const absl::string_view part :
       {key_id, absl::string_view(row.caller), absl::string_view(row.request_id), column}) {
    absl::StrAppend(&place, part.size(), ":", part);
  }
  return place;
}

absl::Status CannotOpen(absl::string_view key_id, absl::string_view column, const char* why) {
  return absl::DataLossError(absl::StrCat("column ", column, " under encryption key ",
                                          absl::CHexEscape(key_id), " cannot be read: ", why));
}

}  // namespace

absl::StatusOr<ColumnCipher> ColumnCipher::Create(std::vector<std::string> keys) {
  std::vector<Key> named;
  for (std::string& key : keys) {
    if (key.size() != kEncryptionKeyBytes) {
      return absl::InvalidArgumentError("an encryption key must have 32 bytes");
    }
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(Bytes(key), key.size(), digest);
    const std::string id = absl::BytesToHexString(
        absl::string_view(reinterpret_cast<const char*>(digest), kKeyIdBytes));
    const bool again =
        std::any_of(named.begin(), named.end(), [&](const Key& other) { return other.id == id; });
    if (again) return absl::InvalidArgumentError("an encryption key is given twice");
    named.push_back({id, std::move(key)});
  }
  if (named.empty()) return absl::InvalidArgumentError("there is no encryption key");
  return ColumnCipher(std::move(named));
}

const ColumnCipher::Key* ColumnCipher::Find(absl::string_view key_id) const {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) { return key.id == key_id; });
  return found == keys_.end() ? nullptr : &*found;
}

absl::StatusOr<std::string> ColumnCipher::Seal(const PlacementKey& row, absl::string_view column,
                                               absl::string_view plaintext) const {
  if (plaintext.empty()) return "";
  const Key& key = keys_.front();
  std::string sealed(1 + kNonceBytes + plaintext.size() + kTagBytes, '\0');
  sealed[0] = kVersion;
  unsigned char* nonce = Bytes(sealed.data() + 1);
  unsigned char* ciphertext = nonce + kNonceBytes;
  unsigned char* tag = ciphertext + plaintext.size();
  const std::string place = Place(key.id, row, column);
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done =
      context != nullptr && RAND_bytes(nonce, kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.bytes), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, Bytes(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), ciphertext, &length, Bytes(plaintext),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), tag, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1;
  if (!done) return absl::UnavailableError(absl::StrCat("column ", column, ": cannot encrypt"));
  return sealed;
}

absl::StatusOr<std::string> ColumnCipher::Open(const PlacementKey& row, absl::string_view column,
                                               absl::string_view key_id,
                                               absl::string_view sealed) const {
  if (sealed.empty()) return "";
  const Key* key = Find(key_id);
  if (key == nullptr) return CannotOpen(key_id, column, "no file gives this key");
  if (sealed.size() <= 1 + kNonceBytes + kTagBytes || sealed[0] != kVersion) {
    return CannotOpen(key_id, column, "it is not what this version seals");
  }
  const absl::string_view nonce = sealed.substr(1, kNonceBytes);
  absl::string_view ciphertext = sealed.substr(1 + kNonceBytes);
  // OpenSSL wants a pointer that it may write to.
  std::string tag(ciphertext.substr(ciphertext.size() - kTagBytes));
  ciphertext.remove_suffix(kTagBytes);
  std::string plaintext(ciphertext.size(), '\0');
  const std::string place = Place(key->id, row, column);
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key->bytes),
                         Bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, Bytes(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), Bytes(plaintext.data()), &length, Bytes(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), nullptr, &length) == 1;
  if (!done) return CannotOpen(key_id, column, "it was changed, moved or damaged");
  return plaintext;
}

}  // namespace order1688
