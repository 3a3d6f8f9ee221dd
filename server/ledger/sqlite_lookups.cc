#include "server/ledger/sqlite_lookups.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/time/time.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

// One caller and one state at a time, so that an index gives the rows in order whatever is asked
// for. The first bound on update_time is for the index, the row value decides. `state <> 1` is the
// index's own condition.
constexpr char kListOfCaller[] =
    "SELECT update_time, caller, request_id FROM placement WHERE state = ?1 AND state <> 1"
    " AND update_time >= ?2 AND (update_time, caller, request_id) > (?3, ?4, ?5)"
    " AND (?6 = '' OR account = ?6) AND caller = ?8 ORDER BY update_time, request_id LIMIT ?7";
// Rows that are SENDING (1) are few: they are sorted.
constexpr char kListSending[] =
    "SELECT update_time, caller, request_id FROM placement WHERE state = 1"
    " AND update_time >= ?2 AND (update_time, caller, request_id) > (?3, ?4, ?5)"
    " AND (?6 = '' OR account = ?6) AND caller = ?8 ORDER BY update_time, request_id LIMIT ?7";
constexpr char kNextCaller[] = "SELECT min(caller) FROM placement WHERE caller > ?";
constexpr char kSelectDue[] =
    "SELECT caller, request_id FROM placement WHERE account = ? AND lookup_due <= ?"
    " ORDER BY lookup_due, caller, request_id LIMIT ?";
// 1, 5 and 7 are SENDING, IN_DOUBT and CLOSED, written out as in the indexes.
constexpr char kSelectUnsettled[] =
    "SELECT caller, request_id FROM ("
    "SELECT sign_time, caller, request_id FROM placement WHERE state = 1 AND account = ?1"
    " AND sign_time BETWEEN ?2 AND ?3 UNION ALL "
    "SELECT sign_time, caller, request_id FROM placement WHERE account = ?1"
    " AND (state = 5 OR state = 7) AND sign_time BETWEEN ?2 AND ?3)"
    " ORDER BY sign_time, caller, request_id LIMIT ?4";
static_assert(v1::PLACEMENT_STATE_SENDING == 1 && v1::PLACEMENT_STATE_IN_DOUBT == 5 &&
              v1::PLACEMENT_STATE_CLOSED == 7);
constexpr char kSelectOwned[] =
    "SELECT o.caller, o.request_id, p.sign_time FROM owned_order AS o JOIN placement AS p"
    " ON p.caller = o.caller AND p.request_id = o.request_id WHERE o.account = ? AND o.order_id = "
    "?";

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t MicrosFrom(absl::Time inclusive) {
  const int64_t micros = absl::ToUnixMicros(inclusive);
  return absl::FromUnixMicros(micros) < inclusive && micros < kNever ? micros + 1 : micros;
}

}  // namespace

absl::StatusOr<std::vector<LedgerRow>> SqliteLookups::List(const PlacementQuery& query) {
  std::vector<v1::PlacementState> states = query.states;
  if (states.empty()) {
    for (int state = v1::PlacementState_MIN; state <= v1::PlacementState_MAX; ++state) {
      states.push_back(static_cast<v1::PlacementState>(state));
    }
  }
  std::sort(states.begin(), states.end());
  states.erase(std::unique(states.begin(), states.end()), states.end());
  absl::StatusOr<std::vector<std::string>> callers = Callers(query);
  if (!callers.ok()) return callers.status();
  std::vector<PlacementPosition> found;
  for (const std::string& caller : *callers) {
    for (const v1::PlacementState state : states) {
      absl::StatusOr<std::vector<PlacementPosition>> some = ListState(query, caller, state);
      if (!some.ok()) return some.status();
      found.insert(found.end(), some->begin(), some->end());
    }
  }
  std::sort(found.begin(), found.end());
  if (found.size() > static_cast<size_t>(query.limit)) found.resize(query.limit);
  std::vector<PlacementKey> keys;
  for (const PlacementPosition& position : found) {
    keys.push_back({position.caller, position.request_id});
  }
  return rows_.ReadPlacements(keys);
}

absl::StatusOr<std::vector<std::string>> SqliteLookups::Callers(const PlacementQuery& asked) {
  if (!asked.caller.empty()) return std::vector<std::string>{asked.caller};
  std::vector<std::string> callers;
  std::string last;
  while (true) {
    SqliteQuery query(rows_.connection(), kNextCaller);
    const absl::StatusOr<bool> found = query.Text(last).Step();
    if (!found.ok()) return found.status();
    last = query.BytesAt(0);
    if (last.empty()) return callers;
    callers.push_back(last);
  }
}

