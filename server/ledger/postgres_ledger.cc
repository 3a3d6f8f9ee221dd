#include "server/ledger/postgres_ledger.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <tuple>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/ledger/postgres_accounts.h"
#include "server/ledger/postgres_lookups.h"
#include "server/ledger/postgres_maintenance.h"
#include "server/ledger/postgres_placements.h"
#include "server/ledger/postgres_schema.h"
#include "server/ledger/row_transition.h"
#include "server/ledger/sqlite_schema.h"

namespace order1688 {
namespace {

constexpr int kOwnerBytes = 16;
// How long a call waits for a database that is away.
constexpr std::chrono::seconds kPatience{2};
// Most calls of one transaction, which keeps their rows locked.
constexpr size_t kMostTogether = 32;

std::tuple<const std::string&, const std::string&> Order(const PlacementKey& key) {
  return {key.caller, key.request_id};
}

void AskToReserve(PostgresTransaction& transaction, const PlacementKey& key) {
  PostgresPlacements(transaction).AskToReserve(key);
}

void AskToRecord(PostgresTransaction& transaction, const PlacementKey& key) {
  PostgresPlacements(transaction).AskToRecord(key);
}

absl::Status Named(const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("ledger postgres: ", status.message()));
}

}  // namespace

// One call that waits for its worker.
class PostgresLedger::Call : public PostgresCall {
 public:
  // The key of a call that may share a transaction with others; null if it may not.
  virtual const PlacementKey* shared_key() const = 0;
  virtual PostgresSession::Clock::time_point patience() const = 0;
  // Runs it to its end, alone. It does not give up before `patience`.
  virtual void RunAlone(PostgresSession& session, PostgresSession::Clock::time_point patience) = 0;
  // Hands over the answer.
  virtual void Finish() = 0;
};

template <typename T>
class PostgresLedger::TypedCall final : public Call {
 public:
  using Question = absl::AnyInvocable<absl::StatusOr<T>(PostgresTransaction&)>;

  TypedCall(PostgresCallKind kind, std::optional<Sharing> sharing, std::string writer,
            Question work, Done<T> done)
      : kind_(kind),
        sharing_(std::move(sharing)),
        writer_(std::move(writer)),
        work_(std::move(work)),
        done_(std::move(done)) {}

  const PlacementKey* shared_key() const override {
    return sharing_.has_value() ? &sharing_->key : nullptr;
  }
  PostgresSession::Clock::time_point patience() const override { return patience_; }
  const std::string& writer() const override { return writer_; }

  void Ask(PostgresTransaction& transaction) override { sharing_->ask(transaction, sharing_->key); }

  absl::Status Work(PostgresTransaction& transaction) override {
    answer_ = work_(transaction);
    return answer_.status();
  }

  void RunAlone(PostgresSession& session, PostgresSession::Clock::time_point patience) override {
    const absl::Status status =
        session.Run(kind_, writer_, std::max(patience, patience_),
                    [this](PostgresTransaction& transaction) { return Work(transaction); });
    if (!status.ok()) answer_ = Named(absl::UnavailableError(status.message()));
  }

  void Finish() override { std::move(done_)(std::move(answer_)); }

 private:
  const PostgresCallKind kind_;
  const std::optional<Sharing> sharing_;
  const std::string writer_;
  const PostgresSession::Clock::time_point patience_ = PostgresSession::Clock::now() + kPatience;
  Question work_;
  Done<T> done_;
  absl::StatusOr<T> answer_ = absl::UnavailableError("the ledger did not get to it");
};

// A thread with its connection and its queue.
class PostgresLedger::Worker {
 public:
  Worker(const PostgresOptions& options, const ColumnCipher& cipher)
      : session_(options, cipher,
                 [this](PostgresSession::Clock::duration time) {
                   std::unique_lock lock(mutex_);
                   return !wake_.wait_for(lock, time, [this] { return closing_; });
                 }),
        thread_([this] { RunCalls(); }) {}

  ~Worker() {
    Close();
    thread_.join();
  }

