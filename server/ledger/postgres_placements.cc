#include "server/ledger/postgres_placements.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kInsertPurchase[] =
    "INSERT INTO order1688_purchase (caller, business_mac) VALUES ($1, $2) ON CONFLICT DO NOTHING";
constexpr char kLockPurchase[] =
    "SELECT caller FROM order1688_purchase WHERE caller = $1 AND business_mac = $2 FOR UPDATE";
constexpr char kSelectExpired[] =
    "SELECT caller, request_id FROM order1688_placement WHERE state = $1"
    " AND (lease_end IS NULL OR lease_end <= $2) ORDER BY lease_end, caller, request_id";

std::string StateList(const std::vector<v1::PlacementState>& states) {
  return absl::StrJoin(states, ", ", [](std::string* text, v1::PlacementState state) {
    absl::StrAppend(text, static_cast<int>(state));
  });
}

std::string StatesThatMayHaveBought() {
  std::vector<v1::PlacementState> states;
  for (int state = v1::PlacementState_MIN; state <= v1::PlacementState_MAX; ++state) {
    const auto value = static_cast<v1::PlacementState>(state);
    if (MayHaveBought(value)) states.push_back(value);
  }
  return StateList(states);
}

Evidence EvidenceOf(absl::Time time, const char* reason, const v1::Placement& placement,
                    absl::string_view raw_answer) {
  return {time, reason, OnArena<v1::Placement>(placement), std::string(raw_answer)};
}

}  // namespace

absl::StatusOr<Reserved> PostgresPlacements::Reserve(const Reservation& reservation) {
  const PlacementKey& key = reservation.key;
  absl::StatusOr<std::optional<PostgresRow>> before = table_.Lock(key);
  if (!before.ok()) return before.status();
  if (before->has_value()) {
    LedgerRow& row = (*before)->content.row;
    const bool sending = row.placement->state() == v1::PLACEMENT_STATE_SENDING;
    if (sending && (*before)->writer == transaction_.writer()) {
      table_.Touch(key);
      return Reserved{ReserveOutcome::kFresh, std::move(row)};
    }
  }
  LedgerRow* known = before->has_value() ? &(*before)->content.row : nullptr;
  const ReserveOutcome outcome = JudgeAdmission(known, reservation);
  if (outcome == ReserveOutcome::kNotAdmitted) return Reserved{outcome, {}};
  if (outcome != ReserveOutcome::kFresh) return Reserved{outcome, std::move(*known)};
  absl::StatusOr<std::optional<LedgerRow>> duplicate = FindDuplicate(reservation);
  if (!duplicate.ok()) return duplicate.status();
  if (duplicate->has_value() && reservation.duplicates.refuse) {
    return Reserved{ReserveOutcome::kDuplicate, **std::move(duplicate)};
  }

  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  PostgresRow after;
  LedgerRow& row = after.content.row;
  row = before->has_value() ? RowForNextAttempt((*before)->content.row, reservation, *now)
                            : RowForFirstAttempt(reservation, *now);
  if (duplicate->has_value()) {
    row.placement->set_possible_duplicate_of((*duplicate)->placement->request_id());
  }
  after.content.request = reservation.request;
  after.business_mac = reservation.duplicates.business_mac;
  after.lease_end = absl::ToUnixMicros(*now + reservation.lease);
  absl::Status status;
  if (!before->has_value()) {
    status = table_.Insert(after);
  } else {
    const RowContent& content = (*before)->content;
    status = table_.Keep(
        key, content.row.fence,
        EvidenceOf(*now, kReplacedEvidence, *content.row.placement, content.raw_answer));
    if (status.ok()) status = table_.Update(content.row, after, *now);
  }
  if (!status.ok()) return status;
  return Reserved{ReserveOutcome::kFresh, std::move(row)};
}

absl::StatusOr<std::optional<LedgerRow>> PostgresPlacements::FindDuplicate(
    const Reservation& reservation) {
  const DuplicateSearch& search = reservation.duplicates;
  if (search.window <= absl::ZeroDuration() || search.business_mac.empty()) {
    return std::optional<LedgerRow>();
  }
  PostgresValues purchase;
  purchase.Text(reservation.key.caller).Bytes(search.business_mac);
  absl::Status status = transaction_.Run(kInsertPurchase, purchase).status();
  if (status.ok()) status = transaction_.Run(kLockPurchase, purchase).status();
  if (!status.ok()) return status;
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  purchase.Text(reservation.key.request_id).Int(absl::ToUnixMicros(*now - search.window));
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(
      absl::StrCat("SELECT ", kLightColumns,
                   " FROM order1688_placement WHERE caller = $1 AND business_mac = $2"
                   " AND request_id <> $3 AND create_time > $4 AND state IN (",
                   StatesThatMayHaveBought(), ") ORDER BY create_time DESC, request_id LIMIT 1"),
      purchase);
  if (!rows.ok()) return rows.status();
  if (rows->size() == 0) return std::optional<LedgerRow>();
  absl::StatusOr<LedgerRow> row = OpenLightRow(transaction_.cipher(), *rows, 0);
  if (!row.ok()) return row.status();
  return std::optional<LedgerRow>(*std::move(row));
}

