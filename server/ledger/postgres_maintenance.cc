#include "server/ledger/postgres_maintenance.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kSelectErasable[] =
    "SELECT caller, request_id FROM order1688_placement WHERE erased = 0 AND erase_time <= $1"
    " AND state NOT IN ($2, $3) ORDER BY erase_time, caller, request_id LIMIT $4";
// Two ranges: an index cannot find what differs.
constexpr char kSelectOlderRows[] =
    "SELECT caller, request_id FROM order1688_placement WHERE key_id < $1 UNION ALL"
    " SELECT caller, request_id FROM order1688_placement WHERE key_id > $1 LIMIT $2";
constexpr char kSelectOlderEvidence[] =
    "SELECT number FROM order1688_evidence WHERE key_id < $1 UNION ALL"
    " SELECT number FROM order1688_evidence WHERE key_id > $1 LIMIT $2";
constexpr char kCountOlder[] =
    "SELECT (SELECT count(*) FROM order1688_placement WHERE key_id < $1)"
    " + (SELECT count(*) FROM order1688_placement WHERE key_id > $1)"
    " + (SELECT count(*) FROM order1688_evidence WHERE key_id < $1)"
    " + (SELECT count(*) FROM order1688_evidence WHERE key_id > $1)";
constexpr char kLockEvidence[] =
    "SELECT number, caller, request_id, key_id, placement, raw_answer FROM order1688_evidence"
    " WHERE number = $1 FOR UPDATE";
constexpr char kLockEvidenceOf[] =
    "SELECT number, caller, request_id, key_id, placement, raw_answer FROM order1688_evidence"
    " WHERE caller = $1 AND request_id = $2 ORDER BY number FOR UPDATE";
constexpr char kUpdateEvidence[] =
    "UPDATE order1688_evidence SET key_id = $2, placement = $3, raw_answer = $4"
    " WHERE number = $1";
constexpr const char* kNextKey[] = {"SELECT min(key_id) FROM order1688_placement WHERE key_id > $1",
                                    "SELECT min(key_id) FROM order1688_evidence WHERE key_id > $1"};

PlacementKey EvidenceKeyAt(const PostgresRows& rows, int row) {
  return {rows.BytesAt(row, 1), rows.BytesAt(row, 2)};
}

absl::StatusOr<Evidence> EvidenceAt(const ColumnCipher& cipher, const PostgresRows& rows, int row) {
  Evidence evidence;
  const StoredEvidence stored = {rows.BytesAt(row, 3), rows.BytesAt(row, 4), rows.BytesAt(row, 5)};
  const absl::Status status = OpenEvidence(cipher, EvidenceKeyAt(rows, row), stored, &evidence);
  if (!status.ok()) return status;
  return evidence;
}

}  // namespace

absl::StatusOr<Maintained> PostgresMaintenance::Maintain(int most_rows) {
  const absl::StatusOr<int> erased = Erase(most_rows);
  if (!erased.ok()) return erased.status();
  const absl::StatusOr<int> rows = ResealRows(most_rows);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<int> evidence = ResealEvidence(most_rows - *rows);
  if (!evidence.ok()) return evidence.status();
  Maintained maintained;
  maintained.erased = *erased;
  maintained.resealed = *rows + *evidence;
  // The count reads every older row's index entry: not when there can be none.
  if (maintained.resealed < most_rows) return maintained;
  const absl::StatusOr<int> older = CountOlder();
  if (!older.ok()) return older.status();
  maintained.under_older_keys = *older;
  return maintained;
}

absl::StatusOr<int> PostgresMaintenance::Erase(int most_rows) {
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  PostgresValues values;
  values.Int(absl::ToUnixMicros(*now));
  values.Int(v1::PLACEMENT_STATE_SENDING).Int(v1::PLACEMENT_STATE_IN_DOUBT).Int(most_rows);
  const absl::StatusOr<PostgresRows> keys = transaction_.Run(kSelectErasable, values);
  if (!keys.ok()) return keys.status();
  int erased = 0;
  for (int i = 0; i < keys->size(); ++i) {
    const absl::StatusOr<bool> done = EraseRow({keys->BytesAt(i, 0), keys->BytesAt(i, 1)});
    if (!done.ok()) return done.status();
    erased += *done ? 1 : 0;
  }
  return erased;
}

