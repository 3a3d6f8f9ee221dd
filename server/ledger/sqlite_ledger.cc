#include "server/ledger/sqlite_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/encryption_keys.h"
#include "server/ledger/row_transition.h"
#include "server/ledger/sqlite_accounts.h"
#include "server/ledger/sqlite_lookups.h"
#include "server/ledger/sqlite_maintenance.h"
#include "server/ledger/sqlite_placements.h"
#include "server/ledger/sqlite_rows.h"
#include "server/ledger/sqlite_schema.h"

namespace order1688 {
namespace {

constexpr int kOwnerBytes = 16;
constexpr char kBegin[] = "BEGIN IMMEDIATE";
constexpr char kCommit[] = "COMMIT";
constexpr char kRollback[] = "ROLLBACK";
constexpr char kSavepoint[] = "SAVEPOINT call";
constexpr char kUndoCall[] = "ROLLBACK TO call";
constexpr char kRelease[] = "RELEASE call";
// About 8 MB: so much is copied at a time, beside the COMMITs.
constexpr int kCheckpointPages = 1000;
// About 32 MB: then the writer copies the rest, a few milliseconds, so that the log begins anew.
constexpr int kLongestLogPages = 4000;

absl::Status Named(const LedgerFile& file, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("ledger ", file.path(), ": ", status.message()));
}

// The keys that the configuration gives, or else the one beside the ledger.
absl::StatusOr<ColumnCipher> MakeCipher(const LedgerFile& file, SchemaFound found,
                                        std::vector<std::string> keys) {
  if (keys.empty()) {
    // What is not encrypted yet may get a new key.
    const bool encrypted = found == SchemaFound::kVersion2Or3 || found == SchemaFound::kCurrent;
    absl::StatusOr<std::string> key = LoadKeyFile(
        file.path() + ".key", encrypted ? MissingKeyFile::kRefuse : MissingKeyFile::kMake);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  return ColumnCipher::Create(std::move(keys));
}

}  // namespace

// What the writer thread works with.
struct SqliteLedger::Tables {
  Tables(SqliteConnection& connection, const Clock& clock, ColumnCipher cipher, std::string owner)
      : rows(connection, clock, std::move(cipher), std::move(owner)) {}

  SqliteRows rows;
  SqlitePlacements placements{rows};
  SqliteLookups lookups{rows};
  SqliteAccounts accounts{rows};
  SqliteMaintenance maintenance{rows};
};

// One call that waits for the writer.
class SqliteLedger::Call {
 public:
  virtual ~Call() = default;
  // Works inside the transaction and keeps the answer. May be run again after it was undone.
  virtual absl::Status Run(Tables& tables) = 0;
  // Hands over the answer, or the error of the whole transaction.
  virtual void Finish(const absl::Status& committed) = 0;
};

template <typename T>
class SqliteLedger::TypedCall final : public Call {
 public:
  using Work = absl::AnyInvocable<absl::StatusOr<T>(Tables&)>;

  TypedCall(Work work, Done<T> done) : work_(std::move(work)), done_(std::move(done)) {}

