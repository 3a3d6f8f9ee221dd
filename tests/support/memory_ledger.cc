#include "tests/support/memory_ledger.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/util/time_util.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr absl::string_view kFingerprintKey = "the fingerprint key of the tests";

std::pair<std::string, std::string> MapKey(const PlacementKey& key) {
  return {key.caller, key.request_id};
}

}  // namespace

MemoryLedger::MemoryLedger(const Clock& clock, Answers answers) : clock_(clock), answers_(answers) {
  if (answers == Answers::kOnOwnThread) thread_ = std::thread([this] { RunThread(); });
}

MemoryLedger::~MemoryLedger() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

absl::string_view MemoryLedger::fingerprint_key() const { return kFingerprintKey; }

template <typename T>
void MemoryLedger::Enqueue(Method method, absl::AnyInvocable<T()> effect, Done<T> done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back([this, method, effect = std::move(effect), done = std::move(done)]() mutable {
      RunOne(method, effect, done);
    });
  }
  wake_.notify_one();
}

template <typename T>
void MemoryLedger::RunOne(Method method, absl::AnyInvocable<T()>& effect, Done<T>& done) {
  absl::StatusOr<T> answer = absl::UnavailableError("planned fault");
  {
    const std::lock_guard lock(mutex_);
    const std::optional<Fault> fault = TakeFault(method);
    if (!fault.has_value()) {
      answer = effect();
    } else if (*fault == Fault::kAfterEffect) {
      effect();
    }
  }
  absl::AnyInvocable<void()> between;
  {
    const std::lock_guard lock(mutex_);
    between = std::exchange(before_next_answer_, nullptr);
  }
  if (between != nullptr) between();
  std::move(done)(std::move(answer));
}

void MemoryLedger::Reserve(Reservation reservation, Done<Reserved> done) {
  Enqueue<Reserved>(
      Method::kReserve,
      [this, reservation = std::move(reservation)] { return DoReserve(reservation); },
      std::move(done));
}

void MemoryLedger::Record(PlacementRecord record, Done<Recorded> done) {
  Enqueue<Recorded>(
      Method::kRecord, [this, record = std::move(record)] { return DoRecord(record); },
      std::move(done));
}

void MemoryLedger::Find(PlacementKey key, Done<std::optional<LedgerRow>> done) {
  Enqueue<std::optional<LedgerRow>>(
      Method::kFind, [this, key = std::move(key)] { return DoFind(key); }, std::move(done));
}

void MemoryLedger::ExpireLeases(Done<std::vector<PlacementKey>> done) {
  Enqueue<std::vector<PlacementKey>>(
      Method::kExpireLeases, [this] { return DoExpireLeases(); }, std::move(done));
}

void MemoryLedger::FindWhole(PlacementKey key, Done<std::optional<WholeRow>> done) {
  Enqueue<std::optional<WholeRow>>(
      Method::kFindWhole, [this, key = std::move(key)] { return DoFindWhole(key); },
      std::move(done));
}

void MemoryLedger::List(PlacementQuery query, Done<std::vector<LedgerRow>> done) {
  Enqueue<std::vector<LedgerRow>>(
      Method::kList, [this, query = std::move(query)] { return DoList(query); }, std::move(done));
}

void MemoryLedger::Settle(RowSettlement settlement, Done<Settled> done) {
  Enqueue<Settled>(
      Method::kSettle, [this, settlement = std::move(settlement)] { return DoSettle(settlement); },
      std::move(done));
}

void MemoryLedger::TakeLookups(LookupClaim claim, Done<std::vector<LookupTask>> done) {
  Enqueue<std::vector<LookupTask>>(
      Method::kTakeLookups, [this, claim = std::move(claim)] { return DoTakeLookups(claim); },
      std::move(done));
}

void MemoryLedger::NoteLookup(LookupNote note, Done<bool> done) {
  Enqueue<bool>(
      Method::kNoteLookup, [this, note = std::move(note)] { return DoNoteLookup(note); },
      std::move(done));
}

void MemoryLedger::FindNeighbours(NeighbourQuery query, Done<Neighbours> done) {
  Enqueue<Neighbours>(
      Method::kFindNeighbours, [this, query = std::move(query)] { return DoFindNeighbours(query); },
      std::move(done));
}

void MemoryLedger::FindAccount(std::string account, Done<AccountState> done) {
  Enqueue<AccountState>(
      Method::kFindAccount, [this, account = std::move(account)] { return accounts_[account]; },
      std::move(done));
}

void MemoryLedger::ChangeAccount(AccountChange change, Done<AccountState> done) {
  Enqueue<AccountState>(
      Method::kChangeAccount,
      [this, change = std::move(change)] { return DoChangeAccount(change); }, std::move(done));
}

