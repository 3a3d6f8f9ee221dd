#include "server/ledger/sqlite_maintenance.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

// 1 and 5 are SENDING and IN_DOUBT.
constexpr char kSelectErasable[] =
    "SELECT caller, request_id FROM placement WHERE erased = 0 AND erase_time <= ?"
    " AND state NOT IN (1, 5) ORDER BY erase_time LIMIT ?";
static_assert(v1::PLACEMENT_STATE_SENDING == 1 && v1::PLACEMENT_STATE_IN_DOUBT == 5);
constexpr char kSelectEvidenceOf[] =
    "SELECT evidence_id, caller, request_id, key_id, placement, raw_answer FROM evidence"
    " WHERE caller = ? AND request_id = ?";
constexpr char kUpdateEvidence[] =
    "UPDATE evidence SET key_id = ?, placement = ?, raw_answer = ? WHERE evidence_id = ?";
// Two ranges: an index cannot find what differs.
constexpr char kSelectOlderRows[] =
    "SELECT caller, request_id FROM placement WHERE key_id < ?1 UNION ALL"
    " SELECT caller, request_id FROM placement WHERE key_id > ?1 LIMIT ?2";
constexpr char kSelectOlderEvidence[] =
    "SELECT evidence_id, caller, request_id, key_id, placement, raw_answer FROM evidence"
    " WHERE key_id < ?1 UNION ALL"
    " SELECT evidence_id, caller, request_id, key_id, placement, raw_answer FROM evidence"
    " WHERE key_id > ?1 LIMIT ?2";
constexpr char kCountOlder[] =
    "SELECT (SELECT count(*) FROM placement WHERE key_id < ?1)"
    " + (SELECT count(*) FROM placement WHERE key_id > ?1)"
    " + (SELECT count(*) FROM evidence WHERE key_id < ?1)"
    " + (SELECT count(*) FROM evidence WHERE key_id > ?1)";
constexpr char kNextRowKey[] = "SELECT min(key_id) FROM placement WHERE key_id > ?";
constexpr char kNextEvidenceKey[] = "SELECT min(key_id) FROM evidence WHERE key_id > ?";

struct IdentifiedEvidence {
  int64_t id = 0;
  PlacementKey key;
  Evidence evidence;
};

absl::StatusOr<std::vector<IdentifiedEvidence>> ReadAll(const ColumnCipher& cipher,
                                                        SqliteQuery& query) {
  std::vector<IdentifiedEvidence> all;
  while (true) {
    const absl::StatusOr<bool> found = query.Step();
    if (!found.ok()) return found.status();
    if (!*found) return all;
    IdentifiedEvidence& one = all.emplace_back();
    one.id = query.IntAt(0);
    one.key = {query.BytesAt(1), query.BytesAt(2)};
    const StoredEvidence stored{query.BytesAt(3), query.BytesAt(4), query.BytesAt(5)};
    const absl::Status opened = OpenEvidence(cipher, one.key, stored, &one.evidence);
    if (!opened.ok()) return AsUnavailable(opened);
  }
}

absl::Status Write(SqliteRows& rows, const IdentifiedEvidence& one) {
  const absl::StatusOr<StoredEvidence> sealed = SealEvidence(rows.cipher(), one.key, one.evidence);
  if (!sealed.ok()) return sealed.status();
  SqliteQuery query(rows.connection(), kUpdateEvidence);
  query.Text(sealed->key_id).Blob(sealed->placement).Blob(sealed->raw_answer).Int(one.id);
  return query.Run();
}

}  // namespace

absl::StatusOr<Maintained> SqliteMaintenance::Maintain(int most_rows) {
  Maintained maintained;
  const absl::StatusOr<int> erased = Erase(most_rows);
  if (!erased.ok()) return erased.status();
  maintained.erased = *erased;
  absl::StatusOr<int> older = CountOlder();
  if (!older.ok()) return older.status();
  if (*older == 0) return maintained;

  const absl::StatusOr<int> rows = ResealRows(most_rows);
  if (!rows.ok()) return rows.status();
  const absl::StatusOr<int> evidence = ResealEvidence(most_rows - *rows);
  if (!evidence.ok()) return evidence.status();
  maintained.resealed = *rows + *evidence;
  // Other calls move rows to the first key too, so the count may be too high until nothing is left.
  maintained.under_older_keys =
      maintained.resealed < most_rows ? 0 : std::max(1, *older - maintained.resealed);
  // Zero is believed only if it was counted: a COMMIT that fails undoes this call's work.
  older_.reset();
  if (maintained.under_older_keys > 0) older_ = maintained.under_older_keys;
  return maintained;
}

