#include "server/placement/keyed_mac.h"

#include <openssl/evp.h>
#include <openssl/params.h>

#include <cstdlib>
#include <mutex>
#include <utility>
#include <vector>

namespace order1688 {
namespace {

constexpr size_t kMacBytes = 32;

struct MacFree {
  void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacFree>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

MacContext Prepare(absl::string_view key) {
  const std::unique_ptr<EVP_MAC, MacFree> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(hmac == nullptr ? nullptr : EVP_MAC_CTX_new(hmac.get()));
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0),
                               OSSL_PARAM_construct_end()};
  if (context == nullptr || EVP_MAC_init(context.get(), Bytes(key), key.size(), params) != 1) {
    std::abort();
  }
  return context;
}

}  // namespace

struct KeyedMac::Contexts {
  explicit Contexts(absl::string_view key) : keyed(Prepare(key)) {}

  MacContext Take() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        MacContext context = std::move(idle.back());
        idle.pop_back();
        return context;
      }
    }
    return MacContext(EVP_MAC_CTX_dup(keyed.get()));
  }

  void Return(MacContext context) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(context));
  }

  const MacContext keyed;  // has hashed nothing
  std::mutex mutex;
  std::vector<MacContext> idle;  // guarded by mutex
};

KeyedMac::KeyedMac(absl::string_view key) : contexts_(std::make_unique<Contexts>(key)) {}
KeyedMac::~KeyedMac() = default;

std::string KeyedMac::Of(std::initializer_list<absl::string_view> texts) const {
  MacContext context = contexts_->Take();
  std::string bytes(kMacBytes, '\0');
  size_t size = 0;
  // Without a key it begins anew with the one that it has.
  bool done = context != nullptr && EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1;
  for (const absl::string_view text : texts)
    done = done && EVP_MAC_update(context.get(), Bytes(text), text.size()) == 1;
  done = done && EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size,
                               bytes.size()) == 1;
  if (!done || size != kMacBytes) std::abort();
  contexts_->Return(std::move(context));
  return bytes;
}

}  // namespace order1688
