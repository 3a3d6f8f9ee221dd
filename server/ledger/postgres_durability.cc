#include "server/ledger/postgres_durability.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace order1688 {
namespace {

constexpr char kSelectSettings[] =
    "SELECT CAST(name AS TEXT), CAST(setting AS TEXT) FROM pg_settings"
    " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit',"
    " 'synchronous_standby_names')";
// A backup is no standby, and nobody fails over to a subscriber.
constexpr char kSelectStandbys[] =
    "SELECT count(*), count(CASE WHEN r.sync_state = 'async' THEN 1 END)"
    " FROM pg_stat_replication r WHERE (r.state IS NULL OR r.state <> 'backup')"
    " AND NOT EXISTS (SELECT 1 FROM pg_replication_slots s"
    " WHERE s.active_pid = r.pid AND s.slot_type = 'logical')";

struct Standbys {
  int64_t all = 0;
  int64_t asynchronous = 0;
};

absl::StatusOr<Standbys> ReadStandbys(PostgresConnection& connection) {
  const absl::StatusOr<PostgresRows> rows = connection.Run(kSelectStandbys, PostgresValues());
  if (!rows.ok()) return rows.status();
  return Standbys{rows->IntAt(0, 0), rows->IntAt(0, 1)};
}

}  // namespace

absl::Status CheckDurability(PostgresConnection& connection) {
  const absl::StatusOr<PostgresRows> rows = connection.Run(kSelectSettings, PostgresValues());
  if (!rows.ok()) return rows.status();
  std::map<std::string, std::string> settings;
  for (int row = 0; row < rows->size(); ++row) {
    settings[rows->BytesAt(row, 0)] = rows->BytesAt(row, 1);
  }
  std::vector<std::string> faults;
  // Other databases that speak this protocol have not all of the settings.
  if (settings["fsync"] == "off") faults.push_back("fsync is off: set it to on");
  if (settings["full_page_writes"] == "off") {
    faults.push_back("full_page_writes is off: set it to on");
  }
  const std::string& commit = settings["synchronous_commit"];
  if (commit == "off") faults.push_back("synchronous_commit is off: set it to on");

  const absl::StatusOr<Standbys> standbys = ReadStandbys(connection);
  if (!standbys.ok()) return standbys.status();
  const bool waits = !settings["synchronous_standby_names"].empty();
  if (waits && (commit == "local" || commit == "remote_write")) {
    faults.push_back(absl::StrCat("synchronous_commit is ", commit,
                                  ", which does not wait for the standby's disk: set it to on"));
  }
  if (!waits && standbys->all > 0) {
    faults.push_back(absl::StrCat(standbys->all,
                                  " standby(s), but synchronous_standby_names is empty: name them "
                                  "there, or a failover loses what was acknowledged"));
  } else if (waits && standbys->asynchronous > 0) {
    faults.push_back(absl::StrCat(standbys->asynchronous,
                                  " standby(s) that synchronous_standby_names does not name: a "
                                  "failover to one loses what was acknowledged"));
  }
  if (faults.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the database may lose what it acknowledged: ", absl::StrJoin(faults, "; "),
                   " (or allow_unsafe_durability, for tests)"));
}

}  // namespace order1688
