#include "server/inbound/caller_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "server/config_defaults.h"

namespace order1688 {
namespace {

constexpr absl::string_view kScheme = "bearer ";

template <typename T, typename V>
bool Contains(const std::vector<T>& values, const V& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

bool CallerProfile::Permits(config::v1::Permission permission) const {
  return Contains(permissions, permission);
}
bool CallerProfile::MayUseAccount(absl::string_view account) const {
  return Contains(accounts, account);
}
bool CallerProfile::MayUseUserId(absl::string_view user_id) const {
  return Contains(user_ids, user_id);
}

struct CallerAuth::Sha256 {
  struct Free {
    void operator()(EVP_MD* algorithm) const { EVP_MD_free(algorithm); }
  };
  std::unique_ptr<EVP_MD, Free> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
};

CallerAuth::CallerAuth(const google::protobuf::RepeatedPtrField<config::v1::Caller>& callers)
    : sha256_(std::make_shared<Sha256>()) {
  for (const config::v1::Caller& caller : callers) {
    CallerProfile profile;
    profile.id = caller.id();
    profile.accounts.assign(caller.accounts().begin(), caller.accounts().end());
    profile.user_ids.assign(caller.user_ids().begin(), caller.user_ids().end());
    for (int permission : caller.permissions()) {
      profile.permissions.push_back(static_cast<config::v1::Permission>(permission));
    }
    const config::v1::DuplicateGuard& guard = caller.duplicate_guard();
    profile.duplicate_window = FromProto(guard.window());
    profile.refuse_duplicates = guard.action() == config::v1::DuplicateGuard::REFUSE;
    for (const std::string& hex : caller.token_sha256()) {
      Token token;
      const std::string raw = absl::HexStringToBytes(hex);
      if (raw.size() != token.digest.size()) continue;
      std::memcpy(token.digest.data(), raw.data(), raw.size());
      token.caller = callers_.size();
      tokens_.push_back(token);
    }
    callers_.push_back(std::move(profile));
  }
}

const CallerProfile* CallerAuth::Recognise(absl::string_view authorization) const {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) return nullptr;
  const absl::string_view token = authorization.substr(kScheme.size());
  if (token.empty()) return nullptr;
  TokenDigest digest;
  if (EVP_Digest(token.data(), token.size(), digest.data(), nullptr, sha256_->algorithm.get(),
                 nullptr) != 1) {
    return nullptr;
  }
  const CallerProfile* recognised = nullptr;
  for (const Token& known : tokens_) {
    if (CRYPTO_memcmp(known.digest.data(), digest.data(), digest.size()) == 0)
      recognised = &callers_[known.caller];
  }
  return recognised;
}

}  // namespace order1688
