#include "server/ledger/sqlite_placements.h"

#include <limits>
#include <utility>

#include "absl/time/time.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kSelectDuplicates[] =
    "SELECT request_id, state FROM placement WHERE caller = ? AND business_mac = ?"
    " AND create_time > ? AND request_id <> ? ORDER BY create_time DESC, request_id";
constexpr char kSelectOwner[] =
    "SELECT caller, request_id FROM owned_order WHERE account = ? AND order_id = ?";
constexpr char kSelectExpired[] =
    "SELECT caller, request_id FROM placement WHERE state = 1"
    " AND (lease_end IS NULL OR lease_end <= ?) ORDER BY lease_end, caller, request_id";
static_assert(v1::PLACEMENT_STATE_SENDING == 1, "written out as in the index");

// Orders under way at once while the gateway is fast, four times.
constexpr size_t kMostRemembered = 256;

}  // namespace

absl::StatusOr<Reserved> SqlitePlacements::Reserve(const Reservation& reservation) {
  absl::StatusOr<std::optional<LedgerRow>> known = rows_.ReadPlacement(reservation.key);
  if (!known.ok()) return known.status();
  const ReserveOutcome outcome =
      JudgeAdmission(known->has_value() ? &**known : nullptr, reservation);
  if (outcome == ReserveOutcome::kNotAdmitted) return Reserved{outcome, {}};
  if (outcome != ReserveOutcome::kFresh) return Reserved{outcome, **std::move(known)};
  absl::StatusOr<std::optional<LedgerRow>> duplicate = FindDuplicate(reservation);
  if (!duplicate.ok()) return duplicate.status();
  if (duplicate->has_value() && reservation.duplicates.refuse) {
    return Reserved{ReserveOutcome::kDuplicate, *std::move(*duplicate)};
  }

  const absl::Time now = rows_.clock().Now();
  LedgerRow after = known->has_value() ? RowForNextAttempt(**known, reservation, now)
                                       : RowForFirstAttempt(reservation, now);
  if (duplicate->has_value()) {
    after.placement->set_possible_duplicate_of((*duplicate)->placement->request_id());
  }
  const absl::Status status = known->has_value() ? WriteNextAttempt(**known, after, reservation)
                                                 : rows_.Insert(after, reservation);
  if (!status.ok()) return status;
  RememberSending(reservation.key, after);
  return Reserved{ReserveOutcome::kFresh, std::move(after)};
}

// All are forgotten when there are too many: those that nobody records would stay for ever.
void SqlitePlacements::RememberSending(const PlacementKey& key, const LedgerRow& row) {
  if (sending_.size() >= kMostRemembered) sending_.clear();
  sending_.insert_or_assign(key, row);
}

absl::StatusOr<std::optional<LedgerRow>> SqlitePlacements::TakeSending(const PlacementKey& key) {
  const auto remembered = sending_.find(key);
  if (remembered == sending_.end()) return rows_.ReadPlacement(key);
  std::optional<LedgerRow> row = std::move(remembered->second);
  sending_.erase(remembered);
  return row;
}

