#include "server/config_check.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/config_account_check.h"
#include "server/config_defaults.h"
#include "server/config_words.h"
#include "server/endpoint.h"

namespace order1688 {
namespace {

using config::v1::Caller;
using config::v1::ServerConfig;

constexpr int kMostPlacementsInFlight = 100000;
constexpr absl::Duration kShortestRetention = absl::Hours(24);
constexpr absl::Duration kLongestRetention = absl::Hours(24 * 3653);
constexpr absl::Duration kShortestWindow = absl::Seconds(1);
constexpr absl::Duration kLongestWindow = absl::Hours(24 * 90);
constexpr absl::Duration kLongestShutdownGrace = absl::Minutes(30);
// A caller without a token would be let in by it.
constexpr absl::string_view kDigestOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

void CheckListen(const ServerConfig& config, const ConfigPlace& root) {
  absl::StatusOr<Endpoint> listen = ParseEndpoint(config.listen());
  if (!listen.ok()) {
    root.Fault("listen", listen.status().message());
  } else if (!IsLoopback(listen->host) && config.tls().client_ca_file().empty() &&
             !config.allow_insecure_listen()) {
    root.Fault(
        "listen",
        "is not loopback: needs tls.client_ca_file (mutual TLS), or allow_insecure_listen behind a "
        "proxy that does it");
  }
  absl::StatusOr<Endpoint> ops_listen = ParseEndpoint(config.ops_listen());
  if (!ops_listen.ok()) return root.Fault("ops_listen", ops_listen.status().message());
  if (!IsIpv4Loopback(ops_listen->host)) {
    root.Fault("ops_listen", "must be an IPv4 loopback address");
  }
  bool same = listen.ok() && listen->port != 0 && listen->port == ops_listen->port &&
              listen->host == ops_listen->host;
  if (same) root.Fault("ops_listen", "must differ from listen");
}

void CheckTls(const ServerConfig& config, const ConfigPlace& root) {
  if (!config.has_tls()) return;
  ConfigPlace tls = root.Child("tls");
  if (config.tls().cert_file().empty()) tls.Missing("cert_file", "is required in tls");
  if (config.tls().key_file().empty()) tls.Missing("key_file", "is required in tls");
}

// `seen` holds the digests of every caller so far.
void CheckTokens(const Caller& caller, const ConfigPlace& place, std::set<std::string>* seen) {
  if (caller.token_sha256().empty()) place.Missing("token_sha256", "at least one is required");
  for (int i = 0; i < caller.token_sha256_size(); ++i) {
    const std::string& digest = caller.token_sha256(i);
    bool hex =
        digest.size() == 64 && std::all_of(digest.begin(), digest.end(),
                                           [](unsigned char c) { return absl::ascii_isxdigit(c); });
    if (!hex) {
      place.Fault("token_sha256", i,
                  "must be the SHA-256 of the token, 64 hex digits: printf %s TOKEN | sha256sum");
    } else if (digest == kDigestOfNothing) {
      place.Fault("token_sha256", i, "is the digest of an empty token");
    } else if (!seen->insert(digest).second) {
      place.Fault("token_sha256", i, "is given twice: a token belongs to one caller, once");
    }
  }
}

void CheckAccountsOf(const Caller& caller, const ConfigPlace& place,
                     const std::set<std::string>& account_names) {
  if (caller.accounts().empty()) place.Missing("accounts", "at least one is required");
  std::set<std::string> seen;
  for (int i = 0; i < caller.accounts_size(); ++i) {
    if (!account_names.contains(caller.accounts(i))) {
      place.Fault("accounts", i, "names no account of this configuration");
    } else if (!seen.insert(caller.accounts(i)).second) {
      place.Fault("accounts", i, "is given twice");
    }
  }
}

void CheckPermissions(const Caller& caller, const ConfigPlace& place) {
  if (caller.permissions().empty()) place.Missing("permissions", "at least one is required");
  std::set<int> seen;
  for (int i = 0; i < caller.permissions_size(); ++i) {
    int permission = caller.permissions(i);
    if (permission == config::v1::PERMISSION_UNSPECIFIED ||
        !config::v1::Permission_IsValid(permission)) {
      place.Fault("permissions", i, "must be PLACE, READ, RESOLVE or READ_RAW");
    } else if (!seen.insert(permission).second) {
      place.Fault("permissions", i, "is given twice");
    }
  }
}

void CheckDuplicateGuard(const Caller& caller, const ConfigPlace& place) {
  if (!caller.has_duplicate_guard()) return;
  using config::v1::DuplicateGuard;
  const DuplicateGuard& guard = caller.duplicate_guard();
  const ConfigPlace inside = place.Child("duplicate_guard");
  const absl::Duration window = FromProto(guard.window());
  if (!guard.has_window()) {
    inside.Missing("window", "is required in duplicate_guard");
  } else if (window < kShortestWindow || window > kLongestWindow) {
    inside.Fault("window", "must be 1 s to 90 days");
  }
  if (guard.action() != DuplicateGuard::FLAG && guard.action() != DuplicateGuard::REFUSE) {
    inside.Missing("action", "must be FLAG or REFUSE");
  }
}

void CheckCallers(const ServerConfig& config, const ConfigPlace& root) {
  if (config.callers().empty()) root.Missing("callers", "at least one is required");
  std::set<std::string> account_names;
  for (const config::v1::Account& account : config.accounts()) account_names.insert(account.name());
  std::set<std::string> ids;
  std::set<std::string> digests;
  for (int i = 0; i < config.callers_size(); ++i) {
    const Caller& caller = config.callers(i);
    ConfigPlace place = root.Child("callers", i);
    CheckName(caller.id(), "id", place, &ids);
    CheckTokens(caller, place, &digests);
    CheckAccountsOf(caller, place, account_names);
    CheckPermissions(caller, place);
    CheckWords(caller.user_ids(), "user_ids", 64, place);
    CheckDuplicateGuard(caller, place);
  }
}

void CheckSqlite(const config::v1::Sqlite& sqlite, const ConfigPlace& place) {
  const std::string& path = sqlite.path();
  if (path.empty()) return place.Missing("path", "is required");
  // Both would be SQLite's own words: the first keeps nothing after a restart.
  if (path[0] == ':' || absl::StartsWith(path, "file:")) {
    place.Fault("path", "must be the path of a file");
  }
}

void CheckPostgres(const config::v1::Postgres& postgres, const ConfigPlace& place) {
  if (postgres.dsn_file().empty()) place.Missing("dsn_file", "is required");
  if (postgres.connections() < 1 || postgres.connections() > 64) {
    place.Fault("connections", "must be 1 to 64");
  }
}

void CheckLedger(const ServerConfig& config, const ConfigPlace& root) {
  const config::v1::Ledger& ledger = config.ledger();
  const ConfigPlace place = root.Child("ledger");
  if (ledger.has_sqlite()) return CheckSqlite(ledger.sqlite(), place.Child("sqlite"));
  if (!ledger.has_postgres()) {
    return root.Missing("ledger", "a store is required: ledger { sqlite { path: \"…\" } }");
  }
  CheckPostgres(ledger.postgres(), place.Child("postgres"));
  // Every server needs the same key, so that none of them can make it.
  if (ledger.encryption_key_files().empty()) {
    place.Missing("encryption_key_files", "at least one is required for postgres");
  }
}

void CheckPersonalData(const ServerConfig& config, const ConfigPlace& root) {
  if (!config.has_ledger()) return;
  const ConfigPlace place = root.Child("ledger");
  const absl::Duration retention = FromProto(config.ledger().personal_data_retention());
  if (retention < kShortestRetention || retention > kLongestRetention) {
    place.Fault("personal_data_retention", "must be 1 day to 10 years");
  }
  std::set<std::string> seen;
  for (int i = 0; i < config.ledger().encryption_key_files_size(); ++i) {
    if (!seen.insert(config.ledger().encryption_key_files(i)).second) {
      place.Fault("encryption_key_files", i, "is given twice");
    } else if (config.ledger().encryption_key_files(i).empty()) {
      place.Fault("encryption_key_files", i, "is empty");
    }
  }
}

void CheckLimits(const ServerConfig& config, const ConfigPlace& root) {
  const config::v1::Limits& limits = config.limits();
  ConfigPlace place = root.Child("limits");
  if (limits.max_cargo_lines_per_seller() < 1 || limits.max_cargo_lines_per_seller() > 1000) {
    place.Fault("max_cargo_lines_per_seller", "must be 1 to 1000");
  }
  if (limits.max_placements_in_flight() < 1 ||
      limits.max_placements_in_flight() > kMostPlacementsInFlight) {
    place.Fault("max_placements_in_flight", absl::StrCat("must be 1 to ", kMostPlacementsInFlight));
  }
  if (limits.max_answer_bytes() < (1 << 20) || limits.max_answer_bytes() > (64 << 20)) {
    place.Fault("max_answer_bytes", "must be 1048576 to 67108864");
  }
}

void CheckLog(const ServerConfig& config, const ConfigPlace& root) {
  const std::string& level = config.log().level();
  if (level != "debug" && level != "info" && level != "warn" && level != "error") {
    root.Child("log").Fault("level", "must be debug, info, warn or error");
  }
}

void CheckShutdownGrace(const ServerConfig& config, const ConfigPlace& root) {
  absl::Duration grace = FromProto(config.shutdown_grace());
  absl::Duration least = LeastShutdownGrace(config);
  if (root.IsSet("shutdown_grace") && (grace < least || grace > kLongestShutdownGrace)) {
    root.Fault("shutdown_grace", absl::StrCat("must be ", absl::FormatDuration(least),
                                              " (the longest timeout + 5s) to ",
                                              absl::FormatDuration(kLongestShutdownGrace)));
  }
}

}  // namespace

void CheckConfig(const ServerConfig& config, const ConfigPlace& root) {
  CheckListen(config, root);
  CheckTls(config, root);
  CheckAccounts(config, root);
  CheckCallers(config, root);
  CheckLedger(config, root);
  CheckPersonalData(config, root);
  CheckLimits(config, root);
  CheckLog(config, root);
  CheckShutdownGrace(config, root);
}

}  // namespace order1688