  absl::Status Run(Tables& tables) override {
    answer_ = work_(tables);
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

absl::StatusOr<std::unique_ptr<SqliteLedger>> SqliteLedger::Open(
    const std::string& path, std::vector<std::string> encryption_keys, const Clock& clock) {
  absl::StatusOr<LedgerFile> file = LedgerFile::Open(path);
  if (!file.ok()) return file.status();
  absl::StatusOr<std::unique_ptr<SqliteConnection>> connection =
      SqliteConnection::Open(file->path());
  if (!connection.ok()) return Named(*file, connection.status());
  const absl::StatusOr<SchemaFound> found = InspectSchema(**connection);
  if (!found.ok()) return Named(*file, found.status());
  absl::StatusOr<ColumnCipher> cipher = MakeCipher(*file, *found, std::move(encryption_keys));
  if (!cipher.ok()) return Named(*file, cipher.status());
  absl::Status status = PrepareSchema(**connection, *found, *cipher, clock);
  if (!status.ok()) return Named(*file, status);
  absl::StatusOr<std::string> key = ReadFingerprintKey(**connection, *cipher);
  if (!key.ok()) return Named(*file, key.status());
  const absl::StatusOr<std::string> owner = RandomBytes(kOwnerBytes);
  if (!owner.ok()) return Named(*file, owner.status());

  auto tables = std::make_unique<Tables>(**connection, clock, *std::move(cipher),
                                         absl::BytesToHexString(*owner));
  status = tables->maintenance.CheckKeys();
  if (!status.ok()) return Named(*file, status);
  absl::StatusOr<std::vector<PlacementKey>> orphans = ExpireOrphans(**connection, *tables);
  if (!orphans.ok()) return Named(*file, orphans.status());
  absl::StatusOr<std::unique_ptr<SqliteCheckpointer>> checkpointer =
      SqliteCheckpointer::Open(file->path());
  if (!checkpointer.ok()) return Named(*file, checkpointer.status());
  return std::unique_ptr<SqliteLedger>(new SqliteLedger(*std::move(file), *std::move(connection),
                                                        *std::move(checkpointer), std::move(tables),
                                                        *std::move(key), *std::move(orphans)));
}

SqliteLedger::SqliteLedger(LedgerFile file, std::unique_ptr<SqliteConnection> connection,
                           std::unique_ptr<SqliteCheckpointer> checkpointer,
                           std::unique_ptr<Tables> tables, std::string fingerprint_key,
                           std::vector<PlacementKey> found_sending)
    : file_(std::move(file)),
      connection_(std::move(connection)),
      checkpointer_(std::move(checkpointer)),
      tables_(std::move(tables)),
      fingerprint_key_(std::move(fingerprint_key)),
      found_sending_(std::move(found_sending)),
      writer_([this] { RunWriter(); }) {}

absl::StatusOr<std::vector<PlacementKey>> SqliteLedger::ExpireOrphans(SqliteConnection& connection,
                                                                      Tables& tables) {
  if (absl::Status status = connection.Execute("BEGIN IMMEDIATE"); !status.ok()) return status;
  absl::StatusOr<std::vector<PlacementKey>> keys = tables.placements.ExpireAllLeases();
  if (keys.ok()) {
    if (absl::Status status = connection.Execute("COMMIT"); !status.ok()) keys = status;
  }
  if (!keys.ok() && connection.InTransaction()) (void)connection.Execute("ROLLBACK");
  return keys;
}

SqliteLedger::~SqliteLedger() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void SqliteLedger::Reserve(Reservation reservation, Done<Reserved> done) {
  Enqueue<Reserved>([reservation = std::move(reservation)](
                        Tables& tables) { return tables.placements.Reserve(reservation); },
                    std::move(done));
}

// An outcome is large: it is written and given back without a copy.
void SqliteLedger::Record(PlacementRecord record, Done<Recorded> done) {
  auto kept = std::make_shared<PlacementRecord>(std::move(record));
  Enqueue<Recorded>([kept](Tables& tables) { return tables.placements.Record(kept.get()); },
                    [kept, done = std::move(done)](absl::StatusOr<Recorded> recorded) mutable {
                      GiveBack(std::move(*kept), &recorded);
                      std::move(done)(std::move(recorded));
                    });
}

void SqliteLedger::Find(PlacementKey key, Done<std::optional<LedgerRow>> done) {
  Enqueue<std::optional<LedgerRow>>(
      [key = std::move(key)](Tables& tables) { return tables.placements.Find(key); },
      std::move(done));
}

void SqliteLedger::ExpireLeases(Done<std::vector<PlacementKey>> done) {
  Enqueue<std::vector<PlacementKey>>(
      [](Tables& tables) { return tables.placements.ExpireLeases(); }, std::move(done));
}

void SqliteLedger::FindWhole(PlacementKey key, Done<std::optional<WholeRow>> done) {
  Enqueue<std::optional<WholeRow>>(
      [key = std::move(key)](Tables& tables) { return tables.placements.FindWhole(key); },
      std::move(done));
}

void SqliteLedger::List(PlacementQuery query, Done<std::vector<LedgerRow>> done) {
  Enqueue<std::vector<LedgerRow>>(
      [query = std::move(query)](Tables& tables) { return tables.lookups.List(query); },
      std::move(done));
}

void SqliteLedger::Settle(RowSettlement settlement, Done<Settled> done) {
  Enqueue<Settled>([settlement = std::move(settlement)](
                       Tables& tables) { return tables.placements.Settle(settlement); },
                   std::move(done));
}

void SqliteLedger::TakeLookups(LookupClaim claim, Done<std::vector<LookupTask>> done) {
  Enqueue<std::vector<LookupTask>>(
      [claim = std::move(claim)](Tables& tables) { return tables.lookups.TakeLookups(claim); },
      std::move(done));
}

void SqliteLedger::NoteLookup(LookupNote note, Done<bool> done) {
  Enqueue<bool>(
      [note = std::move(note)](Tables& tables) { return tables.lookups.NoteLookup(note); },
      std::move(done));
}

void SqliteLedger::FindNeighbours(NeighbourQuery query, Done<Neighbours> done) {
  Enqueue<Neighbours>(
      [query = std::move(query)](Tables& tables) { return tables.lookups.FindNeighbours(query); },
      std::move(done));
}

void SqliteLedger::FindAccount(std::string account, Done<AccountState> done) {
  Enqueue<AccountState>([account = std::move(account)](
                            Tables& tables) { return tables.accounts.FindAccount(account); },
                        std::move(done));
}

void SqliteLedger::ChangeAccount(AccountChange change, Done<AccountState> done) {
  Enqueue<AccountState>([change = std::move(change)](
                            Tables& tables) { return tables.accounts.ChangeAccount(change); },
                        std::move(done));
}

void SqliteLedger::Maintain(int most_rows, Done<Maintained> done) {
  Enqueue<Maintained>(
      [most_rows](Tables& tables) { return tables.maintenance.Maintain(most_rows); },
      std::move(done));
}

template <typename T>
void SqliteLedger::Enqueue(absl::AnyInvocable<absl::StatusOr<T>(Tables&)> work, Done<T> done) {
  auto call = std::make_unique<TypedCall<T>>(std::move(work), std::move(done));
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(call));
  }
  wake_.notify_one();
}

void SqliteLedger::RunWriter() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
    }
    // Who is about to enqueue does it first: a COMMIT costs little more for each one that joins.
    std::this_thread::yield();
    std::vector<std::unique_ptr<Call>> calls;
    {
      const std::lock_guard lock(mutex_);
      calls.swap(queue_);
    }
    const absl::Status committed = Commit(calls);
    for (const std::unique_ptr<Call>& call : calls) call->Finish(committed);
    calls.clear();
    Checkpoint();
  }
}

