#include "server/placement/request_fingerprint.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr int kVersion = 1;

}  // namespace

Fingerprint FingerprintOf(absl::string_view key, absl::string_view account,
                          absl::string_view reference, absl::string_view body) {
  // Lengths in front, so that no two requests can give the same text.
  const std::string text = absl::StrCat("order1688 v", kVersion, "\n", account.size(), ":", account,
                                        reference.size(), ":", reference, body.size(), ":", body);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
  return {kVersion, std::string(reinterpret_cast<char*>(mac), size)};
}

}  // namespace order1688
