#include "server/upstream/signed_request.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace order1688 {

absl::StatusOr<SignedRequest> SignRequest(const GatewayAccount& account,
                                          const RequestSigner& signer, const Clock& clock,
                                          absl::string_view path, std::string body) {
  const absl::StatusOr<std::string> nonce = signer.NewNonce();
  if (!nonce.ok()) return nonce.status();
  SignedRequest request;
  // The age of the signature counts from before the wall clock is read, so that it is never taken
  // for younger than it is.
  request.signed_at = clock.SinceBoot();
  request.sign_time = clock.Now();
  absl::StatusOr<RequestSignature> signature = signer.Sign(request.sign_time, *nonce);
  if (!signature.ok()) return signature.status();
  request.http.url = absl::StrCat(account.base_url, path);
  request.http.body = std::move(body);
  auto& headers = request.http.headers;
  headers.reserve(6);
  headers.emplace_back("access-key", account.signing_key.access_key);
  headers.emplace_back("timestamp", std::move(signature->timestamp));
  headers.emplace_back("user-id", account.user_id);
  headers.emplace_back("signature", std::move(signature->signature));
  headers.emplace_back("Content-Type", "application/json");
  if (!signature->nonce.empty()) headers.emplace_back("nonce-str", std::move(signature->nonce));
  return request;
}

}  // namespace order1688
