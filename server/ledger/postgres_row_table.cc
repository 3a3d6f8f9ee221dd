#include "server/ledger/postgres_row_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kInsert[] =
    "INSERT INTO order1688_placement (caller, request_id, state, attempt, fence, account,"
    " fingerprint_version, fingerprint_mac, business_mac, sign_time, create_time, update_time,"
    " erase_time, lease_end, lookup_due, writer, erased, key_id, placement, request, raw_answer,"
    " progress) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,"
    " $17, $18, $19, $20, $21, $22) ON CONFLICT DO NOTHING";
// Fence and state are compared although the row is locked: a row never moves on unseen. `+ 0` keeps
// the planner from finding the row by an index on what is compared, which it does while the table
// is small, and goes on doing when it has grown.
constexpr char kUpdate[] =
    "UPDATE order1688_placement SET state = $3, attempt = $4, fence = $5, account = $6,"
    " fingerprint_version = $7, fingerprint_mac = $8, business_mac = $9, sign_time = $10,"
    " create_time = $11, update_time = $12, erase_time = $13, lease_end = $14, lookup_due = $15,"
    " writer = $16, erased = $17, key_id = $18, placement = $19, request = $20, raw_answer = $21,"
    " progress = $22 WHERE caller = $1 AND request_id = $2 AND fence = $23 AND state + 0 = $24";
// The same for what the outcome of an attempt changes.
constexpr char kUpdateOutcome[] =
    "UPDATE order1688_placement SET state = $3, update_time = $4, lease_end = NULL,"
    " lookup_due = $5, writer = $6, placement = $7, raw_answer = $8 WHERE caller = $1"
    " AND request_id = $2 AND fence = $9 AND state + 0 = $10";
constexpr char kReseal[] =
    "UPDATE order1688_placement SET key_id = $3, placement = $4, request = $5, raw_answer = $6,"
    " progress = $7 WHERE caller = $1 AND request_id = $2 AND fence = $8";
constexpr char kTouch[] =
    "UPDATE order1688_placement SET writer = writer WHERE caller = $1 AND request_id = $2";
constexpr char kInsertEvidence[] =
    "INSERT INTO order1688_evidence (caller, request_id, fence, reason, time, writer, key_id,"
    " placement, raw_answer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
constexpr char kEraseAgain[] =
    "UPDATE order1688_placement SET erased = 0"
    " WHERE caller = $1 AND request_id = $2 AND erased + 0 = 1";
constexpr char kSelectEvidence[] =
    "SELECT reason, time, key_id, placement, raw_answer FROM order1688_evidence"
    " WHERE caller = $1 AND request_id = $2 ORDER BY number";
constexpr char kInsertOwner[] =
    "INSERT INTO order1688_owned_order (account, order_id, caller, request_id)"
    " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
constexpr char kSelectOwner[] =
    "SELECT caller, request_id FROM order1688_owned_order WHERE account = $1 AND order_id = $2";

PostgresValues KeyValues(const PlacementKey& key) {
  return std::move(PostgresValues().Text(key.caller).Text(key.request_id));
}

std::string SelectSql(const char* columns) {
  return absl::StrCat("SELECT ", columns,
                      " FROM order1688_placement WHERE caller = $1 AND request_id = $2");
}

std::string LockSql(const char* columns) { return absl::StrCat(SelectSql(columns), " FOR UPDATE"); }

// Of kLightColumns.
PlacementKey KeyAt(const PostgresRows& rows, int row) {
  return {rows.BytesAt(row, 0), rows.BytesAt(row, 1)};
}

StoredRow LightAt(const PostgresRows& rows, int row) {
  StoredRow stored;
  stored.state = rows.IntAt(row, 2);
  stored.attempt = rows.IntAt(row, 3);
  stored.fence = rows.IntAt(row, 4);
  stored.fingerprint.version = static_cast<int>(rows.IntAt(row, 5));
  stored.fingerprint.mac = rows.BytesAt(row, 6);
  stored.key_id = rows.BytesAt(row, 7);
  stored.placement = rows.BytesAt(row, 8);
  return stored;
}