absl::StatusOr<bool> PostgresMaintenance::EraseRow(const PlacementKey& key) {
  const absl::StatusOr<std::optional<PostgresRow>> found = table_.Lock(key);
  if (!found.ok()) return found.status();
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  if (!found->has_value() || (*found)->erased) return false;
  const LedgerRow& before = (*found)->content.row;
  if (!IsErasable(*before.placement, *now)) return false;

  PostgresRow after = **found;
  after.content = RowContent{before, "", "", ""};
  after.content.row.placement = SkeletonOf(*before.placement);
  after.erased = true;
  if (absl::Status status = table_.Update(before, after, *now); !status.ok()) return status;
  const absl::StatusOr<PostgresRows> kept =
      transaction_.Run(kLockEvidenceOf, PostgresValues().Text(key.caller).Text(key.request_id));
  if (!kept.ok()) return kept.status();
  for (int i = 0; i < kept->size(); ++i) {
    absl::StatusOr<Evidence> evidence = EvidenceAt(transaction_.cipher(), *kept, i);
    if (!evidence.ok()) return evidence.status();
    evidence->placement = SkeletonOf(*evidence->placement);
    evidence->raw_answer.clear();
    const absl::Status status = WriteEvidence(kept->IntAt(i, 0), key, *evidence);
    if (!status.ok()) return status;
  }
  return true;
}

absl::StatusOr<int> PostgresMaintenance::ResealRows(int most_rows) {
  const std::string& first = transaction_.cipher().key_id();
  const absl::StatusOr<PostgresRows> keys =
      transaction_.Run(kSelectOlderRows, PostgresValues().Text(first).Int(most_rows));
  if (!keys.ok()) return keys.status();
  for (int i = 0; i < keys->size(); ++i) {
    const absl::StatusOr<std::optional<PostgresRow>> found =
        table_.Lock({keys->BytesAt(i, 0), keys->BytesAt(i, 1)});
    if (!found.ok()) return found.status();
    if (!found->has_value() || (*found)->key_id == first) continue;
    const absl::Status status = table_.Reseal(**found);
    if (!status.ok()) return status;
  }
  return keys->size();
}

absl::StatusOr<int> PostgresMaintenance::ResealEvidence(int most_rows) {
  const std::string& first = transaction_.cipher().key_id();
  const absl::StatusOr<PostgresRows> numbers =
      transaction_.Run(kSelectOlderEvidence, PostgresValues().Text(first).Int(most_rows));
  if (!numbers.ok()) return numbers.status();
  for (int i = 0; i < numbers->size(); ++i) {
    const int64_t number = numbers->IntAt(i, 0);
    const absl::StatusOr<PostgresRows> kept =
        transaction_.Run(kLockEvidence, PostgresValues().Int(number));
    if (!kept.ok()) return kept.status();
    if (kept->size() == 0 || kept->BytesAt(0, 3) == first) continue;
    const absl::StatusOr<Evidence> evidence = EvidenceAt(transaction_.cipher(), *kept, 0);
    if (!evidence.ok()) return evidence.status();
    const absl::Status status = WriteEvidence(number, EvidenceKeyAt(*kept, 0), *evidence);
    if (!status.ok()) return status;
  }
  return numbers->size();
}

absl::Status PostgresMaintenance::WriteEvidence(int64_t number, const PlacementKey& key,
                                                const Evidence& evidence) {
  const absl::StatusOr<StoredEvidence> sealed = SealEvidence(transaction_.cipher(), key, evidence);
  if (!sealed.ok()) return sealed.status();
  PostgresValues values;
  values.Int(number).Text(sealed->key_id).Bytes(sealed->placement).Bytes(sealed->raw_answer);
  transaction_.WriteOne(kUpdateEvidence, std::move(values));
  return absl::OkStatus();
}

absl::StatusOr<int> PostgresMaintenance::CountOlder() {
  const absl::StatusOr<PostgresRows> rows =
      transaction_.Run(kCountOlder, PostgresValues().Text(transaction_.cipher().key_id()));
  if (!rows.ok()) return rows.status();
  return static_cast<int>(rows->IntAt(0, 0));
}

absl::Status PostgresMaintenance::CheckKeys() {
  for (const char* next : kNextKey) {
    std::string key_id;
    while (true) {
      const absl::StatusOr<PostgresRows> rows =
          transaction_.Run(next, PostgresValues().Text(key_id));
      if (!rows.ok()) return rows.status();
      key_id = rows->size() == 1 ? rows->BytesAt(0, 0) : "";
      if (key_id.empty()) break;
      if (!transaction_.cipher().Knows(key_id)) {
        return absl::FailedPreconditionError(
            absl::StrCat("rows are encrypted under key ", key_id,
                         ", which is in no key file: name it in encryption_key_files too"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace order1688
