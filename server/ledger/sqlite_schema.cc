#include "server/ledger/sqlite_schema.h"

#include <openssl/rand.h>

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr int64_t kApplicationId = 0x31363838;  // "1688"
constexpr int64_t kSchemaVersion = 1;
constexpr int kFingerprintKeyBytes = 32;
constexpr int64_t kSynchronousFull = 2;

// Times are microseconds since 1970, UTC; but lease_end is since boot, it means something to its
// owner only. owner is the process run that wrote last. placement repeats what the other columns
// say, and is what callers get.
constexpr char kCreateTables[] = R"sql(
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE placement (
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  state INTEGER NOT NULL,
  evidence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  account TEXT NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  fingerprint_mac BLOB NOT NULL,
  sign_time INTEGER,
  lease_end INTEGER,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  owner TEXT NOT NULL,
  placement BLOB NOT NULL,
  request BLOB NOT NULL,
  raw_answer BLOB NOT NULL,
  PRIMARY KEY (caller, request_id)
) STRICT;
CREATE INDEX placement_by_lease ON placement (state, lease_end);
CREATE INDEX placement_by_update ON placement (caller, state, update_time, request_id);
CREATE TABLE evidence (
  evidence_id INTEGER NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  time INTEGER NOT NULL,
  placement BLOB NOT NULL,
  raw_answer BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_by_key ON evidence (caller, request_id, evidence_id);
PRAGMA application_id = 825636920;
PRAGMA user_version = 1;
)sql";
static_assert(kApplicationId == 825636920 && kSchemaVersion == 1, "the pragmas above repeat them");

// True if the file holds nothing yet. Changes nothing.
absl::StatusOr<bool> IsEmpty(SqliteConnection& connection) {
  const absl::StatusOr<int64_t> tables = connection.ReadInt("SELECT count(*) FROM sqlite_schema");
  if (!tables.ok() && connection.MustStop()) {
    return absl::DataLossError(
        absl::StrCat("it is damaged or not a ledger; restore it: ", tables.status().message()));
  }
  if (!tables.ok()) return tables.status();
  const absl::StatusOr<int64_t> application = connection.ReadInt("PRAGMA application_id");
  if (!application.ok()) return application.status();
  const absl::StatusOr<int64_t> version = connection.ReadInt("PRAGMA user_version");
  if (!version.ok()) return version.status();

  if (*tables == 0 && *application == 0 && *version == 0) return true;
  if (*application != kApplicationId) {
    return absl::FailedPreconditionError("it is a database of another program, not a ledger");
  }
  if (*version != kSchemaVersion) {
    return absl::FailedPreconditionError(absl::StrCat("its schema has version ", *version,
                                                      ", this server knows version ",
                                                      kSchemaVersion, ": use the newer server"));
  }
  return false;
}

absl::Status CheckUndamaged(SqliteConnection& connection) {
  const absl::StatusOr<std::string> verdict = connection.ReadText("PRAGMA quick_check(1)");
  if (verdict.ok() && *verdict == "ok") return absl::OkStatus();
  if (!verdict.ok() && !connection.MustStop()) return verdict.status();
  return absl::DataLossError(
      absl::StrCat("it is damaged; restore it: ",
                   verdict.ok() ? *verdict : std::string(verdict.status().message())));
}

// Asks for the settings, and believes only what is read back.
absl::Status ApplySettings(SqliteConnection& connection) {
  const absl::StatusOr<std::string> journal = connection.ReadText("PRAGMA journal_mode = WAL");
  if (!journal.ok()) return journal.status();
  if (*journal != "wal") {
    return absl::FailedPreconditionError(
        absl::StrCat("journal_mode is ", *journal, ", not wal: use a local file system"));
  }
  // NORMAL may lose a committed row when the power fails, and with it the proof that an order was
  // sent.
  if (absl::Status status = connection.Execute("PRAGMA synchronous = FULL"); !status.ok()) {
    return status;
  }
  const absl::StatusOr<int64_t> synchronous = connection.ReadInt("PRAGMA synchronous");
  if (!synchronous.ok()) return synchronous.status();
  if (*synchronous < kSynchronousFull) {
    return absl::FailedPreconditionError("synchronous is not FULL: this SQLite is not durable");
  }
  return connection.Execute("PRAGMA foreign_keys = ON");
}

absl::Status FillNewFile(SqliteConnection& connection) {
  const absl::StatusOr<std::string> key = RandomBytes(kFingerprintKeyBytes);
  if (!key.ok()) return key.status();
  if (absl::Status status = connection.Execute(kCreateTables); !status.ok()) return status;
  SqliteQuery insert(connection, "INSERT INTO meta (name, value) VALUES (?, ?)");
  return insert.Text("fingerprint_key").Blob(*key).Run();
}

absl::Status CreateTables(SqliteConnection& connection) {
  if (absl::Status status = connection.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  absl::Status status = FillNewFile(connection);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok() && connection.InTransaction()) (void)connection.Execute("ROLLBACK");
  return status;
}

}  // namespace

absl::Status PrepareSchema(SqliteConnection& connection) {
  const absl::StatusOr<bool> is_empty = IsEmpty(connection);
  if (!is_empty.ok()) return is_empty.status();
  if (absl::Status status = CheckUndamaged(connection); !status.ok()) return status;
  if (absl::Status status = ApplySettings(connection); !status.ok()) return status;
  return *is_empty ? CreateTables(connection) : absl::OkStatus();
}

absl::StatusOr<std::string> ReadFingerprintKey(SqliteConnection& connection) {
  SqliteQuery query(connection, "SELECT value FROM meta WHERE name = ?");
  const absl::StatusOr<bool> found = query.Text("fingerprint_key").Step();
  if (!found.ok()) return found.status();
  std::string key = *found ? query.BytesAt(0) : "";
  if (key.size() != kFingerprintKeyBytes) {
    return absl::DataLossError("its fingerprint key is missing: restore it");
  }
  return key;
}

absl::StatusOr<std::string> RandomBytes(int bytes) {
  std::string random(bytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), bytes) != 1) {
    return absl::UnavailableError("no random numbers");
  }
  return random;
}

}  // namespace order1688
