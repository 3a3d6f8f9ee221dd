#include "server/ledger/sqlite_rows.h"

#include <utility>

#include "absl/status/status.h"
#include "google/protobuf/util/time_util.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kSelect[] =
    "SELECT key_id, state, attempt, fence, fingerprint_version, fingerprint_mac, placement,"
    " request, raw_answer, lookup_progress FROM placement WHERE caller = ? AND request_id = ?";
constexpr char kSelectPlacement[] =
    "SELECT key_id, state, attempt, fence, fingerprint_version, fingerprint_mac, placement"
    " FROM placement WHERE caller = ? AND request_id = ?";
constexpr char kInsert[] =
    "INSERT INTO placement (caller, request_id, state, evidence, attempt, fence, account,"
    " fingerprint_version, fingerprint_mac, business_mac, sign_time, lease_end, create_time,"
    " update_time, erase_time, owner, key_id, placement, request)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
// Fence and state are compared although one thread writes: a row never moves on unseen. 5 is
// IN_DOUBT.
constexpr char kUpdate[] =
    "UPDATE placement SET state = ?1, evidence = ?2, attempt = ?3, fence = ?4, sign_time = ?5,"
    " lease_end = NULL, update_time = ?6, owner = ?7, key_id = ?8, placement = ?9, request = ?10,"
    " raw_answer = ?11, lookup_progress = ?12, erased = 0, lookup_due ="
    " CASE WHEN ?1 <> 5 THEN NULL WHEN state = 5 THEN lookup_due ELSE ?13 END"
    " WHERE caller = ?14 AND request_id = ?15 AND fence = ?16 AND state = ?17";
// Names no column that stays: an index of each that is named would be written too.
constexpr char kWriteOutcome[] =
    "UPDATE placement SET state = ?, evidence = ?, lease_end = NULL, update_time = ?, owner = ?,"
    " placement = ?, raw_answer = ?, lookup_due = ?"
    " WHERE caller = ? AND request_id = ? AND fence = ? AND state = 1 AND key_id = ?";
static_assert(v1::PLACEMENT_STATE_SENDING == 1 && v1::PLACEMENT_STATE_IN_DOUBT == 5);
constexpr char kUpdateReservation[] =
    "UPDATE placement SET account = ?, lease_end = ?, erase_time = ?, fingerprint_version = ?,"
    " fingerprint_mac = ?, business_mac = ? WHERE caller = ? AND request_id = ?";
constexpr char kRewrite[] =
    "UPDATE placement SET key_id = ?, placement = ?, request = ?, raw_answer = ?,"
    " lookup_progress = ?, erased = max(erased, ?) WHERE caller = ? AND request_id = ?";
constexpr char kSetLookupDue[] =
    "UPDATE placement SET lookup_due = ? WHERE caller = ? AND request_id = ?";
constexpr char kOwn[] =
    "INSERT OR IGNORE INTO owned_order (account, order_id, caller, request_id)"
    " VALUES (?, ?, ?, ?)";
constexpr char kInsertEvidence[] =
    "INSERT INTO evidence (caller, request_id, fence, reason, time, key_id, placement, raw_answer)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kNotErased[] =
    "UPDATE placement SET erased = 0 WHERE caller = ? AND request_id = ? AND erased = 1";
constexpr char kSelectEvidence[] =
    "SELECT reason, time, key_id, placement, raw_answer FROM evidence"
    " WHERE caller = ? AND request_id = ? ORDER BY evidence_id";

void BindTime(SqliteQuery& query, bool is_set, const google::protobuf::Timestamp& time) {
  if (is_set) {
    query.Int(TimeUtil::TimestampToMicroseconds(time));
  } else {
    query.Null();
  }
}

absl::Status ExpectOneChange(const SqliteConnection& connection) {
  if (connection.Changes() == 1) return absl::OkStatus();
  return absl::UnavailableError("the row was changed by somebody else");
}

int64_t LeaseEnd(const Clock& clock, absl::Duration lease) {
  return absl::ToInt64Microseconds(clock.SinceBoot() + lease);
}

PlacementKey KeyOf(const v1::Placement& placement) {
  return {placement.caller(), placement.request_id()};
}

StoredRow ShortColumns(const SqliteQuery& query) {
  StoredRow stored;
  stored.key_id = query.BytesAt(0);
  stored.state = query.IntAt(1);
  stored.attempt = query.IntAt(2);
  stored.fence = query.IntAt(3);
  stored.fingerprint = {static_cast<int>(query.IntAt(4)), query.BytesAt(5)};
  stored.placement = query.BytesAt(6);
  return stored;
}

}  // namespace

absl::Status AsUnavailable(const absl::Status& status) {
  return status.ok() ? status : absl::UnavailableError(status.message());
}

