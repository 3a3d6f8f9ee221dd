#include "server/config_account_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "server/config_defaults.h"
#include "server/config_words.h"
#include "server/endpoint.h"
#include "server/upstream/page_request.h"
#include "server/upstream/refusal_codes.h"

namespace order1688 {
namespace {

using config::v1::Account;
using config::v1::Signature;

constexpr size_t kLongestHeader = 256;
constexpr size_t kLongestCode = 64;
constexpr int kMostInFlight = 1000;
constexpr double kMostPerSecond = 10000;
constexpr absl::Duration kShortestTimeout = absl::Seconds(1);
constexpr absl::Duration kLongestTimeout = absl::Seconds(300);
constexpr absl::Duration kShortestConnect = absl::Milliseconds(100);
constexpr int kLargestPage = 100;
constexpr absl::Duration kShortestLookupInterval = absl::Milliseconds(100);
constexpr absl::Duration kLongestLookupInterval = absl::Hours(1);

// Where orders are real, whatever a configuration calls them.
constexpr std::array<absl::string_view, 2> kRealDomains = {"pandapon.com", "xportcn.com"};

void CheckGateway(const Account& account, const ConfigPlace& place) {
  bool environment_known = account.environment() != config::v1::GATEWAY_ENVIRONMENT_UNSPECIFIED &&
                           config::v1::GatewayEnvironment_IsValid(account.environment());
  if (!environment_known) {
    place.IsSet("environment") ? place.Fault("environment", "must be SANDBOX or REAL")
                               : place.Missing("environment", "is required: SANDBOX or REAL");
  }
  if (account.base_url().empty()) return place.Missing("base_url", "is required");
  absl::StatusOr<GatewayUrl> url = ParseGatewayUrl(account.base_url());
  if (!url.ok()) return place.Fault("base_url", url.status().message());
  if (!url->https && !IsLoopback(url->host)) {
    place.Fault("base_url", "must be https, except to loopback");
  }
  bool real = std::any_of(kRealDomains.begin(), kRealDomains.end(),
                          [&](absl::string_view domain) { return IsInDomain(url->host, domain); });
  if (real && account.environment() == config::v1::SANDBOX) {
    place.Fault("environment", "must be REAL: this host places real orders");
  }
}

void CheckHeader(const std::string& value, const std::string& field, const ConfigPlace& place) {
  if (value.empty()) return place.Missing(field, "is required");
  if (!IsVisibleAscii(value, kLongestHeader)) {
    place.Fault(field,
                absl::StrCat("must be at most ", kLongestHeader, " visible ASCII characters"));
  }
}

void CheckSignature(const Account& account, const ConfigPlace& place) {
  ConfigPlace signature = place.Child("signature");
  if (!Signature::TimestampUnit_IsValid(account.signature().timestamp_unit())) {
    signature.Fault("timestamp_unit", "must be MILLISECONDS or SECONDS");
  }
  if (!Signature::Nonce_IsValid(account.signature().nonce())) {
    signature.Fault("nonce", "must be NONCE_INCLUDED or NONCE_ABSENT");
  }
}

void CheckPace(const Account& account, const ConfigPlace& place) {
  absl::Duration timeout = FromProto(account.timeout());
  if (timeout < kShortestTimeout || timeout > kLongestTimeout) {
    place.Fault("timeout", "must be 1 s to 300 s");
  }
  absl::Duration connect = FromProto(account.connect_timeout());
  if (place.IsSet("connect_timeout") && (connect < kShortestConnect || connect > timeout)) {
    place.Fault("connect_timeout", "must be 0.1 s to timeout");
  }
  if (account.max_in_flight() < 1 || account.max_in_flight() > kMostInFlight) {
    place.Fault("max_in_flight", absl::StrCat("must be 1 to ", kMostInFlight));
  }
  double rate = account.orders_per_second();
  if (!std::isfinite(rate) || rate <= 0 || rate > kMostPerSecond) {
    place.Fault("orders_per_second", absl::StrCat("must be above 0 and at most ", kMostPerSecond));
  }
}

void CheckRefusalCodes(const Account& account, const ConfigPlace& place) {
  CheckWords(account.refusal_codes(), "refusal_codes", kLongestCode, place);
  for (int i = 0; i < account.refusal_codes_size(); ++i) {
    if (!MayBeRefusalCode(account.refusal_codes(i))) {
      place.Fault("refusal_codes", i, "has a fixed meaning that is not a refusal");
    }
  }
}

void CheckProxy(const Account& account, const ConfigPlace& place) {
  absl::string_view proxy = account.proxy();
  if (proxy.empty()) return;
  if (!absl::ConsumePrefix(&proxy, "http://") || !ParseEndpoint(proxy).ok()) {
    place.Fault("proxy", "must be http://HOST:PORT");
  }
}

void CheckLookup(const Account& account, const ConfigPlace& of_account) {
  if (!account.has_lookup()) return;
  const config::v1::Lookup& lookup = account.lookup();
  ConfigPlace place = of_account.Child("lookup");
  if (lookup.path().empty()) {
    place.Missing("path", "is required");
  } else if (absl::Status path = CheckReadPath(lookup.path()); !path.ok()) {
    place.Fault("path", path.message());
  }
  if (lookup.body_template().empty()) {
    place.Missing("body_template", "is required");
  } else if (absl::Status body = CheckPageBody(lookup.body_template()); !body.ok()) {
    place.Fault("body_template", body.message());
  }
  if (lookup.page_size() < 1 || lookup.page_size() > kLargestPage) {
    place.Fault("page_size", absl::StrCat("must be 1 to ", kLargestPage));
  }
  const absl::Duration interval = FromProto(lookup.least_interval());
  if (interval < kShortestLookupInterval || interval > kLongestLookupInterval) {
    place.Fault("least_interval", "must be 0.1 s to 1 hour");
  }
}

}  // namespace

void CheckAccounts(const config::v1::ServerConfig& config, const ConfigPlace& root) {
  if (config.accounts().empty()) root.Missing("accounts", "at least one is required");
  std::set<std::string> names;
  for (int i = 0; i < config.accounts_size(); ++i) {
    const Account& account = config.accounts(i);
    ConfigPlace place = root.Child("accounts", i);
    CheckName(account.name(), "name", place, &names);
    CheckGateway(account, place);
    CheckHeader(account.access_key(), "access_key", place);
    if (account.access_secret_file().empty()) place.Missing("access_secret_file", "is required");
    CheckHeader(account.user_id(), "user_id", place);
    CheckSignature(account, place);
    CheckPace(account, place);
    CheckRefusalCodes(account, place);
    CheckProxy(account, place);
    CheckLookup(account, place);
  }
}

}  // namespace order1688
