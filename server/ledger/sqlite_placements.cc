#include "server/ledger/sqlite_placements.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"

namespace order1688 {
namespace {

using google::protobuf::util::TimeUtil;

constexpr char kSelect[] =
    "SELECT placement, fingerprint_version, fingerprint_mac, fence, state, attempt, raw_answer"
    " FROM placement WHERE caller = ? AND request_id = ?";
constexpr char kInsert[] =
    "INSERT INTO placement (caller, request_id, state, evidence, attempt, fence, account,"
    " fingerprint_version, fingerprint_mac, sign_time, lease_end, create_time, update_time, owner,"
    " placement, request, raw_answer) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
// Fence and state are compared although one thread writes: a row never moves on unseen.
constexpr char kUpdate[] =
    "UPDATE placement SET state = ?, evidence = ?, attempt = ?, fence = ?, account = ?,"
    " sign_time = ?, lease_end = NULL, update_time = ?, owner = ?, placement = ?, raw_answer = ?"
    " WHERE caller = ? AND request_id = ? AND fence = ? AND state = ?";
constexpr char kUpdateReservation[] =
    "UPDATE placement SET lease_end = ?, request = ?, fingerprint_version = ?, fingerprint_mac = ?"
    " WHERE caller = ? AND request_id = ? AND fence = ?";
constexpr char kInsertEvidence[] =
    "INSERT INTO evidence (caller, request_id, fence, reason, time, placement, raw_answer)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";
constexpr char kSelectExpired[] =
    "SELECT caller, request_id FROM placement WHERE state = ?"
    " AND (lease_end IS NULL OR lease_end <= ?) ORDER BY lease_end, caller, request_id";

// Why a row of the table `evidence` is there.
constexpr char kReplaced[] = "replaced";      // it was the row, until a declared edge overwrote it
constexpr char kSuperseded[] = "superseded";  // an answer that came too late to be the row

int64_t LeaseEnd(const Clock& clock, absl::Duration lease) {
  return absl::ToInt64Microseconds(clock.SinceBoot() + lease);
}

void BindSignTime(SqliteQuery& query, const v1::Placement& placement) {
  if (!placement.has_sign_time()) {
    query.Null();
    return;
  }
  query.Int(TimeUtil::TimestampToMicroseconds(placement.sign_time()));
}

absl::Status ExpectOneChange(const SqliteConnection& connection) {
  if (connection.Changes() == 1) return absl::OkStatus();
  return absl::UnavailableError("the row was changed by somebody else");
}

}  // namespace

SqlitePlacements::SqlitePlacements(SqliteConnection& connection, const Clock& clock,
                                   std::string owner)
    : connection_(connection), clock_(clock), owner_(std::move(owner)) {}

absl::StatusOr<std::optional<SqlitePlacements::StoredRow>> SqlitePlacements::Read(
    const PlacementKey& key) {
  SqliteQuery query(connection_, kSelect);
  const absl::StatusOr<bool> found = query.Text(key.caller).Text(key.request_id).Step();
  if (!found.ok()) return found.status();
  if (!*found) return std::optional<StoredRow>();

  StoredRow stored;
  LedgerRow& row = stored.row;
  if (!row.placement.ParseFromString(query.BytesAt(0)) || row.placement.state() != query.IntAt(4) ||
      row.placement.attempt() != query.IntAt(5)) {
    return absl::UnavailableError("a row cannot be read: its placement contradicts its columns");
  }
  row.fingerprint.version = static_cast<int>(query.IntAt(1));
  row.fingerprint.mac = query.BytesAt(2);
  row.fence = query.IntAt(3);
  stored.raw_answer = query.BytesAt(6);
  return std::optional<StoredRow>(std::move(stored));
}

absl::Status SqlitePlacements::Insert(const LedgerRow& row, const Reservation& reservation) {
  const v1::Placement& placement = row.placement;
  const std::string bytes = StableBytes(placement);
  SqliteQuery query(connection_, kInsert);
  query.Text(placement.caller()).Text(placement.request_id()).Int(placement.state());
  query.Int(placement.evidence()).Int(placement.attempt()).Int(row.fence);
  query.Text(placement.account()).Int(row.fingerprint.version).Blob(row.fingerprint.mac);
  BindSignTime(query, placement);
  query.Int(LeaseEnd(clock_, reservation.lease));
  query.Int(TimeUtil::TimestampToMicroseconds(placement.create_time()));
  query.Int(TimeUtil::TimestampToMicroseconds(placement.update_time()));
  query.Text(owner_).Blob(bytes).Blob(reservation.request).Blob("");
  return query.Run();
}

absl::Status SqlitePlacements::Update(const LedgerRow& before, const LedgerRow& after,
                                      absl::string_view raw_answer) {
  const v1::Placement& placement = after.placement;
  const std::string bytes = StableBytes(placement);
  SqliteQuery query(connection_, kUpdate);
  query.Int(placement.state()).Int(placement.evidence()).Int(placement.attempt());
  query.Int(after.fence).Text(placement.account());
  BindSignTime(query, placement);
  query.Int(TimeUtil::TimestampToMicroseconds(placement.update_time())).Text(owner_);
  query.Blob(bytes).Blob(raw_answer);
  query.Text(placement.caller()).Text(placement.request_id());
  query.Int(before.fence).Int(before.placement.state());
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return ExpectOneChange(connection_);
}

absl::Status SqlitePlacements::UpdateReservation(const LedgerRow& after,
                                                 const Reservation& reservation) {
  SqliteQuery query(connection_, kUpdateReservation);
  query.Int(LeaseEnd(clock_, reservation.lease)).Blob(reservation.request);
  query.Int(after.fingerprint.version).Blob(after.fingerprint.mac);
  query.Text(reservation.key.caller).Text(reservation.key.request_id).Int(after.fence);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return ExpectOneChange(connection_);
}

absl::Status SqlitePlacements::KeepEvidence(const PlacementKey& key, int64_t fence,
                                            absl::string_view reason,
                                            const v1::Placement& placement,
                                            absl::string_view raw_answer) {
  const std::string bytes = StableBytes(placement);
  SqliteQuery query(connection_, kInsertEvidence);
  query.Text(key.caller).Text(key.request_id).Int(fence).Text(reason);
  query.Int(absl::ToUnixMicros(clock_.Now())).Blob(bytes).Blob(raw_answer);
  return query.Run();
}

absl::StatusOr<Reserved> SqlitePlacements::Reserve(const Reservation& reservation) {
  const absl::StatusOr<std::optional<StoredRow>> stored = Read(reservation.key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) {
    LedgerRow row = RowForFirstAttempt(reservation, clock_.Now());
    if (absl::Status status = Insert(row, reservation); !status.ok()) return status;
    return Reserved{ReserveOutcome::kFresh, std::move(row)};
  }

  const StoredRow& before = **stored;
  const ReserveOutcome outcome = JudgeReservation(before.row, reservation.fingerprint);
  if (outcome != ReserveOutcome::kFresh) return Reserved{outcome, before.row};

  LedgerRow after = RowForNextAttempt(before.row, reservation, clock_.Now());
  absl::Status status = KeepEvidence(reservation.key, before.row.fence, kReplaced,
                                     before.row.placement, before.raw_answer);
  if (status.ok()) status = Update(before.row, after, "");
  if (status.ok()) status = UpdateReservation(after, reservation);
  if (!status.ok()) return status;
  return Reserved{ReserveOutcome::kFresh, std::move(after)};
}

absl::StatusOr<Recorded> SqlitePlacements::Record(const PlacementRecord& record) {
  const absl::StatusOr<std::optional<StoredRow>> stored = Read(record.key);
  if (!stored.ok()) return stored.status();
  const StoredRow before = stored->value_or(StoredRow());
  const absl::string_view raw_answer = CutRawAnswer(record.raw_answer);

  switch (JudgeRecord(before.row, before.raw_answer, record)) {
    case RecordVerdict::kUnchanged:
      return Recorded{RecordOutcome::kRecorded, before.row};
    case RecordVerdict::kSuperseded: {
      const absl::Status status =
          KeepEvidence(record.key, record.fence, kSuperseded, record.placement, raw_answer);
      if (!status.ok()) return status;
      return Recorded{RecordOutcome::kSuperseded, before.row};
    }
    case RecordVerdict::kWrite:
      break;
  }
  if (before.row.placement.state() != v1::PLACEMENT_STATE_SENDING) {
    const absl::Status status = KeepEvidence(record.key, before.row.fence, kReplaced,
                                             before.row.placement, before.raw_answer);
    if (!status.ok()) return status;
  }
  LedgerRow after = RecordedRow(before.row, record, clock_.Now());
  if (absl::Status status = Update(before.row, after, raw_answer); !status.ok()) return status;
  return Recorded{RecordOutcome::kRecorded, std::move(after)};
}

absl::StatusOr<std::optional<LedgerRow>> SqlitePlacements::Find(const PlacementKey& key) {
  absl::StatusOr<std::optional<StoredRow>> stored = Read(key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return std::optional<LedgerRow>();
  return std::optional<LedgerRow>(std::move((*stored)->row));
}

absl::StatusOr<std::vector<PlacementKey>> SqlitePlacements::ExpireLeases() {
  return ExpireUntil(absl::ToInt64Microseconds(clock_.SinceBoot()));
}

absl::StatusOr<std::vector<PlacementKey>> SqlitePlacements::ExpireAllLeases() {
  return ExpireUntil(std::numeric_limits<int64_t>::max());
}

absl::StatusOr<std::vector<PlacementKey>> SqlitePlacements::ExpireUntil(int64_t lease_end) {
  std::vector<PlacementKey> keys;
  {
    SqliteQuery query(connection_, kSelectExpired);
    query.Int(v1::PLACEMENT_STATE_SENDING).Int(lease_end);
    while (true) {
      const absl::StatusOr<bool> found = query.Step();
      if (!found.ok()) return found.status();
      if (!*found) break;
      keys.push_back({query.BytesAt(0), query.BytesAt(1)});
    }
  }
  for (const PlacementKey& key : keys) {
    const absl::StatusOr<std::optional<StoredRow>> stored = Read(key);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return absl::UnavailableError("a row vanished");
    const LedgerRow& before = (*stored)->row;
    const LedgerRow after = ExpiredRow(before, clock_.Now());
    if (absl::Status status = Update(before, after, (*stored)->raw_answer); !status.ok()) {
      return status;
    }
  }
  return keys;
}

}  // namespace order1688