SqliteRows::SqliteRows(SqliteConnection& connection, const Clock& clock, ColumnCipher cipher,
                       std::string owner)
    : connection_(connection),
      clock_(clock),
      cipher_(std::move(cipher)),
      owner_(std::move(owner)) {}

absl::StatusOr<std::optional<RowContent>> SqliteRows::Read(const PlacementKey& key) {
  SqliteQuery query(connection_, kSelect);
  const absl::StatusOr<bool> found = query.Text(key.caller).Text(key.request_id).Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<RowContent>();
  StoredRow stored = ShortColumns(query);
  stored.request = query.BytesAt(7);
  stored.raw_answer = query.BytesAt(8);
  stored.progress = query.BytesAt(9);
  absl::StatusOr<RowContent> content = OpenRow(cipher_, key, stored);
  if (!content.ok()) return AsUnavailable(content.status());
  return std::optional<RowContent>(*std::move(content));
}

absl::StatusOr<std::optional<LedgerRow>> SqliteRows::ReadPlacement(const PlacementKey& key) {
  SqliteQuery query(connection_, kSelectPlacement);
  const absl::StatusOr<bool> found = query.Text(key.caller).Text(key.request_id).Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<LedgerRow>();
  absl::StatusOr<LedgerRow> row = OpenPlacement(cipher_, key, ShortColumns(query));
  if (!row.ok()) return AsUnavailable(row.status());
  return std::optional<LedgerRow>(*std::move(row));
}

absl::StatusOr<std::vector<LedgerRow>> SqliteRows::ReadPlacements(
    const std::vector<PlacementKey>& keys) {
  std::vector<LedgerRow> rows;
  for (const PlacementKey& key : keys) {
    absl::StatusOr<std::optional<LedgerRow>> row = ReadPlacement(key);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return absl::UnavailableError("a row vanished");
    rows.push_back(*std::move(*row));
  }
  return rows;
}

absl::Status SqliteRows::Insert(const LedgerRow& row, const Reservation& reservation) {
  const v1::Placement& placement = *row.placement;
  const absl::StatusOr<StoredRow> sealed =
      SealReserved(cipher_, reservation.key, row, reservation.request);
  if (!sealed.ok()) return sealed.status();
  SqliteQuery query(connection_, kInsert);
  query.Text(placement.caller()).Text(placement.request_id()).Int(placement.state());
  query.Int(placement.evidence()).Int(placement.attempt()).Int(row.fence);
  query.Text(placement.account()).Int(row.fingerprint.version).Blob(row.fingerprint.mac);
  query.Blob(reservation.duplicates.business_mac);
  BindTime(query, placement.has_sign_time(), placement.sign_time());
  query.Int(LeaseEnd(clock_, reservation.lease));
  BindTime(query, true, placement.create_time());
  BindTime(query, true, placement.update_time());
  BindTime(query, placement.has_erase_time(), placement.erase_time());
  query.Text(owner_).Text(sealed->key_id).Blob(sealed->placement).Blob(sealed->request);
  return query.Run();
}

absl::Status SqliteRows::InsertNextAttempt(const LedgerRow& before, const LedgerRow& after,
                                           const Reservation& reservation) {
  absl::Status status = Update(before, {after, reservation.request, "", ""});
  if (!status.ok()) return status;
  const v1::Placement& placement = *after.placement;
  SqliteQuery query(connection_, kUpdateReservation);
  query.Text(placement.account()).Int(LeaseEnd(clock_, reservation.lease));
  BindTime(query, placement.has_erase_time(), placement.erase_time());
  query.Int(after.fingerprint.version).Blob(after.fingerprint.mac);
  query.Blob(reservation.duplicates.business_mac);
  query.Text(placement.caller()).Text(placement.request_id());
  status = query.Run();
  return status.ok() ? ExpectOneChange(connection_) : status;
}

absl::Status SqliteRows::Update(const LedgerRow& before, const RowContent& after) {
  const v1::Placement& placement = *after.row.placement;
  const absl::StatusOr<StoredRow> sealed = SealRow(cipher_, KeyOf(placement), after);
  if (!sealed.ok()) return sealed.status();
  {
    SqliteQuery query(connection_, kUpdate);
    query.Int(placement.state()).Int(placement.evidence()).Int(placement.attempt());
    query.Int(after.row.fence);
    BindTime(query, placement.has_sign_time(), placement.sign_time());
    BindTime(query, true, placement.update_time());
    query.Text(owner_).Text(sealed->key_id).Blob(sealed->placement).Blob(sealed->request);
    query.Blob(sealed->raw_answer).Blob(sealed->progress);
    query.Int(absl::ToUnixMicros(clock_.Now()));
    query.Text(placement.caller()).Text(placement.request_id());
    query.Int(before.fence).Int(before.placement->state());
    if (absl::Status status = query.Run(); !status.ok()) return status;
  }
  if (absl::Status status = ExpectOneChange(connection_); !status.ok()) return status;
  return Own(placement);
}