  // Lets it end when its queue is empty.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    wake_.notify_one();
  }

  void Enqueue(std::unique_ptr<Call> call) {
    {
      const std::lock_guard lock(mutex_);
      queue_.push_back(std::move(call));
    }
    wake_.notify_one();
  }

 private:
  void RunCalls() {
    while (true) {
      std::vector<std::unique_ptr<Call>> calls;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
        if (queue_.empty()) return;
        do {
          calls.push_back(std::move(queue_.front()));
          queue_.pop_front();
        } while (calls.size() < kMostTogether && !queue_.empty() &&
                 MayJoin(*queue_.front(), calls));
      }
      if (calls.front()->shared_key() == nullptr) {
        calls.front()->RunAlone(session_, calls.front()->patience());
        calls.front()->Finish();
      } else {
        RunTogether(std::move(calls));
      }
    }
  }

  static bool MayJoin(const Call& call, const std::vector<std::unique_ptr<Call>>& calls) {
    const PlacementKey* key = call.shared_key();
    return key != nullptr && std::all_of(calls.begin(), calls.end(), [key](const auto& other) {
             return other->shared_key() != nullptr && *other->shared_key() != *key;
           });
  }

  void RunTogether(std::vector<std::unique_ptr<Call>> calls) {
    PostgresSession::Clock::time_point patience = calls.front()->patience();
    // All servers lock rows in this order, so that none waits for another that waits for it.
    std::sort(calls.begin(), calls.end(), [](const auto& one, const auto& other) {
      return Order(*one->shared_key()) < Order(*other->shared_key());
    });
    std::vector<PostgresCall*> together;
    for (const std::unique_ptr<Call>& call : calls) together.push_back(call.get());
    const std::vector<bool> done = session_.RunTogether(together, &patience);
    for (size_t i = 0; i < calls.size(); ++i) {
      if (!done[i]) calls[i]->RunAlone(session_, patience);
      calls[i]->Finish();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Call>> queue_;  // guarded by mutex_
  bool closing_ = false;                     // guarded by mutex_
  PostgresSession session_;                  // of the thread
  std::thread thread_;                       // last: it uses all of the above
};

absl::StatusOr<std::unique_ptr<PostgresLedger>> PostgresLedger::Open(PostgresOptions options,
                                                                     ColumnCipher cipher) {
  const absl::StatusOr<std::unique_ptr<PostgresConnection>> connection = OpenPostgres(options);
  if (!connection.ok()) return Named(connection.status());
  if (absl::Status status = MigrateSchema(**connection, cipher); !status.ok()) {
    return Named(status);
  }
  const absl::StatusOr<std::string> owner = RandomBytes(kOwnerBytes);
  if (!owner.ok()) return Named(owner.status());
  PostgresTransaction reading(**connection, cipher, options.now_sql, *owner);
  if (absl::Status status = PostgresMaintenance(reading).CheckKeys(); !status.ok()) {
    return Named(status);
  }
  absl::StatusOr<std::string> key = ReadFingerprintKey(**connection, cipher);
  if (!key.ok()) return Named(key.status());
  return std::unique_ptr<PostgresLedger>(new PostgresLedger(
      std::move(options), std::move(cipher), *std::move(key), absl::BytesToHexString(*owner)));
}

PostgresLedger::PostgresLedger(PostgresOptions options, ColumnCipher cipher,
                               std::string fingerprint_key, std::string owner)
    : options_(std::move(options)),
      cipher_(std::move(cipher)),
      fingerprint_key_(std::move(fingerprint_key)),
      owner_(std::move(owner)) {
  for (int i = 0; i < options_.connections || workers_.empty(); ++i) {
    workers_.push_back(std::make_unique<Worker>(options_, cipher_));
  }
}

PostgresLedger::~PostgresLedger() {
  // All of them first: they drain at the same time.
  for (const std::unique_ptr<Worker>& worker : workers_) worker->Close();
}

template <typename T, typename Work>
void PostgresLedger::Enqueue(Worker& worker, PostgresCallKind kind, Work work, Done<T> done,
                             std::optional<Sharing> sharing) {
  worker.Enqueue(std::make_unique<TypedCall<T>>(kind, std::move(sharing),
                                                absl::StrCat(owner_, "-", ++calls_),
                                                std::move(work), std::move(done)));
}

PostgresLedger::Worker& PostgresLedger::WorkerOf(const PlacementKey& key) {
  return WorkerOfHash(absl::HashOf(key));
}

PostgresLedger::Worker& PostgresLedger::WorkerOfAccount(const std::string& account) {
  return WorkerOfHash(absl::HashOf(account));
}

PostgresLedger::Worker& PostgresLedger::WorkerOfHash(size_t hash) {
  if (workers_.size() == 1) return *workers_.front();
  return *workers_[1 + hash % (workers_.size() - 1)];
}

void PostgresLedger::Reserve(Reservation reservation, Done<Reserved> done) {
  Worker& worker = WorkerOf(reservation.key);
  // A search locks the purchase. Two transactions that lock several would wait for each other.
  std::optional<Sharing> sharing;
  if (reservation.duplicates.window <= absl::ZeroDuration()) {
    sharing = {reservation.key, &AskToReserve};
  }
  Enqueue<Reserved>(
      worker, PostgresCallKind::kRepeatable,
      [reservation = std::move(reservation)](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).Reserve(reservation);
      },
      std::move(done), std::move(sharing));
}

