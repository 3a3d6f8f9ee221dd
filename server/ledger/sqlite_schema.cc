#include "server/ledger/sqlite_schema.h"

#include <openssl/rand.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "server/ledger/sqlite_migration.h"

namespace order1688 {
namespace {

constexpr int64_t kApplicationId = 0x31363838;  // "1688"
constexpr int64_t kSchemaVersion = 4;
constexpr int kFingerprintKeyBytes = 32;
constexpr int64_t kSynchronousFull = 2;

// Where the key of the fingerprints is sealed.
constexpr char kFingerprintKeyName[] = "fingerprint_key";
constexpr char kFingerprintKeyColumn[] = "meta.fingerprint_key";

// Times are microseconds since 1970, UTC; but lease_end is since boot, it means something to its
// owner only. owner is the process run that wrote last. placement repeats what the other columns
// say, and is what callers get. placement, request, raw_answer, lookup_progress and the value of
// meta are sealed under key_id. lookup_due is set while IN_DOUBT. 1 is SENDING.
constexpr char kCreateTables[] = R"sql(
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  key_id TEXT NOT NULL,
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
  business_mac BLOB NOT NULL DEFAULT x'',
  sign_time INTEGER,
  lease_end INTEGER,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  erase_time INTEGER,
  erased INTEGER NOT NULL DEFAULT 0,
  lookup_due INTEGER,
  owner TEXT NOT NULL,
  key_id TEXT NOT NULL,
  placement BLOB NOT NULL,
  request BLOB NOT NULL,
  raw_answer BLOB NOT NULL DEFAULT x'',
  lookup_progress BLOB NOT NULL DEFAULT x'',
  PRIMARY KEY (caller, request_id)
) STRICT;
CREATE INDEX placement_by_lease ON placement (state, lease_end) WHERE state = 1;
CREATE INDEX placement_by_business ON placement (caller, business_mac, create_time);
CREATE INDEX placement_by_lookup ON placement (account, lookup_due) WHERE lookup_due IS NOT NULL;
CREATE INDEX placement_by_erase ON placement (erase_time) WHERE erased = 0;
CREATE INDEX placement_by_key ON placement (key_id);
CREATE TABLE evidence (
  evidence_id INTEGER NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  time INTEGER NOT NULL,
  key_id TEXT NOT NULL,
  placement BLOB NOT NULL,
  raw_answer BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_by_key ON evidence (caller, request_id, evidence_id);
CREATE INDEX evidence_by_key_id ON evidence (key_id);
CREATE TABLE account_state (
  account TEXT NOT NULL PRIMARY KEY,
  paused INTEGER NOT NULL,
  pause_reason TEXT NOT NULL
) STRICT;
CREATE TABLE refusal_code (
  account TEXT NOT NULL,
  code TEXT NOT NULL,
  PRIMARY KEY (account, code)
) STRICT;
CREATE TABLE account_audit (
  audit_id INTEGER NOT NULL PRIMARY KEY,
  time INTEGER NOT NULL,
  account TEXT NOT NULL,
  change TEXT NOT NULL,
  code TEXT NOT NULL,
  actor TEXT NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX account_audit_by_account ON account_audit (account, audit_id);
PRAGMA application_id = 825636920;
PRAGMA user_version = 4;
)sql";
static_assert(kApplicationId == 825636920 && kSchemaVersion == 4, "the pragmas above repeat them");
// Lean: every index that a row is in costs each of its writes, so a row that is SENDING (1) is in
// none that lists and lookups need; the few of them are found by placement_by_lease. 5 and 7 are
// IN_DOUBT and CLOSED. SQLite would open a table in memory for the list of IN (5, 7), twice in each
// write of a row.
constexpr char kCreateLean[] = R"sql(
CREATE INDEX placement_by_caller ON placement (caller, state, update_time, request_id)
  WHERE state <> 1;
CREATE INDEX placement_unsettled ON placement (account, sign_time) WHERE state = 5 OR state = 7;
CREATE TABLE owned_order (
  account TEXT NOT NULL,
  order_id TEXT NOT NULL,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  PRIMARY KEY (account, order_id)
) STRICT, WITHOUT ROWID;
)sql";
constexpr char kPutAside[] = R"sql(
DROP INDEX placement_by_update;
DROP INDEX placement_by_caller;
DROP INDEX placement_unsettled;
ALTER TABLE owned_order RENAME TO owned_order_3;
)sql";
constexpr char kDropOld[] = R"sql(
INSERT INTO owned_order SELECT account, order_id, caller, request_id FROM owned_order_3;
DROP TABLE owned_order_3;
PRAGMA user_version = 4;
)sql";

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
  // A placement with its answer has some 11 KB, which larger pages hold in fewer pieces. Only a new
  // file takes it.
  if (absl::Status status = connection.Execute("PRAGMA page_size = 8192"); !status.ok()) {
    return status;
  }
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
  // What is erased must not stay in free pages.
  if (absl::Status status = connection.Execute("PRAGMA secure_delete = ON"); !status.ok()) {
    return status;
  }
  // The savepoint of each call would write what it may have to undo into a temporary file on disk.
  if (absl::Status status = connection.Execute("PRAGMA temp_store = MEMORY"); !status.ok()) {
    return status;
  }
  return connection.Execute("PRAGMA foreign_keys = ON");
}

