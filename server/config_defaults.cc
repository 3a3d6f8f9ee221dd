#include "server/config_defaults.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace order1688 {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(30);
constexpr absl::Duration kConnectTimeout = absl::Seconds(10);
constexpr absl::Duration kPersonalDataRetention = absl::Hours(24 * 90);
constexpr absl::Duration kRecordTime = absl::Seconds(5);

void FillAccount(const ConfigPlace& place, config::v1::Account* account) {
  using config::v1::Signature;
  Signature* signature = account->mutable_signature();
  if (signature->timestamp_unit() == Signature::TIMESTAMP_UNIT_UNSPECIFIED) {
    signature->set_timestamp_unit(Signature::MILLISECONDS);
  }
  if (signature->nonce() == Signature::NONCE_UNSPECIFIED) {
    signature->set_nonce(Signature::NONCE_INCLUDED);
  }
  if (!account->has_timeout()) *account->mutable_timeout() = ToProto(kTimeout);
  if (!account->has_connect_timeout()) {
    *account->mutable_connect_timeout() =
        ToProto(std::min(kConnectTimeout, FromProto(account->timeout())));
  }
  if (!place.IsSet("max_in_flight")) account->set_max_in_flight(16);
  if (!place.IsSet("orders_per_second")) account->set_orders_per_second(10);
  if (!account->has_lookup()) return;
  config::v1::Lookup* lookup = account->mutable_lookup();
  if (!place.Child("lookup").IsSet("page_size")) lookup->set_page_size(20);
  if (!lookup->has_least_interval()) *lookup->mutable_least_interval() = ToProto(absl::Seconds(1));
}

}  // namespace

void FillDefaults(const ConfigPlace& root, config::v1::ServerConfig* config) {
  if (!root.IsSet("listen")) config->set_listen("127.0.0.1:50051");
  if (!root.IsSet("ops_listen")) config->set_ops_listen("127.0.0.1:9464");
  for (int i = 0; i < config->accounts_size(); ++i) {
    FillAccount(root.Child("accounts", i), config->mutable_accounts(i));
  }
  for (config::v1::Caller& caller : *config->mutable_callers()) {
    for (std::string& digest : *caller.mutable_token_sha256()) absl::AsciiStrToLower(&digest);
  }
  ConfigPlace limits = root.Child("limits");
  config::v1::Limits* of = config->mutable_limits();
  if (!limits.IsSet("max_cargo_lines_per_seller")) of->set_max_cargo_lines_per_seller(50);
  if (!limits.IsSet("max_placements_in_flight")) of->set_max_placements_in_flight(1000);
  if (!limits.IsSet("max_answer_bytes")) of->set_max_answer_bytes(8 << 20);
  if (config->has_ledger() && !config->ledger().has_personal_data_retention()) {
    *config->mutable_ledger()->mutable_personal_data_retention() = ToProto(kPersonalDataRetention);
  }
  if (config->ledger().has_postgres() &&
      !root.Child("ledger").Child("postgres").IsSet("connections")) {
    config->mutable_ledger()->mutable_postgres()->set_connections(4);
  }
  if (!root.Child("log").IsSet("level")) config->mutable_log()->set_level("info");
  if (!config->has_shutdown_grace()) {
    *config->mutable_shutdown_grace() = ToProto(LeastShutdownGrace(*config));
  }
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  constexpr int64_t kMostSeconds = 315576000000;
  int64_t seconds = duration.seconds();
  int32_t nanos = duration.nanos();
  bool same_sign = (seconds <= 0 || nanos >= 0) && (seconds >= 0 || nanos <= 0);
  bool in_range = seconds >= -kMostSeconds && seconds <= kMostSeconds && nanos > -1000000000 &&
                  nanos < 1000000000;
  if (!same_sign || !in_range) {
    return seconds < 0 ? -absl::InfiniteDuration() : absl::InfiniteDuration();
  }
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  absl::Duration rest;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &rest));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return proto;
}

absl::Duration LeastShutdownGrace(const config::v1::ServerConfig& config) {
  absl::Duration longest = absl::ZeroDuration();
  for (const config::v1::Account& account : config.accounts()) {
    longest = std::max(longest, FromProto(account.timeout()));
  }
  return longest + kRecordTime;
}

}  // namespace order1688
