// A working ledger without a disk, for tests of what stands above it.
#ifndef ORDER1688_TESTS_SUPPORT_MEMORY_LEDGER_H_
#define ORDER1688_TESTS_SUPPORT_MEMORY_LEDGER_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "server/ledger/ledger.h"

namespace order1688 {

// Obeys the contract of Ledger (the contract suite runs on it), keeps everything in memory, and
// fails when told. Calls take effect, and are answered, in order: by RunPending on the test's
// thread, or on a thread of its own.
class MemoryLedger final : public Ledger {
 public:
  enum class Answers { kWhenTold, kOnOwnThread };
  enum class Method {
    kReserve,
    kRecord,
    kFind,
    kExpireLeases,
    kFindWhole,
    kList,
    kSettle,
    kTakeLookups,
    kNoteLookup,
    kFindNeighbours,
    kFindAccount,
    kChangeAccount,
    kMaintain
  };
  // A fault may strike before the call took effect, or after: UNAVAILABLE hides which.
  enum class Fault { kBeforeEffect, kAfterEffect };

  // `clock` must outlive the ledger.
  MemoryLedger(const Clock& clock, Answers answers);
  // kOnOwnThread: answers all calls that wait. kWhenTold: drops them.
  ~MemoryLedger() override;

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
  absl::string_view fingerprint_key() const override;

  // kWhenTold: runs what waits, and what that brings about; returns how many calls that were.
  size_t RunPending();
  // Calls that wait.
  size_t pending() const;

  // The next call of this method that takes its turn gets UNAVAILABLE. Told twice: so do the next
  // two.
  void FailNext(Method method, Fault fault);
  // The next call that takes its turn runs this between its effect and its answer.
  void BeforeNextAnswer(absl::AnyInvocable<void()> run);
  // How many planned faults have struck.
  size_t faults_hit() const;

  // The row as it is; nullopt if there is none. Sees effects, not calls that wait.
  std::optional<LedgerRow> row(const PlacementKey& key) const;
  // Puts a row there, whatever the states say.
  void SetRow(const PlacementKey& key, LedgerRow row);
  // What Reserve stored of the request, and Record of the answer; empty if nothing.
  std::string request(const PlacementKey& key) const;
  std::string raw_answer(const PlacementKey& key) const;
  // What is kept beside the row, oldest first.
  std::vector<Evidence> evidence(const PlacementKey& key) const;
  // Everything that was said of accounts, oldest first.
  std::vector<AccountChange> account_changes() const;

 private:
  using Key = std::pair<std::string, std::string>;
  struct Stored {
    LedgerRow row;
    std::string request;
    std::string raw_answer;
    std::string business_mac;
    std::string progress;
    bool erased = false;
    absl::Duration lease_end = absl::InfiniteDuration();
    absl::Time lookup_due = absl::InfiniteFuture();
  };

  template <typename T>
  void Enqueue(Method method, absl::AnyInvocable<T()> effect, Done<T> done);
  template <typename T>
  void RunOne(Method method, absl::AnyInvocable<T()>& effect, Done<T>& done);
  void RunThread();
  // Need mutex_.
  std::optional<Fault> TakeFault(Method method);
  Reserved DoReserve(const Reservation& reservation);
  Recorded DoRecord(const PlacementRecord& record);
  std::optional<LedgerRow> DoFind(const PlacementKey& key) const;
  std::vector<PlacementKey> DoExpireLeases();
  std::optional<WholeRow> DoFindWhole(const PlacementKey& key) const;
  std::vector<LedgerRow> DoList(const PlacementQuery& query) const;
  Settled DoSettle(const RowSettlement& settlement);
  std::vector<LookupTask> DoTakeLookups(const LookupClaim& claim);
  bool DoNoteLookup(const LookupNote& note);
  Neighbours DoFindNeighbours(const NeighbourQuery& query) const;
  AccountState DoChangeAccount(const AccountChange& change);
  Maintained DoMaintain(int most_rows);
  const LedgerRow* FindDuplicate(const Reservation& reservation) const;
  // Writes `after` and what follows from it: who owns its orders, when its lookup is due.
  void Put(Stored& stored, LedgerRow after);
  void Keep(const PlacementKey& key, absl::string_view reason, const v1::Placement& placement,
            absl::string_view raw_answer);

  const Clock& clock_;
  const Answers answers_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable wake_;
  std::deque<absl::AnyInvocable<void()>> queue_;
  bool closing_ = false;
  std::map<Key, Stored> rows_;
  std::map<Key, std::vector<Evidence>> evidence_;
  std::map<std::pair<std::string, std::string>, Key> owners_;  // by account and order id
  std::map<std::string, AccountState> accounts_;
  std::vector<AccountChange> account_changes_;
  std::deque<std::pair<Method, Fault>> faults_;
  size_t faults_hit_ = 0;
  absl::AnyInvocable<void()> before_next_answer_;
  std::thread thread_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_MEMORY_LEDGER_H_