absl::StatusOr<Recorded> PostgresPlacements::Record(PlacementRecord* record) {
  const absl::StatusOr<std::optional<PostgresRow>> found = table_.LockLight(record->key);
  if (!found.ok()) return found.status();
  // Nearly every answer is the first one of an attempt that still waits for it. Then the long
  // columns need not be read: a row that is SENDING has no answer yet.
  const bool is_first = found->has_value() && (*found)->key_id == transaction_.cipher().key_id() &&
                        (*found)->content.row.placement->state() == v1::PLACEMENT_STATE_SENDING &&
                        JudgeRecord((*found)->content.row, "", *record) == RecordVerdict::kWrite;
  if (!is_first) return RecordOverAnyRow(*record);
  const LedgerRow& before = (*found)->content.row;
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  LedgerRow after = RecordedRow(before, std::move(record->placement), *now);
  std::string bytes = StableBytes(*after.placement);
  const absl::Status status =
      table_.WriteOutcome(before, after, bytes, CutRawAnswer(record->raw_answer.view()), *now);
  record->placement = std::move(after.placement);
  if (!status.ok()) return status;
  return Recorded{
      RecordOutcome::kRecorded, {{}, before.fingerprint, before.fence}, std::move(bytes)};
}

absl::StatusOr<Recorded> PostgresPlacements::RecordOverAnyRow(const PlacementRecord& record) {
  const absl::StatusOr<std::optional<PostgresRow>> found = table_.Lock(record.key);
  if (!found.ok()) return found.status();
  const PostgresRow before = found->value_or(PostgresRow());
  const RowContent& content = before.content;
  const absl::string_view raw_answer = CutRawAnswer(record.raw_answer.view());
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();

  switch (JudgeRecord(content.row, content.raw_answer, record)) {
    case RecordVerdict::kUnchanged: {
      // Perhaps written by an earlier try whose COMMIT's answer was lost.
      table_.Touch(record.key);
      return Recorded{RecordOutcome::kRecorded, content.row};
    }
    case RecordVerdict::kSuperseded: {
      const absl::Status status =
          table_.Keep(record.key, record.fence,
                      EvidenceOf(*now, kSupersededEvidence, *record.placement, raw_answer));
      if (!status.ok()) return status;
      return Recorded{RecordOutcome::kSuperseded, content.row};
    }
    case RecordVerdict::kWrite:
      break;
  }
  if (content.row.placement->state() != v1::PLACEMENT_STATE_SENDING) {
    const absl::Status status = table_.Keep(
        record.key, content.row.fence,
        EvidenceOf(*now, kReplacedEvidence, *content.row.placement, content.raw_answer));
    if (!status.ok()) return status;
  }
  PostgresRow after = before;
  after.content.row = RecordedRow(content.row, record.placement, *now);
  after.content.raw_answer = std::string(raw_answer);
  if (absl::Status status = table_.Update(content.row, after, *now); !status.ok()) return status;
  return Recorded{RecordOutcome::kRecorded, std::move(after.content.row)};
}

absl::StatusOr<Settled> PostgresPlacements::Settle(const RowSettlement& settlement) {
  const PlacementKey& key = settlement.key;
  const absl::StatusOr<std::optional<PostgresRow>> found = table_.Lock(key);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return Settled{};
  const PostgresRow& before = **found;
  const LedgerRow& row = before.content.row;
  if (before.writer == transaction_.writer()) {
    table_.Touch(key);
    return Settled{SettleOutcome::kSettled, row};
  }
  const SettleOutcome outcome = JudgeSettlement(row, settlement);
  if (outcome != SettleOutcome::kSettled) return Settled{outcome, row};
  const std::vector<std::string> ids = OwnedOrderIds(*settlement.placement);
  // All are asked for before one is taken: a refused verdict changes nothing.
  for (const std::string& id : ids) {
    const absl::StatusOr<bool> free = table_.MayOwn(row.placement->account(), id, key);
    if (!free.ok()) return free.status();
    if (!*free) return Settled{SettleOutcome::kOrderOwned, row};
  }
  for (const std::string& id : ids) {
    const absl::StatusOr<bool> owned = table_.Own(row.placement->account(), id, key);
    if (!owned.ok()) return owned.status();
    if (!*owned) return absl::AbortedError("the order was taken just now");
  }

  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  absl::Status status =
      table_.Keep(key, row.fence,
                  EvidenceOf(*now, kReplacedEvidence, *row.placement, before.content.raw_answer));
  if (!status.ok()) return status;
  PostgresRow after = before;
  after.content.row = SettledRow(row, settlement, *now);
  if (!settlement.raw_answer.empty()) {
    after.content.raw_answer = std::string(CutRawAnswer(settlement.raw_answer));
  }
  if (status = table_.Update(row, after, *now); !status.ok()) return status;
  return Settled{SettleOutcome::kSettled, std::move(after.content.row)};
}

