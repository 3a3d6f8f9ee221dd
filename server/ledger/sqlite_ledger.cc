#include "server/ledger/sqlite_ledger.h"

#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/ledger/sqlite_schema.h"

namespace order1688 {
namespace {

constexpr int kOwnerBytes = 16;
// About 4 MB: small enough that a checkpoint takes milliseconds.
constexpr int kCheckpointPages = 1000;

absl::Status Named(const LedgerFile& file, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("ledger ", file.path(), ": ", status.message()));
}

// The senders of these rows are dead: the lock on the file shows it.
absl::StatusOr<std::vector<PlacementKey>> ExpireOrphans(SqliteConnection& connection,
                                                        SqlitePlacements& placements) {
  if (absl::Status status = connection.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  absl::StatusOr<std::vector<PlacementKey>> keys = placements.ExpireAllLeases();
  if (keys.ok()) {
    if (absl::Status status = connection.Execute("COMMIT"); !status.ok()) keys = status;
  }
  if (!keys.ok() && connection.InTransaction()) (void)connection.Execute("ROLLBACK");
  return keys;
}

}  // namespace

// One call that waits for the writer.
class SqliteLedger::Call {
 public:
  virtual ~Call() = default;
  // Works inside the transaction and keeps the answer.
  virtual absl::Status Run(SqlitePlacements& placements) = 0;
  // Hands over the answer, or the error of the whole transaction.
  virtual void Finish(const absl::Status& committed) = 0;
};

template <typename T>
class SqliteLedger::TypedCall final : public Call {
 public:
  using Work = absl::AnyInvocable<absl::StatusOr<T>(SqlitePlacements&)>;

  TypedCall(Work work, Done<T> done) : work_(std::move(work)), done_(std::move(done)) {}

  absl::Status Run(SqlitePlacements& placements) override {
    answer_ = work_(placements);
    return answer_.status();
  }

  void Finish(const absl::Status& committed) override {
    if (!committed.ok()) answer_ = committed;
    std::move(done_)(std::move(answer_));
  }

