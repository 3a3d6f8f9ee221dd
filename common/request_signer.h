// Signs requests to the gateway. Rule and its sources: reference/gateway.md 1.3 (recorded in
// tests/vectors/signing).
#ifndef ORDER1688_COMMON_REQUEST_SIGNER_H_
#define ORDER1688_COMMON_REQUEST_SIGNER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace order1688 {

// Unit of the header timestamp; the sources disagree, so it is configuration.
enum class TimestampUnit { kMilliseconds, kSeconds };

// What one account signs with. The secret must never be printed.
struct SigningKey {
  std::string access_key;
  std::string access_secret;
  TimestampUnit timestamp_unit = TimestampUnit::kMilliseconds;
  bool nonce_included = true;
};

// The signed values of one request. `nonce` is empty when the account signs without one.
struct RequestSignature {
  std::string timestamp;  // header timestamp: decimal digits
  std::string nonce;      // header nonce-str
  std::string signature;  // header signature: 32 upper-case hex digits
};

// Computes UPPER(HEX(MD5(access_key + timestamp + nonce + secret))). Thread-safe.
class RequestSigner {
 public:
  // FAILED_PRECONDITION if the crypto library offers no MD5 (e.g. FIPS mode): nothing can be placed
  // then.
  static absl::StatusOr<RequestSigner> Create(SigningKey key);

  RequestSigner(RequestSigner&&) noexcept;
  RequestSigner& operator=(RequestSigner&&) noexcept;
  ~RequestSigner();

  // Signs with the given clock reading and nonce (32 letters and digits; ignored when the account
  // has none). INTERNAL if the crypto library fails: send nothing.
  absl::StatusOr<RequestSignature> Sign(absl::Time now, absl::string_view nonce) const;

  // The text that is hashed, with the secret replaced by "<secret>": for operators, never for
  // callers.
  std::string ExplainStringToSign(absl::Time now, absl::string_view nonce) const;

  // 32 random letters and digits from the system's cryptographic generator. INTERNAL if it fails:
  // send nothing.
  absl::StatusOr<std::string> NewNonce() const;

 private:
  struct Digest;  // the EVP_MD, fetched once
  struct Random;  // bytes of the generator: to ask it costs more than to make a nonce of them
  RequestSigner(SigningKey key, std::unique_ptr<Digest> digest);

  SigningKey key_;
  std::unique_ptr<Digest> digest_;
  std::unique_ptr<Random> random_;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_REQUEST_SIGNER_H_
