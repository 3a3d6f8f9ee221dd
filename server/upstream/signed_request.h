// A request to one account's gateway, signed and ready to be sent. OrderGateway and OrderList make
// them.
#ifndef ORDER1688_SERVER_UPSTREAM_SIGNED_REQUEST_H_
#define ORDER1688_SERVER_UPSTREAM_SIGNED_REQUEST_H_

#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/request_signer.h"
#include "order1688/v1/placement.pb.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

// What is configured for one account.
struct GatewayAccount {
  std::string name;
  std::string base_url;  // no trailing slash
  std::string host;      // of base_url
  v1::Environment environment = v1::ENVIRONMENT_UNSPECIFIED;
  std::string user_id;
  SigningKey signing_key;
  absl::Duration timeout;                          // of one request
  absl::flat_hash_set<std::string> refusal_codes;  // the configured ones
};

// A request that is signed and ready to be sent, once.
struct SignedRequest {
  HttpRequest http;
  absl::Time sign_time;      // wall clock, what the signature says
  absl::Duration signed_at;  // the same instant by Clock::SinceBoot
};

// Signs `body` for `path` with the present time and a fresh nonce. `signer` is that of `account`.
// INTERNAL if the crypto library fails: send nothing.
absl::StatusOr<SignedRequest> SignRequest(const GatewayAccount& account,
                                          const RequestSigner& signer, const Clock& clock,
                                          absl::string_view path, std::string body);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_SIGNED_REQUEST_H_
