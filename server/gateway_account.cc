#include "server/gateway_account.h"

namespace order1688 {
namespace {

// An account looks up one placement at a time, and asks for one page at a time.
constexpr int kLookupsActive = 1;

}  // namespace

GatewayAccount MakeGatewayAccount(const Config& config, const config::v1::Account& account) {
  GatewayAccount gateway;
  gateway.name = account.name();
  gateway.base_url = account.base_url();
  gateway.host = config.gateway_hosts.at(account.name());
  gateway.environment =
      account.environment() == config::v1::SANDBOX ? v1::ENVIRONMENT_SANDBOX : v1::ENVIRONMENT_REAL;
  gateway.user_id = account.user_id();
  gateway.signing_key.access_key = account.access_key();
  gateway.signing_key.access_secret = config.access_secrets.at(account.name());
  gateway.signing_key.timestamp_unit =
      account.signature().timestamp_unit() == config::v1::Signature::SECONDS
          ? TimestampUnit::kSeconds
          : TimestampUnit::kMilliseconds;
  gateway.signing_key.nonce_included =
      account.signature().nonce() != config::v1::Signature::NONCE_ABSENT;
  gateway.timeout = DurationOf(account.timeout());
  gateway.refusal_codes.insert(account.refusal_codes().begin(), account.refusal_codes().end());
  return gateway;
}

OrderListTerms MakeOrderListTerms(const config::v1::Lookup& lookup) {
  return {lookup.path(), lookup.body_template(), lookup.page_size(),
          DurationOf(lookup.least_interval())};
}

CurlTransportOptions MakeTransportOptions(const Config& config,
                                          const config::v1::Account& account) {
  CurlTransportOptions options;
  options.timeout = DurationOf(account.timeout());
  options.connect_timeout = DurationOf(account.connect_timeout());
  options.max_answer_bytes = config.proto.limits().max_answer_bytes();
  options.ca_file = account.ca_file();
  options.proxy = account.proxy();
  // What the pacer let in must not wait again.
  options.most_active = account.max_in_flight() + kLookupsActive;
  return options;
}

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace order1688