std::optional<int64_t> MaybeIntAt(const PostgresRows& rows, int row, int column) {
  if (rows.BytesAt(row, column).empty()) return std::nullopt;
  return rows.IntAt(row, column);
}

// $1 to $22 of kInsert and kUpdate.
absl::StatusOr<PostgresValues> ValuesOf(const PostgresTransaction& transaction,
                                        const PostgresRow& row) {
  const v1::Placement& placement = *row.content.row.placement;
  const PlacementKey key = {placement.caller(), placement.request_id()};
  const absl::StatusOr<StoredRow> stored = SealRow(transaction.cipher(), key, row.content);
  if (!stored.ok()) return stored.status();
  std::optional<int64_t> erase_time;
  if (placement.has_erase_time()) {
    erase_time = TimeUtil::TimestampToMicroseconds(placement.erase_time());
  }
  PostgresValues values;
  values.Text(key.caller).Text(key.request_id).Int(stored->state).Int(stored->attempt);
  values.Int(stored->fence).Text(placement.account());
  values.Int(stored->fingerprint.version).Bytes(stored->fingerprint.mac).Bytes(row.business_mac);
  values.Int(TimeUtil::TimestampToMicroseconds(placement.sign_time()));
  values.Int(TimeUtil::TimestampToMicroseconds(placement.create_time()));
  values.Int(TimeUtil::TimestampToMicroseconds(placement.update_time()));
  values.Int(erase_time).Int(row.lease_end).Int(row.lookup_due).Text(transaction.writer());
  values.Int(row.erased ? 1 : 0).Text(stored->key_id).Bytes(stored->placement);
  values.Bytes(stored->request).Bytes(stored->raw_answer).Bytes(stored->progress);
  return values;
}

}  // namespace

const char kLightColumns[] =
    "caller, request_id, state, attempt, fence, fingerprint_version, fingerprint_mac, key_id,"
    " placement";
const char kWholeColumns[] =
    "caller, request_id, state, attempt, fence, fingerprint_version, fingerprint_mac, key_id,"
    " placement, request, raw_answer, progress, business_mac, lease_end, lookup_due, erased,"
    " writer";

absl::StatusOr<LedgerRow> OpenLightRow(const ColumnCipher& cipher, const PostgresRows& rows,
                                       int row) {
  return OpenPlacement(cipher, KeyAt(rows, row), LightAt(rows, row));
}

absl::StatusOr<PostgresRow> OpenWholeRow(const ColumnCipher& cipher, const PostgresRows& rows,
                                         int row) {
  StoredRow stored = LightAt(rows, row);
  stored.request = rows.BytesAt(row, 9);
  stored.raw_answer = rows.BytesAt(row, 10);
  stored.progress = rows.BytesAt(row, 11);
  absl::StatusOr<RowContent> content = OpenRow(cipher, KeyAt(rows, row), stored);
  if (!content.ok()) return content.status();
  return PostgresRow{*std::move(content),       stored.key_id,
                     rows.BytesAt(row, 12),     MaybeIntAt(rows, row, 13),
                     MaybeIntAt(rows, row, 14), rows.IntAt(row, 15) != 0,
                     rows.BytesAt(row, 16)};
}

absl::StatusOr<std::optional<LedgerRow>> PostgresRowTable::Find(const PlacementKey& key) {
  absl::StatusOr<std::optional<PostgresRow>> row = ReadLight(SelectSql(kLightColumns), key);
  if (!row.ok()) return row.status();
  if (!row->has_value()) return std::optional<LedgerRow>();
  return std::optional<LedgerRow>(std::move((*row)->content.row));
}