absl::StatusOr<std::vector<PlacementPosition>> SqliteLookups::ListState(const PlacementQuery& asked,
                                                                        const std::string& caller,
                                                                        v1::PlacementState state) {
  const int64_t changed_after = absl::ToUnixMicros(asked.changed_after);
  if (changed_after == kNever) return std::vector<PlacementPosition>();
  const PlacementPosition after =
      asked.after.value_or(PlacementPosition{std::numeric_limits<int64_t>::min(), "", ""});
  SqliteQuery query(rows_.connection(),
                    state == v1::PLACEMENT_STATE_SENDING ? kListSending : kListOfCaller);
  query.Int(state).Int(std::max(changed_after + 1, after.update_micros));
  query.Int(after.update_micros).Text(after.caller).Text(after.request_id);
  query.Text(asked.account).Int(asked.limit).Text(caller);
  std::vector<PlacementPosition> found;
  while (true) {
    const absl::StatusOr<bool> more = query.Step();
    if (!more.ok()) return more.status();
    if (!*more) return found;
    found.push_back({query.IntAt(0), query.BytesAt(1), query.BytesAt(2)});
  }
}

absl::StatusOr<std::vector<LookupTask>> SqliteLookups::TakeLookups(const LookupClaim& claim) {
  const absl::Time now = rows_.clock().Now();
  SqliteQuery query(rows_.connection(), kSelectDue);
  const absl::StatusOr<std::vector<PlacementKey>> keys =
      rows_.Keys(query.Text(claim.account).Int(absl::ToUnixMicros(now)).Int(claim.limit));
  if (!keys.ok()) return keys.status();
  for (const PlacementKey& key : *keys) {
    const absl::Status status = rows_.SetLookupDue(key, now + claim.lease);
    if (!status.ok()) return status;
  }
  return Tasks(*keys);
}

absl::StatusOr<std::vector<LookupTask>> SqliteLookups::Tasks(
    const std::vector<PlacementKey>& keys) {
  std::vector<LookupTask> tasks;
  for (const PlacementKey& key : keys) {
    absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(key);
    if (!stored.ok()) return stored.status();
    if (!stored->has_value()) return absl::UnavailableError("a row vanished");
    RowContent content = *std::move(*stored);
    tasks.push_back(
        {std::move(content.row), std::move(content.request), std::move(content.progress)});
  }
  return tasks;
}

absl::StatusOr<bool> SqliteLookups::NoteLookup(const LookupNote& note) {
  absl::StatusOr<std::optional<RowContent>> stored = rows_.Read(note.key);
  if (!stored.ok()) return stored.status();
  if (!stored->has_value()) return false;
  RowContent content = *std::move(*stored);
  const LedgerRow before = content.row;
  if (before.placement->state() != v1::PLACEMENT_STATE_IN_DOUBT || before.fence != note.fence) {
    return false;
  }
  const absl::Time now = rows_.clock().Now();
  content.row = NotedRow(before, note, now);
  content.progress = note.progress;
  absl::Status status = rows_.Update(before, content);
  if (status.ok()) status = rows_.SetLookupDue(note.key, now + note.next_in);
  if (!status.ok()) return status;
  return true;
}

absl::StatusOr<Neighbours> SqliteLookups::FindNeighbours(const NeighbourQuery& asked) {
  Neighbours neighbours;
  if (absl::Status status = FindOwned(asked, &neighbours.owned); !status.ok()) return status;
  SqliteQuery query(rows_.connection(), kSelectUnsettled);
  query.Text(asked.account).Int(MicrosFrom(asked.signed_from));
  query.Int(absl::ToUnixMicros(asked.signed_to)).Int(kMostUnsettledNeighbours + 1);
  absl::StatusOr<std::vector<PlacementKey>> keys = rows_.Keys(query);
  if (!keys.ok()) return keys.status();
  neighbours.complete = keys->size() <= kMostUnsettledNeighbours;
  if (!neighbours.complete) keys->resize(kMostUnsettledNeighbours);
  absl::StatusOr<std::vector<LookupTask>> unsettled = Tasks(*keys);
  if (!unsettled.ok()) return unsettled.status();
  neighbours.unsettled = *std::move(unsettled);
  return neighbours;
}

absl::Status SqliteLookups::FindOwned(const NeighbourQuery& asked, std::vector<OwnedOrder>* owned) {
  for (const std::string& id : asked.order_ids) {
    SqliteQuery query(rows_.connection(), kSelectOwned);
    const absl::StatusOr<bool> found = query.Text(asked.account).Text(id).Step();
    if (!found.ok()) return found.status();
    if (!*found) continue;
    owned->push_back(
        {id, {query.BytesAt(0), query.BytesAt(1)}, absl::FromUnixMicros(query.IntAt(2))});
  }
  return absl::OkStatus();
}

}  // namespace order1688