void MemoryLedger::Maintain(int most_rows, Done<Maintained> done) {
  Enqueue<Maintained>(
      Method::kMaintain, [this, most_rows] { return DoMaintain(most_rows); }, std::move(done));
}

void MemoryLedger::RunThread() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    absl::AnyInvocable<void()> call = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    call();
    call = nullptr;
    lock.lock();
  }
}

size_t MemoryLedger::RunPending() {
  size_t calls = 0;
  while (true) {
    absl::AnyInvocable<void()> call;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.empty()) return calls;
      call = std::move(queue_.front());
      queue_.pop_front();
    }
    call();
    ++calls;
  }
}

size_t MemoryLedger::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void MemoryLedger::FailNext(Method method, Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.emplace_back(method, fault);
}

void MemoryLedger::BeforeNextAnswer(absl::AnyInvocable<void()> run) {
  const std::lock_guard lock(mutex_);
  before_next_answer_ = std::move(run);
}

size_t MemoryLedger::faults_hit() const {
  const std::lock_guard lock(mutex_);
  return faults_hit_;
}

std::optional<MemoryLedger::Fault> MemoryLedger::TakeFault(Method method) {
  const auto planned = std::find_if(faults_.begin(), faults_.end(),
                                    [method](const auto& fault) { return fault.first == method; });
  if (planned == faults_.end()) return std::nullopt;
  const Fault fault = planned->second;
  faults_.erase(planned);
  ++faults_hit_;
  return fault;
}

std::optional<LedgerRow> MemoryLedger::row(const PlacementKey& key) const {
  const std::lock_guard lock(mutex_);
  return DoFind(key);
}

void MemoryLedger::SetRow(const PlacementKey& key, LedgerRow row) {
  const std::lock_guard lock(mutex_);
  Put(rows_[MapKey(key)], std::move(row));
}

std::string MemoryLedger::request(const PlacementKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(MapKey(key));
  return found == rows_.end() ? "" : found->second.request;
}

std::string MemoryLedger::raw_answer(const PlacementKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = rows_.find(MapKey(key));
  return found == rows_.end() ? "" : found->second.raw_answer;
}

std::vector<Evidence> MemoryLedger::evidence(const PlacementKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = evidence_.find(MapKey(key));
  return found == evidence_.end() ? std::vector<Evidence>() : found->second;
}

std::vector<AccountChange> MemoryLedger::account_changes() const {
  const std::lock_guard lock(mutex_);
  return account_changes_;
}

Reserved MemoryLedger::DoReserve(const Reservation& reservation) {
  const auto found = rows_.find(MapKey(reservation.key));
  const LedgerRow* before = found == rows_.end() ? nullptr : &found->second.row;
  // Asked twice, as by a store that runs its transaction again.
  (void)JudgeAdmission(before, reservation);
  const ReserveOutcome outcome = JudgeAdmission(before, reservation);
  if (outcome == ReserveOutcome::kNotAdmitted) return {outcome, {}};
  if (outcome != ReserveOutcome::kFresh) return {outcome, *before};
  const LedgerRow* duplicate = FindDuplicate(reservation);
  if (duplicate != nullptr && reservation.duplicates.refuse) {
    return {ReserveOutcome::kDuplicate, *duplicate};
  }
  Stored after;
  if (before == nullptr) {
    after.row = RowForFirstAttempt(reservation, clock_.Now());
  } else {
    after.row = RowForNextAttempt(*before, reservation, clock_.Now());
    Keep(reservation.key, kReplacedEvidence, *before->placement, found->second.raw_answer);
  }
  if (duplicate != nullptr) {
    after.row.placement->set_possible_duplicate_of(duplicate->placement->request_id());
  }
  after.request = reservation.request;
  after.business_mac = reservation.duplicates.business_mac;
  after.lease_end = clock_.SinceBoot() + reservation.lease;
  rows_[MapKey(reservation.key)] = after;
  return {ReserveOutcome::kFresh, after.row};
}

Recorded MemoryLedger::DoRecord(const PlacementRecord& record) {
  const auto found = rows_.find(MapKey(record.key));
  Stored nothing;
  Stored& stored = found == rows_.end() ? nothing : found->second;
  switch (JudgeRecord(stored.row, stored.raw_answer, record)) {
    case RecordVerdict::kSuperseded:
      Keep(record.key, kSupersededEvidence, *record.placement,
           CutRawAnswer(record.raw_answer.view()));
      return {RecordOutcome::kSuperseded, stored.row};
    case RecordVerdict::kUnchanged:
      return {RecordOutcome::kRecorded, stored.row};
    case RecordVerdict::kWrite:
      break;
  }
  if (stored.row.placement->state() != v1::PLACEMENT_STATE_SENDING) {
    Keep(record.key, kReplacedEvidence, *stored.row.placement, stored.raw_answer);
  }
  Put(stored, RecordedRow(stored.row, record.placement, clock_.Now()));
  stored.raw_answer = std::string(CutRawAnswer(record.raw_answer.view()));
  return {RecordOutcome::kRecorded, stored.row};
}

