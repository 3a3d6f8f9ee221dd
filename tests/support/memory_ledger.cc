#include "tests/support/memory_ledger.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
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
  rows_[MapKey(key)].row = std::move(row);
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

std::vector<PlacementRecord> MemoryLedger::evidence() const {
  const std::lock_guard lock(mutex_);
  return evidence_;
}

Reserved MemoryLedger::DoReserve(const Reservation& reservation) {
  const auto found = rows_.find(MapKey(reservation.key));
  Stored after;
  if (found == rows_.end()) {
    after.row = RowForFirstAttempt(reservation, clock_.Now());
  } else {
    const LedgerRow& before = found->second.row;
    const ReserveOutcome outcome = JudgeReservation(before, reservation.fingerprint);
    if (outcome != ReserveOutcome::kFresh) return {outcome, before};
    after.row = RowForNextAttempt(before, reservation, clock_.Now());
  }
  after.request = reservation.request;
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
      evidence_.push_back(record);
      return {RecordOutcome::kSuperseded, stored.row};
    case RecordVerdict::kUnchanged:
      return {RecordOutcome::kRecorded, stored.row};
    case RecordVerdict::kWrite:
      break;
  }
  stored.row = RecordedRow(stored.row, record, clock_.Now());
  stored.raw_answer = std::string(CutRawAnswer(record.raw_answer));
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
    if (stored.row.placement.state() != v1::PLACEMENT_STATE_SENDING) continue;
    if (stored.lease_end > clock_.SinceBoot()) continue;
    stored.row = ExpiredRow(stored.row, clock_.Now());
    keys.push_back({key.first, key.second});
  }
  return keys;
}

}  // namespace order1688
