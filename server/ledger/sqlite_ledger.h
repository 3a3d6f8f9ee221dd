// The ledger in one SQLite file, for one server process: the embedded default.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_LEDGER_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_LEDGER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "server/ledger/ledger.h"
#include "server/ledger/ledger_file.h"
#include "server/ledger/sqlite_checkpointer.h"
#include "server/ledger/sqlite_connection.h"

namespace order1688 {

// Stores placements in an SQLite file. One writer thread takes all calls that wait, runs them in
// order in one transaction, and answers them only after its COMMIT has reached the disk: calls
// share one fsync, and every call sees the effect of those before it. A second thread copies the
// write-ahead log into the file meanwhile. A call that fails alone is
// undone alone, and the others of its transaction are run again; if the COMMIT fails, all its calls
// are undone and get UNAVAILABLE.
//
// A full disk: UNAVAILABLE until there is space again. An fsync that failed, damage, or a file that
// was moved or deleted: UNAVAILABLE for ever, restart the server after repair.
//
// The thread blocks on the disk, and up to 2 s on an operator's own write transaction on the file;
// reading it or backing it up with the sqlite3 shell is fine while the server runs.
class SqliteLedger final : public Ledger {
 public:
  // Opens the file, makes it if there is none (mode 0600), and turns every SENDING row into
  // IN_DOUBT: its sender is dead. Reads the whole file once to find damage: about 1 s for each GB.
  // `encryption_keys` are those of ColumnCipher; none: the key in the file PATH.key beside the
  // ledger (links resolved), which is made together with it. `clock` must outlive the ledger. Every
  // error names the file and says what to do; see LedgerFile::Open, LoadKeyFile and PrepareSchema
  // for the codes. DATA_LOSS also: something is encrypted under a key that is not there.
  static absl::StatusOr<std::unique_ptr<SqliteLedger>> Open(
      const std::string& path, std::vector<std::string> encryption_keys, const Clock& clock);

  // Answers all calls that wait, then closes the file.
  ~SqliteLedger() override;

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

  // What Open turned from SENDING into IN_DOUBT: the placements under way when the last process
  // died.
  const std::vector<PlacementKey>& found_sending() const { return found_sending_; }

 private:
  struct Tables;
  class Call;
  template <typename T>
  class TypedCall;

  SqliteLedger(LedgerFile file, std::unique_ptr<SqliteConnection> connection,
               std::unique_ptr<SqliteCheckpointer> checkpointer, std::unique_ptr<Tables> tables,
               std::string fingerprint_key, std::vector<PlacementKey> found_sending);

  // The senders of these rows are dead: the lock on the file shows it.
  static absl::StatusOr<std::vector<PlacementKey>> ExpireOrphans(SqliteConnection& connection,
                                                                 Tables& tables);

  template <typename T>
  void Enqueue(absl::AnyInvocable<absl::StatusOr<T>(Tables&)> work, Done<T> done);
  void RunWriter();
  // Runs the calls in one transaction. An error means that none of them happened, as far as is
  // known.
  absl::Status Commit(const std::vector<std::unique_ptr<Call>>& calls);
  absl::Status Execute(const char* sql);
  absl::Status RunTogether(const std::vector<std::unique_ptr<Call>>& calls);
  absl::Status RunEachAlone(const std::vector<std::unique_ptr<Call>>& calls);
  absl::Status RunAlone(Call& call);
  // False if an error has ended the transaction, or the file cannot be trusted any more.
  bool MayGoOn() const;
  void Checkpoint();
  void StopIfBroken(const absl::Status& last);
  void Stop(const absl::Status& why);

  // The connections are closed before the file, whose lock guards them, and the writer's last.
  const LedgerFile file_;
  const std::unique_ptr<SqliteConnection> connection_;
  const std::unique_ptr<SqliteCheckpointer> checkpointer_;
  const std::unique_ptr<Tables> tables_;
  const std::string fingerprint_key_;
  const std::vector<PlacementKey> found_sending_;
  // Writer thread only.
  absl::Status stopped_;  // why nothing is possible any more
  int copied_pages_ = 0;  // of the log, or under way

  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::unique_ptr<Call>> queue_;  // guarded by mutex_
  bool closing_ = false;                      // guarded by mutex_
  std::thread writer_;                        // last: it uses all of the above
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_LEDGER_H_