absl::StatusOr<std::optional<PostgresRow>> PostgresRowTable::ReadLight(const std::string& sql,
                                                                       const PlacementKey& key) {
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(sql, KeyValues(key));
  if (!rows.ok()) return rows.status();
  if (rows->size() == 0) return std::optional<PostgresRow>();
  absl::StatusOr<LedgerRow> opened = OpenLightRow(transaction_.cipher(), *rows, 0);
  if (!opened.ok()) return opened.status();
  PostgresRow row;
  row.content.row = *std::move(opened);
  row.key_id = rows->BytesAt(0, 7);
  return std::optional<PostgresRow>(std::move(row));
}

absl::StatusOr<std::optional<PostgresRow>> PostgresRowTable::ReadWhole(const std::string& sql,
                                                                       const PlacementKey& key) {
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(sql, KeyValues(key));
  if (!rows.ok()) return rows.status();
  if (rows->size() == 0) return std::optional<PostgresRow>();
  absl::StatusOr<PostgresRow> row = OpenWholeRow(transaction_.cipher(), *rows, 0);
  if (!row.ok()) return row.status();
  return std::optional<PostgresRow>(*std::move(row));
}

absl::StatusOr<std::optional<PostgresRow>> PostgresRowTable::FindWhole(const PlacementKey& key) {
  return ReadWhole(SelectSql(kWholeColumns), key);
}

absl::StatusOr<std::optional<PostgresRow>> PostgresRowTable::Lock(const PlacementKey& key) {
  return ReadWhole(LockSql(kWholeColumns), key);
}

absl::StatusOr<std::optional<PostgresRow>> PostgresRowTable::LockLight(const PlacementKey& key) {
  return ReadLight(LockSql(kLightColumns), key);
}

void PostgresRowTable::AskLock(const PlacementKey& key) {
  transaction_.Ask(LockSql(kWholeColumns), KeyValues(key));
}

void PostgresRowTable::AskLockLight(const PlacementKey& key) {
  transaction_.Ask(LockSql(kLightColumns), KeyValues(key));
}

absl::Status PostgresRowTable::Insert(const PostgresRow& row) {
  absl::StatusOr<PostgresValues> values = ValuesOf(transaction_, row);
  if (!values.ok()) return values.status();
  transaction_.WriteOne(kInsert, *std::move(values));
  return absl::OkStatus();
}

absl::Status PostgresRowTable::Update(const LedgerRow& before, PostgresRow after, absl::Time now) {
  const v1::Placement& placement = *after.content.row.placement;
  if (placement.state() != v1::PLACEMENT_STATE_SENDING) after.lease_end.reset();
  if (placement.state() != v1::PLACEMENT_STATE_IN_DOUBT) {
    after.lookup_due.reset();
  } else if (before.placement->state() != placement.state()) {
    after.lookup_due = absl::ToUnixMicros(now);
  }
  absl::StatusOr<PostgresValues> values = ValuesOf(transaction_, after);
  if (!values.ok()) return values.status();
  values->Int(before.fence).Int(before.placement->state());
  transaction_.WriteOne(kUpdate, *std::move(values));
  OwnAll(placement);
  return absl::OkStatus();
}

absl::Status PostgresRowTable::WriteOutcome(const LedgerRow& before, const LedgerRow& after,
                                            absl::string_view bytes, absl::string_view raw_answer,
                                            absl::Time now) {
  const v1::Placement& placement = *after.placement;
  const PlacementKey key = {placement.caller(), placement.request_id()};
  const absl::StatusOr<StoredRow> sealed =
      SealOutcome(transaction_.cipher(), key, after, bytes, raw_answer);
  if (!sealed.ok()) return sealed.status();
  std::optional<int64_t> lookup_due;
  if (placement.state() == v1::PLACEMENT_STATE_IN_DOUBT) lookup_due = absl::ToUnixMicros(now);
  PostgresValues values = KeyValues(key);
  values.Int(sealed->state).Int(TimeUtil::TimestampToMicroseconds(placement.update_time()));
  values.Int(lookup_due).Text(transaction_.writer());
  values.Bytes(sealed->placement).Bytes(sealed->raw_answer);
  values.Int(before.fence).Int(before.placement->state());
  transaction_.WriteOne(kUpdateOutcome, std::move(values));
  OwnAll(placement);
  return absl::OkStatus();
}

