#include "server/ledger/postgres_lookups.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kSelectDue[] =
    "SELECT caller, request_id FROM order1688_placement WHERE account = $1 AND state = $2"
    " AND lookup_due <= $3 ORDER BY lookup_due, caller, request_id LIMIT $4";
// Compare-and-set on the time: whoever comes second finds that it is not due any more. `+ 0` as in
// the table's own statements: found by its key alone.
constexpr char kTake[] =
    "UPDATE order1688_placement SET lookup_due = $5 WHERE caller = $1 AND request_id = $2"
    " AND state + 0 = $3 AND lookup_due <= $4 RETURNING ";
constexpr char kSelectOwner[] =
    "SELECT p.caller, p.request_id, p.sign_time FROM order1688_owned_order o"
    " JOIN order1688_placement p ON p.caller = o.caller AND p.request_id = o.request_id"
    " WHERE o.account = $1 AND o.order_id = $2";

// The first whole microsecond of what is included.
int64_t MicrosFrom(absl::Time inclusive) {
  const int64_t micros = absl::ToUnixMicros(inclusive);
  const bool cut = inclusive != absl::InfiniteFuture() && absl::FromUnixMicros(micros) < inclusive;
  return cut ? micros + 1 : micros;
}

absl::StatusOr<LookupTask> OpenTask(const ColumnCipher& cipher, const PostgresRows& rows, int row) {
  absl::StatusOr<PostgresRow> opened = OpenWholeRow(cipher, rows, row);
  if (!opened.ok()) return opened.status();
  RowContent& content = opened->content;
  return LookupTask{std::move(content.row), std::move(content.request),
                    std::move(content.progress)};
}

}  // namespace

absl::StatusOr<std::vector<LookupTask>> PostgresLookups::Take(const LookupClaim& claim) {
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  const int64_t now_micros = absl::ToUnixMicros(*now);
  PostgresValues asked;
  asked.Text(claim.account).Int(v1::PLACEMENT_STATE_IN_DOUBT).Int(now_micros).Int(claim.limit);
  const absl::StatusOr<PostgresRows> due = transaction_.Run(kSelectDue, asked);
  if (!due.ok()) return due.status();

  std::vector<LookupTask> tasks;
  for (int i = 0; i < due->size(); ++i) {
    PostgresValues values;
    values.Text(due->BytesAt(i, 0)).Text(due->BytesAt(i, 1)).Int(v1::PLACEMENT_STATE_IN_DOUBT);
    values.Int(now_micros).Int(absl::ToUnixMicros(*now + claim.lease));
    const absl::StatusOr<PostgresRows> taken =
        transaction_.Run(absl::StrCat(kTake, kWholeColumns), values);
    if (!taken.ok()) return taken.status();
    if (taken->size() == 0) continue;
    absl::StatusOr<LookupTask> task = OpenTask(transaction_.cipher(), *taken, 0);
    // It is taken all the same, so that it does not stand in front of the others.
    if (absl::IsDataLoss(task.status())) continue;
    if (!task.ok()) return task.status();
    tasks.push_back(*std::move(task));
  }
  return tasks;
}

absl::StatusOr<bool> PostgresLookups::Note(const LookupNote& note) {
  const absl::StatusOr<std::optional<PostgresRow>> found = table_.Lock(note.key);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return false;
  PostgresRow after = **found;
  const LedgerRow before = after.content.row;
  if (before.placement->state() != v1::PLACEMENT_STATE_IN_DOUBT || before.fence != note.fence) {
    return false;
  }
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  after.content.row = NotedRow(before, note, *now);
  after.content.progress = note.progress;
  after.lookup_due = absl::ToUnixMicros(*now + note.next_in);
  if (absl::Status status = table_.Update(before, after, *now); !status.ok()) return status;
  return true;
}

absl::StatusOr<Neighbours> PostgresLookups::FindNeighbours(const NeighbourQuery& query) {
  // In this order: a row that is settled between the two is in both answers, not in neither.
  Neighbours neighbours;
  if (absl::Status status = FindUnsettled(query, &neighbours); !status.ok()) return status;
  if (absl::Status status = FindOwned(query, &neighbours); !status.ok()) return status;
  return neighbours;
}

absl::Status PostgresLookups::FindUnsettled(const NeighbourQuery& query, Neighbours* neighbours) {
  PostgresValues values;
  values.Text(query.account);
  values.Int(v1::PLACEMENT_STATE_SENDING).Int(v1::PLACEMENT_STATE_IN_DOUBT);
  values.Int(v1::PLACEMENT_STATE_CLOSED);
  values.Int(MicrosFrom(query.signed_from)).Int(absl::ToUnixMicros(query.signed_to));
  const absl::StatusOr<PostgresRows> rows = transaction_.Run(
      absl::StrCat("SELECT ", kWholeColumns,
                   " FROM order1688_placement WHERE account = $1 AND state IN ($2, $3, $4)"
                   " AND sign_time >= $5 AND sign_time <= $6 ORDER BY caller, request_id LIMIT ",
                   kMostUnsettledNeighbours + 1),
      values);
  if (!rows.ok()) return rows.status();
  neighbours->complete = rows->size() <= static_cast<int>(kMostUnsettledNeighbours);
  for (int i = 0; i < rows->size() && i < static_cast<int>(kMostUnsettledNeighbours); ++i) {
    absl::StatusOr<LookupTask> task = OpenTask(transaction_.cipher(), *rows, i);
    // Nobody can tell any more what it asked for.
    if (absl::IsDataLoss(task.status())) {
      neighbours->complete = false;
      continue;
    }
    if (!task.ok()) return task.status();
    neighbours->unsettled.push_back(*std::move(task));
  }
  return absl::OkStatus();
}

absl::Status PostgresLookups::FindOwned(const NeighbourQuery& query, Neighbours* neighbours) {
  for (const std::string& id : query.order_ids) {
    const absl::StatusOr<PostgresRows> rows =
        transaction_.Run(kSelectOwner, PostgresValues().Text(query.account).Bytes(id));
    if (!rows.ok()) return rows.status();
    if (rows->size() == 0) continue;
    neighbours->owned.push_back(
        {id, {rows->BytesAt(0, 0), rows->BytesAt(0, 1)}, absl::FromUnixMicros(rows->IntAt(0, 2))});
  }
  return absl::OkStatus();
}

}  // namespace order1688