std::optional<LedgerRow> MemoryLedger::DoFind(const PlacementKey& key) const {
  const auto found = rows_.find(MapKey(key));
  if (found == rows_.end()) return std::nullopt;
  return found->second.row;
}

std::vector<PlacementKey> MemoryLedger::DoExpireLeases() {
  std::vector<PlacementKey> keys;
  for (auto& [key, stored] : rows_) {
    if (stored.row.placement->state() != v1::PLACEMENT_STATE_SENDING) continue;
    if (stored.lease_end > clock_.SinceBoot()) continue;
    Put(stored, ExpiredRow(stored.row, clock_.Now()));
    keys.push_back({key.first, key.second});
  }
  return keys;
}

void MemoryLedger::Put(Stored& stored, LedgerRow after) {
  const v1::Placement& placement = *after.placement;
  if (placement.state() == v1::PLACEMENT_STATE_IN_DOUBT &&
      stored.row.placement->state() != placement.state()) {
    stored.lookup_due = clock_.Now();
  }
  for (const std::string& key : OwnershipKeys(placement)) {
    owners_.try_emplace({placement.account(), key},
                        Key{placement.caller(), placement.request_id()});
  }
  stored.row = std::move(after);
}

void MemoryLedger::Keep(const PlacementKey& key, absl::string_view reason,
                        const v1::Placement& placement, absl::string_view raw_answer) {
  evidence_[MapKey(key)].push_back({clock_.Now(), std::string(reason),
                                    OnArena<v1::Placement>(placement), std::string(raw_answer)});
  // It is erased with the row, or after it.
  const auto row = rows_.find(MapKey(key));
  if (row != rows_.end()) row->second.erased = false;
}

const LedgerRow* MemoryLedger::FindDuplicate(const Reservation& reservation) const {
  const DuplicateSearch& search = reservation.duplicates;
  if (search.window == absl::ZeroDuration() || search.business_mac.empty()) return nullptr;
  const LedgerRow* latest = nullptr;
  for (const auto& [key, stored] : rows_) {
    const v1::Placement& placement = *stored.row.placement;
    const bool same = key.first == reservation.key.caller &&
                      key.second != reservation.key.request_id &&
                      stored.business_mac == search.business_mac;
    if (!same || !MayHaveBought(placement.state())) continue;
    if (TimeOf(placement.create_time()) <= clock_.Now() - search.window) continue;
    const bool later = latest == nullptr ||
                       TimeOf(placement.create_time()) > TimeOf(latest->placement->create_time());
    if (later) latest = &stored.row;
  }
  return latest;
}

std::optional<WholeRow> MemoryLedger::DoFindWhole(const PlacementKey& key) const {
  const auto found = rows_.find(MapKey(key));
  const auto kept = evidence_.find(MapKey(key));
  if (found == rows_.end() && kept == evidence_.end()) return std::nullopt;
  const Stored stored = found == rows_.end() ? Stored() : found->second;
  return WholeRow{stored.row, stored.request, stored.raw_answer,
                  kept == evidence_.end() ? std::vector<Evidence>() : kept->second};
}

std::vector<LedgerRow> MemoryLedger::DoList(const PlacementQuery& query) const {
  std::vector<LedgerRow> rows;
  for (const auto& [key, stored] : rows_) {
    const v1::Placement& placement = *stored.row.placement;
    const bool in_state = query.states.empty() ||
                          std::find(query.states.begin(), query.states.end(), placement.state()) !=
                              query.states.end();
    const bool asked = in_state && (query.caller.empty() || query.caller == key.first) &&
                       (query.account.empty() || query.account == placement.account()) &&
                       TimeOf(placement.update_time()) > query.changed_after &&
                       (!query.after.has_value() || PositionOf(stored.row) > *query.after);
    if (asked) rows.push_back(stored.row);
  }
  std::sort(rows.begin(), rows.end(), [](const LedgerRow& one, const LedgerRow& other) {
    return PositionOf(one) < PositionOf(other);
  });
  if (rows.size() > static_cast<size_t>(query.limit)) rows.resize(query.limit);
  return rows;
}

