// The ledger in a PostgreSQL database, for any number of equal servers.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_LEDGER_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_LEDGER_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/ledger.h"
#include "server/ledger/postgres_session.h"
#include "server/ledger/postgres_transaction.h"

namespace order1688 {

// Stores placements in PostgreSQL, as plain SQL: unique keys, row locks, compare-and-set. Each call
// that writes is one transaction, but Reserves and Records that wait for the same worker share one:
// one round trip reads and locks for all of them, one writes and commits; if it fails, each of them
// gets its own. Each worker has one connection. Calls for one key, or one account's state, always
// go to the same worker and take effect in their order;
// with two or more workers, the first is for what has no key, so that a long list keeps no
// placement waiting.
//
// The ledger's time is the database's clock, so that replicas agree on it: if it is set forward,
// leases end early, which costs a lookup and never an order.
//
// A connection lost at COMMIT leaves in doubt what became of it. Reserve, Record, Settle,
// NoteLookup and ChangeAccount are then run again on a new connection, where they wait for the old
// one's locks and recognise what it wrote; the others answer UNAVAILABLE. So does everything while
// the database is away for more than about 2 s; it recovers by itself. A Reserve that got
// UNAVAILABLE may have left a row: nobody sends it, and its lease makes it IN_DOUBT.
//
// It needs sessions that keep prepared statements: no pooler that shares them by transaction.
class PostgresLedger final : public Ledger {
 public:
  // Connects, migrates the tables, and starts the workers. Rows that are SENDING are left alone:
  // their senders may be alive. Errors, each with what to do, none with a part of the connection
  // string that could be secret: INVALID_ARGUMENT (no connection string), FAILED_PRECONDITION
  // (unsafe settings, newer tables, a missing encryption key), DATA_LOSS, UNAVAILABLE (not
  // reached).
  static absl::StatusOr<std::unique_ptr<PostgresLedger>> Open(PostgresOptions options,
                                                              ColumnCipher cipher);

  // Answers all calls that wait, then disconnects.
  ~PostgresLedger() override;

  void Reserve(Reservation reservation, Done<Reserved> done) override;
  void Record(PlacementRecord record, Done<Recorded> done) override;
  void Find(PlacementKey key, Done<std::optional<LedgerRow>> done) override;
  void ExpireLeases(Done<std::vector<PlacementKey>> done) override;
  void FindWhole(PlacementKey key, Done<std::optional<WholeRow>> done) override;
  void List(PlacementQuery query, Done<std::vector<LedgerRow>> done) override;
  void Settle(RowSettlement settlement, Done<Settled> done) override;
  void TakeLookups(LookupClaim claim, Done<std::vector<LookupTask>> done) override;
  void NoteLookup(LookupNote note, Done<bool> done) override;
  void FindNeighbours(NeighbourQuery query, Done<Neighbours> done) override;
  void FindAccount(std::string account, Done<AccountState> done) override;
  void ChangeAccount(AccountChange change, Done<AccountState> done) override;
  void Maintain(int most_rows, Done<Maintained> done) override;
  absl::string_view fingerprint_key() const override { return fingerprint_key_; }

 private:
  // How a call shares a transaction.
  struct Sharing {
    PlacementKey key;  // two calls with one key never share one
    void (*ask)(PostgresTransaction&, const PlacementKey&);
  };
  class Call;
  template <typename T>
  class TypedCall;
  class Worker;

  PostgresLedger(PostgresOptions options, ColumnCipher cipher, std::string fingerprint_key,
                 std::string owner);

  // Runs `work(PostgresTransaction&)` on a worker, and gives `done` its answer.
  template <typename T, typename Work>
  void Enqueue(Worker& worker, PostgresCallKind kind, Work work, Done<T> done,
               std::optional<Sharing> sharing = std::nullopt);
  Worker& WorkerOf(const PlacementKey& key);
  Worker& WorkerOfAccount(const std::string& account);
  Worker& WorkerOfHash(size_t hash);
  Worker& AnyWorker() { return *workers_.front(); }

  const PostgresOptions options_;
  const ColumnCipher cipher_;
  const std::string fingerprint_key_;
  const std::string owner_;  // random: of this object alone
  std::atomic<uint64_t> calls_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;  // last: their threads use all of the above
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_LEDGER_H_