absl::StatusOr<std::vector<PlacementKey>> PostgresPlacements::ExpireLeases() {
  const absl::StatusOr<absl::Time> start = transaction_.Now();
  if (!start.ok()) return start.status();
  PostgresValues values;
  values.Int(v1::PLACEMENT_STATE_SENDING).Int(absl::ToUnixMicros(*start));
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(kSelectExpired, values);
  if (!rows.ok()) return rows.status();

  std::vector<PlacementKey> keys;
  for (int i = 0; i < rows->size(); ++i) {
    const PlacementKey key = {rows->BytesAt(i, 0), rows->BytesAt(i, 1)};
    const absl::StatusOr<std::optional<PostgresRow>> found = table_.Lock(key);
    // One row whose key is lost must not keep all others from expiring; it is never sent either.
    if (absl::IsDataLoss(found.status())) continue;
    if (!found.ok()) return found.status();
    if (!found->has_value()) continue;
    PostgresRow after = **found;
    const LedgerRow before = after.content.row;
    // Since the list was read it may have been recorded, even taken anew.
    const bool over = before.placement->state() == v1::PLACEMENT_STATE_SENDING &&
                      after.lease_end.value_or(0) <= absl::ToUnixMicros(*start);
    if (!over) continue;
    const absl::StatusOr<absl::Time> now = transaction_.Now();
    if (!now.ok()) return now.status();
    after.content.row = ExpiredRow(before, *now);
    if (absl::Status status = table_.Update(before, after, *now); !status.ok()) return status;
    keys.push_back(key);
  }
  return keys;
}

absl::StatusOr<std::optional<LedgerRow>> PostgresPlacements::Find(const PlacementKey& key) {
  return table_.Find(key);
}

absl::StatusOr<std::optional<WholeRow>> PostgresPlacements::FindWhole(const PlacementKey& key) {
  absl::StatusOr<std::optional<PostgresRow>> found = table_.FindWhole(key);
  if (!found.ok()) return found.status();
  absl::StatusOr<std::vector<Evidence>> kept = table_.KeptOf(key);
  if (!kept.ok()) return kept.status();
  if (!found->has_value() && kept->empty()) return std::optional<WholeRow>();
  RowContent content = found->value_or(PostgresRow()).content;
  return std::optional<WholeRow>(WholeRow{std::move(content.row), std::move(content.request),
                                          std::move(content.raw_answer), *std::move(kept)});
}

absl::StatusOr<std::vector<LedgerRow>> PostgresPlacements::List(const PlacementQuery& query) {
  PostgresValues values;
  values.Int(absl::ToUnixMicros(query.changed_after)).Int(std::max(query.limit, 1));
  std::string sql =
      absl::StrCat("SELECT ", kLightColumns, " FROM order1688_placement WHERE update_time > $1");
  int bound = 2;
  if (!query.caller.empty()) {
    absl::StrAppend(&sql, " AND caller = $", ++bound);
    values.Text(query.caller);
  }
  if (!query.account.empty()) {
    absl::StrAppend(&sql, " AND account = $", ++bound);
    values.Text(query.account);
  }
  if (!query.states.empty()) absl::StrAppend(&sql, " AND state IN (", StateList(query.states), ")");
  // Text is compared as bytes, whatever the database's collation.
  constexpr char kKeyOrder[] = "convert_to(caller, 'UTF8'), convert_to(request_id, 'UTF8')";
  if (query.after.has_value()) {
    absl::StrAppend(&sql, " AND update_time >= $", bound + 1, " AND (update_time, ", kKeyOrder,
                    ") > ($", bound + 1, ", $", bound + 2, ", $", bound + 3, ")");
    values.Int(query.after->update_micros).Bytes(query.after->caller);
    values.Bytes(query.after->request_id);
  }
  absl::StrAppend(&sql, " ORDER BY update_time, ", kKeyOrder, " LIMIT $2");
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(sql, values);
  if (!rows.ok()) return rows.status();
  std::vector<LedgerRow> list;
  for (int i = 0; i < rows->size(); ++i) {
    absl::StatusOr<LedgerRow> row = OpenLightRow(transaction_.cipher(), *rows, i);
    if (!row.ok()) return row.status();
    list.push_back(*std::move(row));
  }
  return list;
}

}  // namespace order1688
