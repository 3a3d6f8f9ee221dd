// Who calls, and what they may do.
#ifndef ORDER1688_SERVER_INBOUND_CALLER_AUTH_H_
#define ORDER1688_SERVER_INBOUND_CALLER_AUTH_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_field.h"
#include "order1688/config/v1/server_config.pb.h"

namespace order1688 {

// A configured caller.
struct CallerProfile {
  std::string id;
  std::vector<std::string> accounts;  // the first is its default
  std::vector<std::string> user_ids;  // that it may send as batch.user_id
  std::vector<config::v1::Permission> permissions;
  // Its duplicate guard; zero: off.
  absl::Duration duplicate_window = absl::ZeroDuration();
  bool refuse_duplicates = false;

  bool Permits(config::v1::Permission permission) const;
  bool MayUseAccount(absl::string_view account) const;
  bool MayUseUserId(absl::string_view user_id) const;
};

// Recognises callers by bearer token. Only digests of tokens are kept. Immutable, thread-safe.
class CallerAuth {
 public:
  explicit CallerAuth(const google::protobuf::RepeatedPtrField<config::v1::Caller>& callers);

  // The caller whose token the value of the metadata `authorization` holds ("Bearer <token>");
  // nullptr if there is none. Takes the same time whichever digest matches.
  const CallerProfile* Recognise(absl::string_view authorization) const;

 private:
  using TokenDigest = std::array<uint8_t, 32>;
  struct Sha256;  // looked up once: that costs more than to hash a token
  struct Token {
    TokenDigest digest;
    size_t caller;
  };

  std::vector<CallerProfile> callers_;
  std::vector<Token> tokens_;
  std::shared_ptr<const Sha256> sha256_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_CALLER_AUTH_H_