// An outcome is large: it is written and given back without a copy.
void PostgresLedger::Record(PlacementRecord record, Done<Recorded> done) {
  Worker& worker = WorkerOf(record.key);
  Sharing sharing = {record.key, &AskToRecord};
  auto kept = std::make_shared<PlacementRecord>(std::move(record));
  Enqueue<Recorded>(
      worker, PostgresCallKind::kRepeatable,
      [kept](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).Record(kept.get());
      },
      [kept, done = std::move(done)](absl::StatusOr<Recorded> recorded) mutable {
        GiveBack(std::move(*kept), &recorded);
        std::move(done)(std::move(recorded));
      },
      std::move(sharing));
}

void PostgresLedger::Find(PlacementKey key, Done<std::optional<LedgerRow>> done) {
  Worker& worker = WorkerOf(key);
  Enqueue<std::optional<LedgerRow>>(
      worker, PostgresCallKind::kRead,
      [key = std::move(key)](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).Find(key);
      },
      std::move(done));
}

void PostgresLedger::ExpireLeases(Done<std::vector<PlacementKey>> done) {
  Enqueue<std::vector<PlacementKey>>(
      AnyWorker(), PostgresCallKind::kOnce,
      [](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).ExpireLeases();
      },
      std::move(done));
}

void PostgresLedger::FindWhole(PlacementKey key, Done<std::optional<WholeRow>> done) {
  Worker& worker = WorkerOf(key);
  Enqueue<std::optional<WholeRow>>(
      worker, PostgresCallKind::kRead,
      [key = std::move(key)](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).FindWhole(key);
      },
      std::move(done));
}

void PostgresLedger::List(PlacementQuery query, Done<std::vector<LedgerRow>> done) {
  Enqueue<std::vector<LedgerRow>>(
      AnyWorker(), PostgresCallKind::kRead,
      [query = std::move(query)](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).List(query);
      },
      std::move(done));
}

void PostgresLedger::Settle(RowSettlement settlement, Done<Settled> done) {
  Worker& worker = WorkerOf(settlement.key);
  Enqueue<Settled>(
      worker, PostgresCallKind::kRepeatable,
      [settlement = std::move(settlement)](PostgresTransaction& transaction) {
        return PostgresPlacements(transaction).Settle(settlement);
      },
      std::move(done));
}

void PostgresLedger::TakeLookups(LookupClaim claim, Done<std::vector<LookupTask>> done) {
  Enqueue<std::vector<LookupTask>>(
      AnyWorker(), PostgresCallKind::kOnce,
      [claim = std::move(claim)](PostgresTransaction& transaction) {
        return PostgresLookups(transaction).Take(claim);
      },
      std::move(done));
}

void PostgresLedger::NoteLookup(LookupNote note, Done<bool> done) {
  Worker& worker = WorkerOf(note.key);
  Enqueue<bool>(
      worker, PostgresCallKind::kRepeatable,
      [note = std::move(note)](PostgresTransaction& transaction) {
        return PostgresLookups(transaction).Note(note);
      },
      std::move(done));
}

void PostgresLedger::FindNeighbours(NeighbourQuery query, Done<Neighbours> done) {
  Enqueue<Neighbours>(
      AnyWorker(), PostgresCallKind::kRead,
      [query = std::move(query)](PostgresTransaction& transaction) {
        return PostgresLookups(transaction).FindNeighbours(query);
      },
      std::move(done));
}

void PostgresLedger::FindAccount(std::string account, Done<AccountState> done) {
  Worker& worker = WorkerOfAccount(account);
  Enqueue<AccountState>(
      worker, PostgresCallKind::kRead,
      [account = std::move(account)](PostgresTransaction& transaction) {
        return PostgresAccounts(transaction).Find(account);
      },
      std::move(done));
}

void PostgresLedger::ChangeAccount(AccountChange change, Done<AccountState> done) {
  Worker& worker = WorkerOfAccount(change.account);
  Enqueue<AccountState>(
      worker, PostgresCallKind::kRepeatable,
      [change = std::move(change)](PostgresTransaction& transaction) {
        return PostgresAccounts(transaction).Change(change);
      },
      std::move(done));
}

void PostgresLedger::Maintain(int most_rows, Done<Maintained> done) {
  Enqueue<Maintained>(
      AnyWorker(), PostgresCallKind::kOnce,
      [most_rows](PostgresTransaction& transaction) {
        return PostgresMaintenance(transaction).Maintain(most_rows);
      },
      std::move(done));
}

}  // namespace order1688