absl::Status SqliteLedger::Commit(const std::vector<std::unique_ptr<Call>>& calls) {
  if (const absl::Status broken = checkpointer_->broken(); !broken.ok()) Stop(broken);
  if (!stopped_.ok()) return stopped_;
  absl::Status status = Execute(kBegin);
  if (status.ok()) {
    status = RunTogether(calls);
    if (!status.ok() && MayGoOn()) status = RunEachAlone(calls);
  }
  if (status.ok()) status = Execute(kCommit);
  if (!status.ok() && connection_->InTransaction()) (void)Execute(kRollback);
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

// Runs after the answers. What it fails at, the next one does again.
void SqliteLedger::Checkpoint() {
  const int pages = connection_->log_pages();
  copied_pages_ = std::min(copied_pages_, pages);  // the log may have begun anew
  if (pages < copied_pages_ + kCheckpointPages) return;
  if (!stopped_.ok() || checkpointer_->busy()) return;
  copied_pages_ = pages;
  if (pages >= kLongestLogPages) return StopIfBroken(connection_->Checkpoint());
  checkpointer_->Start();
}

void SqliteLedger::StopIfBroken(const absl::Status& last) {
  if (connection_->MustStop()) Stop(last);
}

void SqliteLedger::Stop(const absl::Status& why) {
  stopped_ = Named(file_, absl::UnavailableError(absl::StrCat(
                              "stopped, the disk failed or the file is damaged: ", why.message())));
}

// Compiled once: they are run with every group of calls.
absl::Status SqliteLedger::Execute(const char* sql) { return SqliteQuery(*connection_, sql).Run(); }

// A full disk, for one, ends the whole transaction by itself.
bool SqliteLedger::MayGoOn() const {
  return connection_->InTransaction() && !connection_->MustStop();
}

// Savepoints cost more than they bring: SQLite keeps every page as it was before each of them, and
// calls hardly ever fail. The first error ends it.
absl::Status SqliteLedger::RunTogether(const std::vector<std::unique_ptr<Call>>& calls) {
  for (const std::unique_ptr<Call>& call : calls) {
    if (absl::Status own = call->Run(*tables_); !own.ok()) return own;
  }
  return absl::OkStatus();
}

// All once more, so that only what fails is undone.
absl::Status SqliteLedger::RunEachAlone(const std::vector<std::unique_ptr<Call>>& calls) {
  absl::Status status = Execute(kRollback);
  if (status.ok()) status = Execute(kBegin);
  for (auto call = calls.begin(); status.ok() && call != calls.end(); ++call) {
    status = RunAlone(**call);
  }
  return status;
}

// An error means that the transaction is lost. A call's own error is undone and stays in the call.
absl::Status SqliteLedger::RunAlone(Call& call) {
  if (absl::Status status = Execute(kSavepoint); !status.ok()) return status;
  absl::Status own = call.Run(*tables_);
  if (!MayGoOn()) return own;
  if (!own.ok()) {
    if (absl::Status status = Execute(kUndoCall); !status.ok()) return status;
  }
  return Execute(kRelease);
}

}  // namespace order1688