void PostgresRowTable::OwnAll(const v1::Placement& placement) {
  for (const std::string& key : OwnershipKeys(placement)) {
    PostgresValues values;
    values.Text(placement.account()).Bytes(key);
    values.Text(placement.caller()).Text(placement.request_id());
    transaction_.Write(kInsertOwner, std::move(values));
  }
}

absl::Status PostgresRowTable::Reseal(const PostgresRow& row) {
  const v1::Placement& placement = *row.content.row.placement;
  const PlacementKey key = {placement.caller(), placement.request_id()};
  const absl::StatusOr<StoredRow> sealed = SealRow(transaction_.cipher(), key, row.content);
  if (!sealed.ok()) return sealed.status();
  PostgresValues values = KeyValues(key);
  values.Text(sealed->key_id).Bytes(sealed->placement).Bytes(sealed->request);
  values.Bytes(sealed->raw_answer).Bytes(sealed->progress).Int(sealed->fence);
  transaction_.WriteOne(kReseal, std::move(values));
  return absl::OkStatus();
}

void PostgresRowTable::Touch(const PlacementKey& key) {
  transaction_.WriteOne(kTouch, KeyValues(key));
}

absl::Status PostgresRowTable::Keep(const PlacementKey& key, int64_t fence,
                                    const Evidence& evidence) {
  const absl::StatusOr<StoredEvidence> stored = SealEvidence(transaction_.cipher(), key, evidence);
  if (!stored.ok()) return stored.status();
  PostgresValues values = KeyValues(key);
  values.Int(fence).Text(evidence.reason).Int(absl::ToUnixMicros(evidence.time));
  values.Text(transaction_.writer()).Text(stored->key_id);
  values.Bytes(stored->placement).Bytes(stored->raw_answer);
  transaction_.Write(kInsertEvidence, std::move(values));
  transaction_.Write(kEraseAgain, KeyValues(key));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Evidence>> PostgresRowTable::KeptOf(const PlacementKey& key) {
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(kSelectEvidence, KeyValues(key));
  if (!rows.ok()) return rows.status();
  std::vector<Evidence> kept(rows->size());
  for (int row = 0; row < rows->size(); ++row) {
    kept[row].reason = rows->BytesAt(row, 0);
    kept[row].time = absl::FromUnixMicros(rows->IntAt(row, 1));
    const StoredEvidence stored = {rows->BytesAt(row, 2), rows->BytesAt(row, 3),
                                   rows->BytesAt(row, 4)};
    const absl::Status status = OpenEvidence(transaction_.cipher(), key, stored, &kept[row]);
    if (!status.ok()) return status;
  }
  return kept;
}

absl::StatusOr<bool> PostgresRowTable::MayOwn(absl::string_view account, absl::string_view order_id,
                                              const PlacementKey& key) {
  const absl::StatusOr<PostgresRows> found =
      transaction_.Run(kSelectOwner, PostgresValues().Text(account).Bytes(order_id));
  if (!found.ok()) return found.status();
  return found->size() == 0 || KeyAt(*found, 0) == key;
}

absl::StatusOr<bool> PostgresRowTable::Own(absl::string_view account, absl::string_view order_id,
                                           const PlacementKey& key) {
  const absl::StatusOr<PostgresRows> inserted = transaction_.Run(
      kInsertOwner,
      PostgresValues().Text(account).Bytes(order_id).Text(key.caller).Text(key.request_id));
  if (!inserted.ok()) return inserted.status();
  if (inserted->changed() == 1) return true;
  return MayOwn(account, order_id, key);
}

}  // namespace order1688