// From version 2 or 3, which differ in an index that neither keeps.
absl::Status MigrateToLean(SqliteConnection& connection) {
  absl::Status status = connection.Execute(kPutAside);
  if (status.ok()) status = connection.Execute(kCreateLean);
  return status.ok() ? connection.Execute(kDropOld) : status;
}

absl::Status FillNewFile(SqliteConnection& connection, const ColumnCipher& cipher) {
  const absl::StatusOr<std::string> key = RandomBytes(kFingerprintKeyBytes);
  if (!key.ok()) return key.status();
  if (absl::Status status = CreateTables(connection); !status.ok()) return status;
  return WriteFingerprintKey(connection, cipher, *key);
}

}  // namespace

absl::StatusOr<SchemaFound> InspectSchema(SqliteConnection& connection) {
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

  if (*tables == 0 && *application == 0 && *version == 0) return SchemaFound::kNothing;
  if (*application != kApplicationId) {
    return absl::FailedPreconditionError("it is a database of another program, not a ledger");
  }
  if (*version == 1) return SchemaFound::kVersion1;
  if (*version == 2 || *version == 3) return SchemaFound::kVersion2Or3;
  if (*version == kSchemaVersion) return SchemaFound::kCurrent;
  return absl::FailedPreconditionError(absl::StrCat("its schema has version ", *version,
                                                    ", this server knows version ", kSchemaVersion,
                                                    ": use the newer server"));
}

absl::Status PrepareSchema(SqliteConnection& connection, SchemaFound found,
                           const ColumnCipher& cipher, const Clock& clock) {
  if (absl::Status status = CheckUndamaged(connection); !status.ok()) return status;
  if (absl::Status status = ApplySettings(connection); !status.ok()) return status;
  if (found == SchemaFound::kCurrent) return absl::OkStatus();
  absl::Status status = connection.Execute("BEGIN IMMEDIATE");
  if (!status.ok()) return status;
  status = found == SchemaFound::kNothing    ? FillNewFile(connection, cipher)
           : found == SchemaFound::kVersion1 ? MigrateFromVersion1(connection, cipher, clock)
                                             : MigrateToLean(connection);
  if (status.ok()) status = connection.Execute("COMMIT");
  if (!status.ok() && connection.InTransaction()) (void)connection.Execute("ROLLBACK");
  if (!status.ok()) return status;
  // The log still holds what was not encrypted.
  return found == SchemaFound::kVersion1 ? connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)")
                                         : status;
}

absl::Status CreateTables(SqliteConnection& connection) {
  absl::Status status = connection.Execute(kCreateTables);
  return status.ok() ? connection.Execute(kCreateLean) : status;
}

absl::Status WriteFingerprintKey(SqliteConnection& connection, const ColumnCipher& cipher,
                                 absl::string_view fingerprint_key) {
  const absl::StatusOr<std::string> sealed =
      cipher.Seal({}, kFingerprintKeyColumn, fingerprint_key);
  if (!sealed.ok()) return sealed.status();
  SqliteQuery write(connection,
                    "INSERT OR REPLACE INTO meta (name, key_id, value) VALUES (?, ?, ?)");
  return write.Text(kFingerprintKeyName).Text(cipher.key_id()).Blob(*sealed).Run();
}

absl::StatusOr<std::string> ReadFingerprintKey(SqliteConnection& connection,
                                               const ColumnCipher& cipher) {
  std::string key_id;
  std::string sealed;
  {
    SqliteQuery query(connection, "SELECT key_id, value FROM meta WHERE name = ?");
    const absl::StatusOr<bool> found = query.Text(kFingerprintKeyName).Step();
    if (!found.ok()) return found.status();
    key_id = *found ? query.BytesAt(0) : "";
    sealed = *found ? query.BytesAt(1) : "";
  }
  absl::StatusOr<std::string> key = cipher.Open({}, kFingerprintKeyColumn, key_id, sealed);
  if (!key.ok()) return key.status();
  if (key->size() != kFingerprintKeyBytes) {
    return absl::DataLossError("its fingerprint key is missing: restore it");
  }
  if (key_id == cipher.key_id()) return key;
  const absl::Status moved = WriteFingerprintKey(connection, cipher, *key);
  if (!moved.ok()) return moved;
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
