#include "server/ledger/sqlite_migration.h"

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_codec.h"
#include "server/ledger/row_transition.h"
#include "server/ledger/sqlite_schema.h"

namespace order1688 {
namespace {

constexpr char kPutAside[] = R"sql(
DROP INDEX placement_by_lease;
DROP INDEX placement_by_update;
DROP INDEX evidence_by_key;
ALTER TABLE meta RENAME TO meta_1;
ALTER TABLE placement RENAME TO placement_1;
ALTER TABLE evidence RENAME TO evidence_1;
)sql";
constexpr char kDropOld[] = R"sql(
DROP TABLE meta_1;
DROP TABLE placement_1;
DROP TABLE evidence_1;
)sql";
constexpr char kSelectRows[] =
    "SELECT caller, request_id, fence, fingerprint_version, fingerprint_mac, placement, request,"
    " raw_answer FROM placement_1 ORDER BY create_time, caller, request_id";
// What is not encrypted is copied as it is. 5 is IN_DOUBT.
constexpr char kInsertRow[] =
    "INSERT INTO placement (caller, request_id, state, evidence, attempt, fence, account,"
    " fingerprint_version, fingerprint_mac, sign_time, lease_end, create_time, update_time, owner,"
    " lookup_due, key_id, placement, request, raw_answer)"
    " SELECT caller, request_id, state, evidence, attempt, fence, account, fingerprint_version,"
    " fingerprint_mac, sign_time, lease_end, create_time, update_time, owner,"
    " CASE WHEN state = 5 THEN ?1 END, ?2, ?3, ?4, ?5 FROM placement_1"
    " WHERE caller = ?6 AND request_id = ?7";
static_assert(v1::PLACEMENT_STATE_IN_DOUBT == 5);
constexpr char kOwn[] =
    "INSERT OR IGNORE INTO owned_order (account, order_id, caller, request_id)"
    " VALUES (?, ?, ?, ?)";
constexpr char kSelectEvidence[] =
    "SELECT evidence_id, caller, request_id, placement, raw_answer FROM evidence_1";
constexpr char kInsertEvidence[] =
    "INSERT INTO evidence (evidence_id, caller, request_id, fence, reason, time, key_id, placement,"
    " raw_answer) SELECT evidence_id, caller, request_id, fence, reason, time, ?1, ?2, ?3"
    " FROM evidence_1 WHERE evidence_id = ?4";

absl::Status Unreadable() { return absl::DataLossError("a row of version 1 cannot be read"); }

absl::Status CopyRow(SqliteConnection& connection, const ColumnCipher& cipher, int64_t now,
                     const PlacementKey& key, const RowContent& content) {
  const absl::StatusOr<StoredRow> sealed = SealRow(cipher, key, content);
  if (!sealed.ok()) return sealed.status();
  {
    SqliteQuery insert(connection, kInsertRow);
    insert.Int(now).Text(sealed->key_id).Blob(sealed->placement).Blob(sealed->request);
    insert.Blob(sealed->raw_answer).Text(key.caller).Text(key.request_id);
    if (absl::Status status = insert.Run(); !status.ok()) return status;
  }
  for (const std::string& id : OwnershipKeys(*content.row.placement)) {
    SqliteQuery own(connection, kOwn);
    own.Text(content.row.placement->account()).Text(id).Text(key.caller).Text(key.request_id);
    if (absl::Status status = own.Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CopyRows(SqliteConnection& connection, const ColumnCipher& cipher, int64_t now) {
  SqliteQuery rows(connection, kSelectRows);
  while (true) {
    const absl::StatusOr<bool> found = rows.Step();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();
    const PlacementKey key = {rows.BytesAt(0), rows.BytesAt(1)};
    RowContent content;
    content.row.fence = rows.IntAt(2);
    content.row.fingerprint = {static_cast<int>(rows.IntAt(3)), rows.BytesAt(4)};
    if (!content.row.placement->ParseFromString(rows.BytesAt(5))) return Unreadable();
    content.request = rows.BytesAt(6);
    content.raw_answer = rows.BytesAt(7);
    absl::Status status = CopyRow(connection, cipher, now, key, content);
    if (!status.ok()) return status;
  }
}

absl::Status CopyEvidence(SqliteConnection& connection, const ColumnCipher& cipher) {
  SqliteQuery all(connection, kSelectEvidence);
  while (true) {
    const absl::StatusOr<bool> found = all.Step();
    if (!found.ok()) return found.status();
    if (!*found) return absl::OkStatus();
    const PlacementKey key = {all.BytesAt(1), all.BytesAt(2)};
    Evidence evidence;
    if (!evidence.placement->ParseFromString(all.BytesAt(3))) return Unreadable();
    evidence.raw_answer = all.BytesAt(4);
    const absl::StatusOr<StoredEvidence> sealed = SealEvidence(cipher, key, evidence);
    if (!sealed.ok()) return sealed.status();
    SqliteQuery insert(connection, kInsertEvidence);
    insert.Text(sealed->key_id).Blob(sealed->placement).Blob(sealed->raw_answer);
    if (absl::Status status = insert.Int(all.IntAt(0)).Run(); !status.ok()) return status;
  }
}

absl::Status CopyFingerprintKey(SqliteConnection& connection, const ColumnCipher& cipher) {
  const absl::StatusOr<std::string> key =
      connection.ReadText("SELECT value FROM meta_1 WHERE name = 'fingerprint_key'");
  if (!key.ok()) return key.status();
  if (key->empty()) return absl::DataLossError("its fingerprint key is missing: restore it");
  return WriteFingerprintKey(connection, cipher, *key);
}

}  // namespace

absl::Status MigrateFromVersion1(SqliteConnection& connection, const ColumnCipher& cipher,
                                 const Clock& clock) {
  absl::Status status = connection.Execute(kPutAside);
  if (status.ok()) status = CreateTables(connection);
  if (status.ok()) status = CopyFingerprintKey(connection, cipher);
  if (status.ok()) status = CopyRows(connection, cipher, absl::ToUnixMicros(clock.Now()));
  if (status.ok()) status = CopyEvidence(connection, cipher);
  if (status.ok()) status = connection.Execute(kDropOld);
  return status;
}

}  // namespace order1688