absl::StatusOr<int> SqliteMaintenance::Erase(int most_rows) {
  SqliteQuery query(rows_.connection(), kSelectErasable);
  const absl::StatusOr<std::vector<PlacementKey>> keys =
      rows_.Keys(query.Int(absl::ToUnixMicros(rows_.clock().Now())).Int(most_rows));
  if (!keys.ok()) return keys.status();
  for (const PlacementKey& key : *keys) {
    absl::StatusOr<std::optional<LedgerRow>> row = rows_.ReadPlacement(key);
    if (!row.ok()) return row.status();
    if (!row->has_value()) return absl::UnavailableError("a row vanished");
    RowContent content;
    content.row = *std::move(*row);
    content.row.placement = SkeletonOf(*content.row.placement);
    absl::Status status = rows_.Rewrite(content, /*erased=*/true);
    if (status.ok()) status = EraseEvidence(key);
    if (!status.ok()) return status;
  }
  return static_cast<int>(keys->size());
}

absl::Status SqliteMaintenance::EraseEvidence(const PlacementKey& key) {
  SqliteQuery query(rows_.connection(), kSelectEvidenceOf);
  absl::StatusOr<std::vector<IdentifiedEvidence>> all =
      ReadAll(rows_.cipher(), query.Text(key.caller).Text(key.request_id));
  if (!all.ok()) return all.status();
  for (IdentifiedEvidence& one : *all) {
    one.evidence.placement = SkeletonOf(*one.evidence.placement);
    one.evidence.raw_answer.clear();
    if (absl::Status status = Write(rows_, one); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<int> SqliteMaintenance::ResealRows(int most_rows) {
  SqliteQuery query(rows_.connection(), kSelectOlderRows);
  const absl::StatusOr<std::vector<PlacementKey>> keys =
      rows_.Keys(query.Text(rows_.cipher().key_id()).Int(most_rows));
  if (!keys.ok()) return keys.status();
  for (const PlacementKey& key : *keys) {
    const absl::StatusOr<std::optional<RowContent>> content = rows_.Read(key);
    if (!content.ok()) return content.status();
    if (!content->has_value()) return absl::UnavailableError("a row vanished");
    const absl::Status status = rows_.Rewrite(**content, /*erased=*/false);
    if (!status.ok()) return status;
  }
  return static_cast<int>(keys->size());
}

absl::StatusOr<int> SqliteMaintenance::ResealEvidence(int most_rows) {
  if (most_rows == 0) return 0;
  SqliteQuery query(rows_.connection(), kSelectOlderEvidence);
  const absl::StatusOr<std::vector<IdentifiedEvidence>> all =
      ReadAll(rows_.cipher(), query.Text(rows_.cipher().key_id()).Int(most_rows));
  if (!all.ok()) return all.status();
  for (const IdentifiedEvidence& one : *all) {
    if (absl::Status status = Write(rows_, one); !status.ok()) return status;
  }
  return static_cast<int>(all->size());
}

absl::StatusOr<int> SqliteMaintenance::CountOlder() {
  if (older_.has_value()) return *older_;
  SqliteQuery query(rows_.connection(), kCountOlder);
  const absl::StatusOr<bool> counted = query.Text(rows_.cipher().key_id()).Step();
  if (!counted.ok()) return counted.status();
  older_ = static_cast<int>(query.IntAt(0));
  return *older_;
}

absl::Status SqliteMaintenance::CheckKeys() {
  for (const char* next : {kNextRowKey, kNextEvidenceKey}) {
    std::string key_id;
    while (true) {
      SqliteQuery query(rows_.connection(), next);
      const absl::StatusOr<bool> found = query.Text(key_id).Step();
      if (!found.ok()) return found.status();
      key_id = query.BytesAt(0);
      if (key_id.empty()) break;
      if (!rows_.cipher().Knows(key_id)) {
        return absl::DataLossError(
            absl::StrCat("rows are encrypted under key ", key_id,
                         ", which is in no key file: name it in encryption_key_files too"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace order1688