absl::StatusOr<bool> SqliteRows::WriteOutcome(const LedgerRow& before, const LedgerRow& after,
                                              absl::string_view bytes,
                                              absl::string_view raw_answer) {
  const v1::Placement& placement = *after.placement;
  const absl::StatusOr<StoredRow> sealed =
      SealOutcome(cipher_, KeyOf(placement), after, bytes, raw_answer);
  if (!sealed.ok()) return sealed.status();
  {
    SqliteQuery query(connection_, kWriteOutcome);
    query.Int(placement.state()).Int(placement.evidence());
    BindTime(query, true, placement.update_time());
    query.Text(owner_).Blob(sealed->placement).Blob(sealed->raw_answer);
    if (placement.state() == v1::PLACEMENT_STATE_IN_DOUBT) {
      query.Int(absl::ToUnixMicros(clock_.Now()));
    } else {
      query.Null();
    }
    query.Text(placement.caller()).Text(placement.request_id());
    query.Int(before.fence).Text(sealed->key_id);
    if (absl::Status status = query.Run(); !status.ok()) return status;
  }
  if (connection_.Changes() != 1) return false;
  if (absl::Status status = Own(placement); !status.ok()) return status;
  return true;
}

absl::Status SqliteRows::Rewrite(const RowContent& content, bool erased) {
  const PlacementKey key = KeyOf(*content.row.placement);
  const absl::StatusOr<StoredRow> sealed = SealRow(cipher_, key, content);
  if (!sealed.ok()) return sealed.status();
  SqliteQuery query(connection_, kRewrite);
  query.Text(sealed->key_id).Blob(sealed->placement).Blob(sealed->request);
  query.Blob(sealed->raw_answer).Blob(sealed->progress).Int(erased ? 1 : 0);
  absl::Status status = query.Text(key.caller).Text(key.request_id).Run();
  return status.ok() ? ExpectOneChange(connection_) : status;
}

absl::Status SqliteRows::SetLookupDue(const PlacementKey& key, absl::Time due) {
  SqliteQuery query(connection_, kSetLookupDue);
  query.Int(absl::ToUnixMicros(due)).Text(key.caller).Text(key.request_id);
  absl::Status status = query.Run();
  return status.ok() ? ExpectOneChange(connection_) : status;
}

// The first owner stays: that a second placement claims the order is for a person to judge.
absl::Status SqliteRows::Own(const v1::Placement& placement) {
  for (const std::string& key : OwnershipKeys(placement)) {
    SqliteQuery query(connection_, kOwn);
    query.Text(placement.account()).Text(key);
    query.Text(placement.caller()).Text(placement.request_id());
    if (absl::Status status = query.Run(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SqliteRows::KeepEvidence(const PlacementKey& key, int64_t fence,
                                      absl::string_view reason, const v1::Placement& placement,
                                      absl::string_view raw_answer) {
  const absl::StatusOr<StoredEvidence> sealed = SealEvidence(
      cipher_, key, {clock_.Now(), "", OnArena<v1::Placement>(placement), std::string(raw_answer)});
  if (!sealed.ok()) return sealed.status();
  SqliteQuery query(connection_, kInsertEvidence);
  query.Text(key.caller).Text(key.request_id).Int(fence).Text(reason);
  query.Int(absl::ToUnixMicros(clock_.Now())).Text(sealed->key_id);
  query.Blob(sealed->placement).Blob(sealed->raw_answer);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return SqliteQuery(connection_, kNotErased).Text(key.caller).Text(key.request_id).Run();
}

absl::StatusOr<std::vector<Evidence>> SqliteRows::ReadEvidence(const PlacementKey& key) {
  SqliteQuery query(connection_, kSelectEvidence);
  query.Text(key.caller).Text(key.request_id);
  std::vector<Evidence> kept;
  while (true) {
    const absl::StatusOr<bool> found = query.Step();
    if (!found.ok()) return found.status();
    if (!*found) return kept;
    Evidence& evidence = kept.emplace_back();
    evidence.reason = query.BytesAt(0);
    evidence.time = absl::FromUnixMicros(query.IntAt(1));
    const StoredEvidence stored{query.BytesAt(2), query.BytesAt(3), query.BytesAt(4)};
    const absl::Status opened = OpenEvidence(cipher_, key, stored, &evidence);
    if (!opened.ok()) return AsUnavailable(opened);
  }
}

absl::StatusOr<std::vector<PlacementKey>> SqliteRows::Keys(SqliteQuery& query) {
  std::vector<PlacementKey> keys;
  while (true) {
    const absl::StatusOr<bool> found = query.Step();
    if (!found.ok()) return found.status();
    if (!*found) return keys;
    keys.push_back({query.BytesAt(0), query.BytesAt(1)});
  }
}

}  // namespace order1688
