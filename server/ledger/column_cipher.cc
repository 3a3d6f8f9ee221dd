#include "server/ledger/column_cipher.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
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
constexpr size_t kNoncesAtOnce = 32;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* Bytes(char* text) { return reinterpret_cast<unsigned char*>(text); }

// Lengths in front, so that no two places give the same bytes.
std::string Place(absl::string_view key_id, const PlacementKey& row, absl::string_view column) {
  return absl::StrCat(key_id.size(), ":", key_id, row.caller.size(), ":", row.caller,
                      row.request_id.size(), ":", row.request_id, column.size(), ":", column);
}

absl::Status CannotOpen(absl::string_view key_id, absl::string_view column, const char* why) {
  return absl::DataLossError(absl::StrCat("column ", column, " under encryption key ",
                                          absl::CHexEscape(key_id), " cannot be read: ", why));
}

}  // namespace

// Contexts of one key and one direction, for any thread that takes one.
class ColumnCipher::Contexts {
 public:
  class Context {
   public:
    // Null if there is no memory, or the library fails.
    static std::unique_ptr<Context> Make(absl::string_view key, bool seals) {
      auto context = std::make_unique<Context>();
      const bool done = context->evp_ != nullptr &&
                        EVP_CipherInit_ex(context->evp_.get(), EVP_aes_256_gcm(), nullptr,
                                          Bytes(key), nullptr, seals ? 1 : 0) == 1;
      return done ? std::move(context) : nullptr;
    }

    EVP_CIPHER_CTX* evp() { return evp_.get(); }

    // Fills `nonce` with random bytes that are given out once.
    bool NewNonce(unsigned char* nonce) {
      if (next_nonce_ == nonces_.size()) {
        if (RAND_bytes(nonces_.data(), static_cast<int>(nonces_.size())) != 1) return false;
        next_nonce_ = 0;
      }
      std::copy_n(nonces_.data() + next_nonce_, kNonceBytes, nonce);
      next_nonce_ += kNonceBytes;
      return true;
    }

   private:
    struct Free {
      void operator()(EVP_CIPHER_CTX* evp) const { EVP_CIPHER_CTX_free(evp); }
    };

    std::unique_ptr<EVP_CIPHER_CTX, Free> evp_{EVP_CIPHER_CTX_new()};
    std::array<unsigned char, kNoncesAtOnce* kNonceBytes> nonces_ = {};
    size_t next_nonce_ = nonces_.size();
  };

  Contexts(std::string key, bool seals) : key_(std::move(key)), seals_(seals) {}

  std::unique_ptr<Context> Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<Context> context = std::move(idle_.back());
        idle_.pop_back();
        return context;
      }
    }
    return Context::Make(key_, seals_);
  }

  // Only after a success: what an error leaves in a context is written nowhere.
  void Return(std::unique_ptr<Context> context) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

 private:
  const std::string key_;
  const bool seals_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Context>> idle_;  // guarded by mutex_
};

absl::StatusOr<ColumnCipher> ColumnCipher::Create(std::vector<std::string> keys) {
  std::vector<Key> named;
  for (const std::string& key : keys) {
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
    named.push_back(
        {id, std::make_shared<Contexts>(key, true), std::make_shared<Contexts>(key, false)});
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
  std::unique_ptr<Contexts::Context> context = key.sealing->Take();
  int length = 0;
  const bool done = context != nullptr && context->NewNonce(nonce) &&
                    EVP_EncryptInit_ex(context->evp(), nullptr, nullptr, nullptr, nonce) == 1 &&
                    EVP_EncryptUpdate(context->evp(), nullptr, &length, Bytes(place),
                                      static_cast<int>(place.size())) == 1 &&
                    EVP_EncryptUpdate(context->evp(), ciphertext, &length, Bytes(plaintext),
                                      static_cast<int>(plaintext.size())) == 1 &&
                    EVP_EncryptFinal_ex(context->evp(), tag, &length) == 1 &&
                    EVP_CIPHER_CTX_ctrl(context->evp(), EVP_CTRL_GCM_GET_TAG, kTagBytes, tag) == 1;
  if (!done) return absl::UnavailableError(absl::StrCat("column ", column, ": cannot encrypt"));
  key.sealing->Return(std::move(context));
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
  std::unique_ptr<Contexts::Context> context = key->opening->Take();
  int length = 0;
  const bool done =
      context != nullptr &&
      EVP_DecryptInit_ex(context->evp(), nullptr, nullptr, nullptr, Bytes(nonce)) == 1 &&
      EVP_DecryptUpdate(context->evp(), nullptr, &length, Bytes(place),
                        static_cast<int>(place.size())) == 1 &&
      EVP_DecryptUpdate(context->evp(), Bytes(plaintext.data()), &length, Bytes(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context->evp(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context->evp(), nullptr, &length) == 1;
  if (!done) return CannotOpen(key_id, column, "it was changed, moved or damaged");
  key->opening->Return(std::move(context));
  return plaintext;
}

}  // namespace order1688