absl::Status SqlitePlacements::WriteNextAttempt(const LedgerRow& before, const LedgerRow& after,
                                                const Reservation& reservation) {
  const absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(reservation.key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return absl::UnavailableError("a row vanished");
  const absl::Status status = rows_.KeepEvidence(reservation.key, before.fence, kReplacedEvidence,
                                                 *before.placement, (*stored)->raw_answer);
  return status.ok() ? rows_.InsertNextAttempt(before, after, reservation) : status;
}

absl::StatusOr<std::optional<LedgerRow>> SqlitePlacements::FindDuplicate(
    const Reservation& reservation) {
  const DuplicateSearch& search = reservation.duplicates;
  if (search.window == absl::ZeroDuration() || search.business_mac.empty()) {
    return std::optional<LedgerRow>();
  }
  const PlacementKey& key = reservation.key;
  SqliteQuery query(rows_.connection(), kSelectDuplicates);
  query.Text(key.caller).Blob(search.business_mac);
  query.Int(absl::ToUnixMicros(rows_.clock().Now() - search.window)).Text(key.request_id);
  while (true) {
    const absl::StatusOr<bool> found = query.Step();
    if (!found.ok()) return found.status();
    if (!*found) return std::optional<LedgerRow>();
    if (MayHaveBought(static_cast<v1::PlacementState>(query.IntAt(1)))) break;
  }
  return rows_.ReadPlacement({key.caller, query.BytesAt(0)});
}

absl::StatusOr<Recorded> SqlitePlacements::Record(PlacementRecord* record) {
  const absl::StatusOr<std::optional<LedgerRow>> found = TakeSending(record->key);
  if (!found.ok()) return found.status();
  // Nearly every answer is the first one of an attempt that still waits for it. Then the long
  // columns need not be read: a row that is SENDING has no answer yet.
  if (found->has_value() && (*found)->placement->state() == v1::PLACEMENT_STATE_SENDING &&
      JudgeRecord(**found, "", *record) == RecordVerdict::kWrite) {
    LedgerRow after = RecordedRow(**found, std::move(record->placement), rows_.clock().Now());
    std::string bytes = StableBytes(*after.placement);
    const absl::StatusOr<bool> written =
        rows_.WriteOutcome(**found, after, bytes, CutRawAnswer(record->raw_answer.view()));
    record->placement = std::move(after.placement);
    if (!written.ok()) return written.status();
    if (*written) {
      return Recorded{
          RecordOutcome::kRecorded, {{}, (*found)->fingerprint, (*found)->fence}, std::move(bytes)};
    }
  }
  return RecordOverAnyRow(*record);
}

absl::StatusOr<Recorded> SqlitePlacements::RecordOverAnyRow(const PlacementRecord& record) {
  absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(record.key);
  if (!stored.ok()) return stored.status();
  RowContent content = (*std::move(stored)).value_or(RowContent());
  const LedgerRow before = content.row;
  const absl::string_view raw_answer = CutRawAnswer(record.raw_answer.view());

  switch (JudgeRecord(before, content.raw_answer, record)) {
    case RecordVerdict::kUnchanged:
      return Recorded{RecordOutcome::kRecorded, before};
    case RecordVerdict::kSuperseded: {
      const absl::Status status = rows_.KeepEvidence(record.key, record.fence, kSupersededEvidence,
                                                     *record.placement, raw_answer);
      if (!status.ok()) return status;
      return Recorded{RecordOutcome::kSuperseded, before};
    }
    case RecordVerdict::kWrite:
      break;
  }
  if (before.placement->state() != v1::PLACEMENT_STATE_SENDING) {
    const absl::Status status = rows_.KeepEvidence(record.key, before.fence, kReplacedEvidence,
                                                   *before.placement, content.raw_answer);
    if (!status.ok()) return status;
  }
  content.row = RecordedRow(before, record.placement, rows_.clock().Now());
  content.raw_answer = std::string(raw_answer);
  if (absl::Status status = rows_.Update(before, content); !status.ok()) return status;
  return Recorded{RecordOutcome::kRecorded, std::move(content.row)};
}

absl::StatusOr<std::optional<LedgerRow>> SqlitePlacements::Find(const PlacementKey& key) {
  return rows_.ReadPlacement(key);
}

absl::StatusOr<std::optional<WholeRow>> SqlitePlacements::FindWhole(const PlacementKey& key) {
  absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(key);
  if (!stored.ok()) return stored.status();
  absl::StatusOr<std::vector<Evidence>> evidence = rows_.ReadEvidence(key);
  if (!evidence.ok()) return evidence.status();
  if (!stored->has_value() && evidence->empty()) return std::optional<WholeRow>();
  RowContent content = (*std::move(stored)).value_or(RowContent());
  return std::optional<WholeRow>(WholeRow{std::move(content.row), std::move(content.request),
                                          std::move(content.raw_answer), *std::move(evidence)});
}

absl::StatusOr<Settled> SqlitePlacements::Settle(const RowSettlement& settlement) {
  absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(settlement.key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return Settled();
  RowContent content = *std::move(*stored);
  const LedgerRow before = content.row;
  const SettleOutcome outcome = JudgeSettlement(before, settlement);
  if (outcome != SettleOutcome::kSettled) return Settled{outcome, before};
  for (const std::string& id : OwnedOrderIds(*settlement.placement)) {
    const absl::StatusOr<bool> taken =
        OwnedByAnother(before.placement->account(), id, settlement.key);
    if (!taken.ok()) return taken.status();
    if (*taken) return Settled{SettleOutcome::kOrderOwned, before};
  }

  absl::Status status = rows_.KeepEvidence(settlement.key, before.fence, kReplacedEvidence,
                                           *before.placement, content.raw_answer);
  if (!status.ok()) return status;
  content.row = SettledRow(before, settlement, rows_.clock().Now());
  if (!settlement.raw_answer.empty()) {
    content.raw_answer = std::string(CutRawAnswer(settlement.raw_answer));
  }
  status = rows_.Update(before, content);
  if (!status.ok()) return status;
  return Settled{SettleOutcome::kSettled, std::move(content.row)};
}

absl::StatusOr<bool> SqlitePlacements::OwnedByAnother(const std::string& account,
                                                      const std::string& order_id,
                                                      const PlacementKey& key) {
  SqliteQuery query(rows_.connection(), kSelectOwner);
  const absl::StatusOr<std::vector<PlacementKey>> owners =
      rows_.Keys(query.Text(account).Text(order_id));
  if (!owners.ok()) return owners.status();
  return !owners->empty() && owners->front() != key;
}

absl::StatusOr<std::vector<PlacementKey>> SqlitePlacements::ExpireLeases() {
  return ExpireUntil(absl::ToInt64Microseconds(rows_.clock().SinceBoot()));
}

absl::StatusOr<std::vector<PlacementKey>> SqlitePlacements::ExpireAllLeases() {
  return ExpireUntil(std::numeric_limits<int64_t>::max());
}

absl::StatusOr<std::vector<PlacementKey>> SqlitePlacements::ExpireUntil(int64_t lease_end) {
  SqliteQuery query(rows_.connection(), kSelectExpired);
  absl::StatusOr<std::vector<PlacementKey>> keys = rows_.Keys(query.Int(lease_end));
  if (!keys.ok()) return keys.status();
  for (const PlacementKey& key : *keys) {
    absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(key);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return absl::UnavailableError("a row vanished");
    RowContent content = *std::move(*stored);
    const LedgerRow before = content.row;
    content.row = ExpiredRow(before, rows_.clock().Now());
    if (absl::Status status = rows_.Update(before, content); !status.ok()) return status;
  }
  return keys;
}

}  // namespace order1688