 private:
  Work work_;
  Done<T> done_;
  absl::StatusOr<T> answer_ = absl::UnavailableError("the ledger did not get to it");
};

absl::StatusOr<std::unique_ptr<SqliteLedger>> SqliteLedger::Open(const std::string& path,
                                                                 const Clock& clock) {
  absl::StatusOr<LedgerFile> file = LedgerFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::unique_ptr<SqliteConnection>> connection =
      SqliteConnection::Open(file->path());
  if (!connection.ok()) return Named(*file, connection.status());
  if (absl::Status status = PrepareSchema(**connection); !status.ok()) return Named(*file, status);
  absl::StatusOr<std::string> key = ReadFingerprintKey(**connection);
  if (!key.ok()) return Named(*file, key.status());
  const absl::StatusOr<std::string> owner = RandomBytes(kOwnerBytes);
  if (!owner.ok()) return Named(*file, owner.status());

  SqlitePlacements placements(**connection, clock, absl::BytesToHexString(*owner));
  absl::StatusOr<std::vector<PlacementKey>> orphans = ExpireOrphans(**connection, placements);
  if (!orphans.ok()) return Named(*file, orphans.status());
  return std::unique_ptr<SqliteLedger>(new SqliteLedger(*std::move(file), *std::move(connection),
                                                        std::move(placements), *std::move(key),
                                                        *std::move(orphans)));
}

SqliteLedger::SqliteLedger(LedgerFile file, std::unique_ptr<SqliteConnection> connection,
                           SqlitePlacements placements, std::string fingerprint_key,
                           std::vector<PlacementKey> found_sending)
    : file_(std::move(file)),
      connection_(std::move(connection)),
      placements_(std::move(placements)),
      fingerprint_key_(std::move(fingerprint_key)),
      found_sending_(std::move(found_sending)),
      writer_([this] { RunWriter(); }) {}

SqliteLedger::~SqliteLedger() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void SqliteLedger::Reserve(Reservation reservation, Done<Reserved> done) {
  Enqueue(std::make_unique<TypedCall<Reserved>>(
      [reservation = std::move(reservation)](SqlitePlacements& placements) {
        return placements.Reserve(reservation);
      },
      std::move(done)));
}

void SqliteLedger::Record(PlacementRecord record, Done<Recorded> done) {
  Enqueue(std::make_unique<TypedCall<Recorded>>(
      [record = std::move(record)](SqlitePlacements& placements) {
        return placements.Record(record);
      },
      std::move(done)));
}

void SqliteLedger::Find(PlacementKey key, Done<std::optional<LedgerRow>> done) {
  Enqueue(std::make_unique<TypedCall<std::optional<LedgerRow>>>(
      [key = std::move(key)](SqlitePlacements& placements) { return placements.Find(key); },
      std::move(done)));
}

void SqliteLedger::ExpireLeases(Done<std::vector<PlacementKey>> done) {
  Enqueue(std::make_unique<TypedCall<std::vector<PlacementKey>>>(
      [](SqlitePlacements& placements) { return placements.ExpireLeases(); }, std::move(done)));
}

void SqliteLedger::FindWhole(PlacementKey question, Done<std::optional<WholeRow>> done) {
  Enqueue(std::make_unique<TypedCall<std::optional<WholeRow>>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::List(PlacementQuery question, Done<std::vector<LedgerRow>> done) {
  Enqueue(std::make_unique<TypedCall<std::vector<LedgerRow>>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::Settle(RowSettlement question, Done<Settled> done) {
  Enqueue(std::make_unique<TypedCall<Settled>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::TakeLookups(LookupClaim question, Done<std::vector<LookupTask>> done) {
  Enqueue(std::make_unique<TypedCall<std::vector<LookupTask>>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::NoteLookup(LookupNote question, Done<bool> done) {
  Enqueue(std::make_unique<TypedCall<bool>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::FindNeighbours(NeighbourQuery question, Done<Neighbours> done) {
  Enqueue(std::make_unique<TypedCall<Neighbours>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::FindAccount(std::string question, Done<AccountState> done) {
  Enqueue(std::make_unique<TypedCall<AccountState>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::ChangeAccount(AccountChange question, Done<AccountState> done) {
  Enqueue(std::make_unique<TypedCall<AccountState>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::Maintain(int question, Done<Maintained> done) {
  Enqueue(std::make_unique<TypedCall<Maintained>>(
      [](SqlitePlacements&) { return absl::UnavailableError("branch"); }, std::move(done)));
}

void SqliteLedger::Enqueue(std::unique_ptr<Call> call) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(call));
  }
  wake_.notify_one();
}

void SqliteLedger::RunWriter() {
  while (true) {
    std::vector<std::unique_ptr<Call>> calls;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      calls.swap(queue_);
    }
    const absl::Status committed = Commit(calls);
    for (const std::unique_ptr<Call>& call : calls) call->Finish(committed);
    calls.clear();
    Checkpoint();
  }
}

absl::Status SqliteLedger::Commit(const std::vector<std::unique_ptr<Call>>& calls) {
  if (!stopped_.ok()) return stopped_;
  absl::Status status = connection_->Execute("BEGIN IMMEDIATE");
  for (auto call = calls.begin(); status.ok() && call != calls.end(); ++call) {
    status = RunAlone(**call);
  }
  if (status.ok()) status = connection_->Execute("COMMIT");
  if (!status.ok() && connection_->InTransaction()) (void)connection_->Execute("ROLLBACK");
  // After COMMIT: what went into a deleted file is not durable.
  const absl::Status in_place = file_.CheckInPlace();
  if (!in_place.ok()) {
    stopped_ = in_place;
    return stopped_;
  }
  StopIfBroken(status);
  if (!stopped_.ok()) return stopped_;
  return status.ok() ? status : Named(file_, status);
}

// Runs after the answers, so that nobody waits for it. What it fails at, the next one does again.
void SqliteLedger::Checkpoint() {
  if (stopped_.ok()) StopIfBroken(connection_->CheckpointBeyond(kCheckpointPages));
}

void SqliteLedger::StopIfBroken(const absl::Status& last) {
  if (!connection_->MustStop()) return;
  stopped_ =
      Named(file_, absl::UnavailableError(absl::StrCat(
                       "stopped, the disk failed or the file is damaged: ", last.message())));
}

// An error means that the transaction is lost. A call's own error is undone and stays in the call.
absl::Status SqliteLedger::RunAlone(Call& call) {
  if (absl::Status status = connection_->Execute("SAVEPOINT call"); !status.ok()) return status;
  absl::Status own = call.Run(placements_);
  // A full disk, for one, ends the whole transaction by itself.
  if (!connection_->InTransaction() || connection_->MustStop()) return own;
  if (!own.ok()) {
    if (absl::Status status = connection_->Execute("ROLLBACK TO call"); !status.ok()) return status;
  }
  return connection_->Execute("RELEASE call");
}

}  // namespace order1688
