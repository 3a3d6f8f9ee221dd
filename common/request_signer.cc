#include "common/request_signer.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr absl::string_view kNonceLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kNonceLength = 32;

struct DigestFree {
  void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

std::string ToText(absl::Time now, TimestampUnit unit) {
  return absl::StrCat(unit == TimestampUnit::kMilliseconds ? absl::ToUnixMillis(now)
                                                           : absl::ToUnixSeconds(now));
}

}  // namespace

struct RequestSigner::Digest {
  std::unique_ptr<EVP_MD, DigestFree> md5;
};

struct RequestSigner::Random {
  std::mutex mutex;  // guards all below
  std::array<unsigned char, 1024> bytes;
  size_t next = bytes.size();
};

absl::StatusOr<RequestSigner> RequestSigner::Create(SigningKey key) {
  auto digest = std::make_unique<Digest>();
  digest->md5.reset(EVP_MD_fetch(nullptr, "MD5", nullptr));
  if (digest->md5 == nullptr) {
    return absl::FailedPreconditionError(
        "the crypto library offers no MD5; the gateway's signature needs it");
  }
  return RequestSigner(std::move(key), std::move(digest));
}

RequestSigner::RequestSigner(SigningKey key, std::unique_ptr<Digest> digest)
    : key_(std::move(key)), digest_(std::move(digest)), random_(std::make_unique<Random>()) {}
RequestSigner::RequestSigner(RequestSigner&&) noexcept = default;
RequestSigner& RequestSigner::operator=(RequestSigner&&) noexcept = default;
RequestSigner::~RequestSigner() = default;

absl::StatusOr<RequestSignature> RequestSigner::Sign(absl::Time now,
                                                     absl::string_view nonce) const {
  RequestSignature signed_values;
  signed_values.timestamp = ToText(now, key_.timestamp_unit);
  if (key_.nonce_included) signed_values.nonce = std::string(nonce);
  std::string to_hash = absl::StrCat(key_.access_key, signed_values.timestamp, signed_values.nonce,
                                     key_.access_secret);
  std::array<char, EVP_MAX_MD_SIZE> hash;
  unsigned int length = 0;
  if (EVP_Digest(to_hash.data(), to_hash.size(), reinterpret_cast<unsigned char*>(hash.data()),
                 &length, digest_->md5.get(), nullptr) != 1) {
    return absl::InternalError("the crypto library could not compute MD5");
  }
  signed_values.signature = absl::BytesToHexString({hash.data(), length});
  absl::AsciiStrToUpper(&signed_values.signature);
  return signed_values;
}

std::string RequestSigner::ExplainStringToSign(absl::Time now, absl::string_view nonce) const {
  return absl::StrCat(key_.access_key, ToText(now, key_.timestamp_unit),
                      key_.nonce_included ? nonce : "", "<secret>");
}

absl::StatusOr<std::string> RequestSigner::NewNonce() const {
  // The largest multiple of 62 in a byte: what lies above would make some letters more likely.
  constexpr unsigned kFairBytes = 256 / kNonceLetters.size() * kNonceLetters.size();
  std::string nonce;
  nonce.reserve(kNonceLength);
  const std::lock_guard lock(random_->mutex);
  while (nonce.size() < kNonceLength) {
    if (random_->next == random_->bytes.size()) {
      if (RAND_bytes(random_->bytes.data(), static_cast<int>(random_->bytes.size())) != 1) {
        return absl::InternalError("the crypto library has no random numbers");
      }
      random_->next = 0;
    }
    const unsigned char byte = random_->bytes[random_->next++];
    if (byte < kFairBytes) nonce += kNonceLetters[byte % kNonceLetters.size()];
  }
  return nonce;
}

}  // namespace order1688
