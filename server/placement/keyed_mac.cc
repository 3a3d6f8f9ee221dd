#include "server/placement/keyed_mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace order1688 {
namespace {

constexpr size_t kHmacBytes = 32;
constexpr size_t kGmacBytes = 16;
constexpr size_t kNonceBytes = 12;
constexpr absl::string_view kGmacKeyDomain = "order1688 key of the GMAC\n";
constexpr absl::string_view kGmacDomain = "order1688 GMAC\n";

struct MacFree {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacFree>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL wants pointers that it may write to, and does not.
OSSL_PARAM TextParameter(const char* name, const char* text) {
  return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(text), 0);
}

OSSL_PARAM NonceZero() {
  static constexpr std::array<unsigned char, kNonceBytes> kNonce = {};
  return OSSL_PARAM_construct_octet_string(
      OSSL_MAC_PARAM_IV, const_cast<unsigned char*>(kNonce.data()), kNonce.size());
}

}  // namespace

// Of one algorithm.
class KeyedMac::Contexts {
 public:
  // `once` says what it is made of, `each` what it needs for each hash.
  Contexts(const char* algorithm, OSSL_PARAM once, std::vector<OSSL_PARAM> each,
           absl::string_view key)
      : each_(std::move(each)) {
    each_.push_back(OSSL_PARAM_construct_end());
    std::vector<OSSL_PARAM> all = each_;
    all.insert(all.begin(), once);
    const std::unique_ptr<EVP_MAC, MacFree> mac(EVP_MAC_fetch(nullptr, algorithm, nullptr));
    keyed_.reset(mac == nullptr ? nullptr : EVP_MAC_CTX_new(mac.get()));
    const bool done =
        keyed_ != nullptr && EVP_MAC_init(keyed_.get(), Bytes(key), key.size(), all.data()) == 1;
    if (!done) std::abort();
  }

  // Fills `hash`, which is as long as the algorithm's.
  void Write(std::initializer_list<absl::string_view> texts, absl::Span<char> hash) {
    MacContext context = Take();
    size_t size = 0;
    // Without a key it begins anew with the one that it has.
    bool done = context != nullptr && EVP_MAC_init(context.get(), nullptr, 0, each_.data()) == 1;
    for (const absl::string_view text : texts)
      done = done && EVP_MAC_update(context.get(), Bytes(text), text.size()) == 1;
    done = done && EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(hash.data()),
                                 &size, hash.size()) == 1;
    if (!done || size != hash.size()) std::abort();
    Return(std::move(context));
  }

 private:
  MacContext Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        MacContext context = std::move(idle_.back());
        idle_.pop_back();
        return context;
      }
    }
    return MacContext(EVP_MAC_CTX_dup(keyed_.get()));
  }

  void Return(MacContext context) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(context));
  }

  std::vector<OSSL_PARAM> each_;
  MacContext keyed_;  // has hashed nothing
  std::mutex mutex_;
  std::vector<MacContext> idle_;  // guarded by mutex_
};

KeyedMac::KeyedMac(absl::string_view key)
    : hmac_(std::make_unique<Contexts>("HMAC", TextParameter(OSSL_MAC_PARAM_DIGEST, "SHA256"),
                                       std::vector<OSSL_PARAM>(), key)),
      gmac_(std::make_unique<Contexts>("GMAC", TextParameter(OSSL_MAC_PARAM_CIPHER, "AES-256-GCM"),
                                       std::vector<OSSL_PARAM>{NonceZero()},
                                       HmacOf({kGmacKeyDomain}))) {}

KeyedMac::~KeyedMac() = default;

std::string KeyedMac::Of(std::initializer_list<absl::string_view> texts) const {
  std::array<char, kGmacBytes> gmac;
  gmac_->Write(texts, absl::MakeSpan(gmac));
  return HmacOf({kGmacDomain, {gmac.data(), gmac.size()}});
}

std::string KeyedMac::HmacOf(std::initializer_list<absl::string_view> texts) const {
  std::string hash(kHmacBytes, '\0');
  hmac_->Write(texts, absl::MakeSpan(hash));
  return hash;
}

}  // namespace order1688