Settled MemoryLedger::DoSettle(const RowSettlement& settlement) {
  const auto found = rows_.find(MapKey(settlement.key));
  if (found == rows_.end()) return {};
  Stored& stored = found->second;
  const SettleOutcome outcome = JudgeSettlement(stored.row, settlement);
  if (outcome != SettleOutcome::kSettled) return {outcome, stored.row};
  for (const std::string& id : OwnedOrderIds(*settlement.placement)) {
    const auto owner = owners_.find({stored.row.placement->account(), id});
    if (owner != owners_.end() && owner->second != MapKey(settlement.key)) {
      return {SettleOutcome::kOrderOwned, stored.row};
    }
  }
  Keep(settlement.key, kReplacedEvidence, *stored.row.placement, stored.raw_answer);
  Put(stored, SettledRow(stored.row, settlement, clock_.Now()));
  if (!settlement.raw_answer.empty()) {
    stored.raw_answer = std::string(CutRawAnswer(settlement.raw_answer));
  }
  return {SettleOutcome::kSettled, stored.row};
}

std::vector<LookupTask> MemoryLedger::DoTakeLookups(const LookupClaim& claim) {
  std::vector<Stored*> due;
  for (auto& [key, stored] : rows_) {
    const v1::Placement& placement = *stored.row.placement;
    if (placement.state() == v1::PLACEMENT_STATE_IN_DOUBT && placement.account() == claim.account &&
        stored.lookup_due <= clock_.Now()) {
      due.push_back(&stored);
    }
  }
  std::stable_sort(due.begin(), due.end(), [](const Stored* one, const Stored* other) {
    return one->lookup_due < other->lookup_due;
  });
  if (due.size() > static_cast<size_t>(claim.limit)) due.resize(claim.limit);
  std::vector<LookupTask> tasks;
  for (Stored* stored : due) {
    stored->lookup_due = clock_.Now() + claim.lease;
    tasks.push_back({stored->row, stored->request, stored->progress});
  }
  return tasks;
}

bool MemoryLedger::DoNoteLookup(const LookupNote& note) {
  const auto found = rows_.find(MapKey(note.key));
  if (found == rows_.end()) return false;
  Stored& stored = found->second;
  if (stored.row.placement->state() != v1::PLACEMENT_STATE_IN_DOUBT ||
      stored.row.fence != note.fence) {
    return false;
  }
  stored.row = NotedRow(stored.row, note, clock_.Now());
  stored.progress = note.progress;
  stored.lookup_due = clock_.Now() + note.next_in;
  return true;
}

Neighbours MemoryLedger::DoFindNeighbours(const NeighbourQuery& query) const {
  Neighbours neighbours;
  for (const std::string& id : query.order_ids) {
    const auto owner = owners_.find({query.account, id});
    if (owner == owners_.end()) continue;
    const v1::Placement& placement = *rows_.at(owner->second).row.placement;
    neighbours.owned.push_back(
        {id, {owner->second.first, owner->second.second}, TimeOf(placement.sign_time())});
  }
  for (const auto& [key, stored] : rows_) {
    const v1::Placement& placement = *stored.row.placement;
    const bool unsettled = placement.state() == v1::PLACEMENT_STATE_SENDING ||
                           placement.state() == v1::PLACEMENT_STATE_IN_DOUBT ||
                           placement.state() == v1::PLACEMENT_STATE_CLOSED;
    const absl::Time signed_at = TimeOf(placement.sign_time());
    if (unsettled && placement.account() == query.account && signed_at >= query.signed_from &&
        signed_at <= query.signed_to) {
      neighbours.unsettled.push_back({stored.row, stored.request, stored.progress});
    }
  }
  neighbours.complete = neighbours.unsettled.size() <= kMostUnsettledNeighbours;
  if (!neighbours.complete) neighbours.unsettled.resize(kMostUnsettledNeighbours);
  return neighbours;
}

AccountState MemoryLedger::DoChangeAccount(const AccountChange& change) {
  account_changes_.push_back(change);
  return accounts_[change.account] = ChangedAccount(accounts_[change.account], change);
}

Maintained MemoryLedger::DoMaintain(int most_rows) {
  Maintained maintained;
  for (auto& [key, stored] : rows_) {
    const v1::Placement& placement = *stored.row.placement;
    if (maintained.erased == most_rows) break;
    if (stored.erased || !IsErasable(placement, clock_.Now())) continue;
    stored.row.placement = SkeletonOf(placement);
    stored.request.clear();
    stored.raw_answer.clear();
    stored.progress.clear();
    stored.erased = true;
    for (Evidence& evidence : evidence_[key]) {
      evidence.placement = SkeletonOf(*evidence.placement);
      evidence.raw_answer.clear();
    }
    ++maintained.erased;
  }
  return maintained;
}

}  // namespace order1688
