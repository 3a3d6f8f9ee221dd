// A ledger that keeps nothing, for the benchmark only: what the service costs without one.
#ifndef ORDER1688_TESTS_BENCH_UNLEDGERED_NO_LEDGER_H_
#define ORDER1688_TESTS_BENCH_UNLEDGERED_NO_LEDGER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/ledger/ledger.h"
#include "server/ledger/row_transition.h"

namespace order1688 {

// Takes every placement for a fresh one and forgets it. Other than a Ledger it calls `done` from
// inside the call: a hand-over to another thread would be a cost of the ledger.
class NoLedger final : public Ledger {
 public:
  void Reserve(Reservation reservation, Done<Reserved> done) override {
    if (!reservation.admit()) return std::move(done)(Reserved{ReserveOutcome::kNotAdmitted, {}});
    LedgerRow row = RowForFirstAttempt(reservation, absl::Now());
    std::move(done)(Reserved{ReserveOutcome::kFresh, std::move(row)});
  }
  void Record(PlacementRecord record, Done<Recorded> done) override {
    std::move(done)(
        Recorded{RecordOutcome::kRecorded, {std::move(record.placement), {}, record.fence}, ""});
  }
  void Find(PlacementKey, Done<std::optional<LedgerRow>> done) override {
    std::move(done)(std::optional<LedgerRow>());
  }
  void ExpireLeases(Done<std::vector<PlacementKey>> done) override {
    std::move(done)(std::vector<PlacementKey>());
  }
  void FindWhole(PlacementKey, Done<std::optional<WholeRow>> done) override {
    std::move(done)(std::optional<WholeRow>());
  }
  void List(PlacementQuery, Done<std::vector<LedgerRow>> done) override {
    std::move(done)(std::vector<LedgerRow>());
  }
  void Settle(RowSettlement, Done<Settled> done) override { std::move(done)(Settled()); }
  void TakeLookups(LookupClaim, Done<std::vector<LookupTask>> done) override {
    std::move(done)(std::vector<LookupTask>());
  }
  void NoteLookup(LookupNote, Done<bool> done) override { std::move(done)(false); }
  void FindNeighbours(NeighbourQuery, Done<Neighbours> done) override {
    std::move(done)(Neighbours());
  }
  void FindAccount(std::string, Done<AccountState> done) override {
    std::move(done)(AccountState());
  }
  void ChangeAccount(AccountChange, Done<AccountState> done) override {
    std::move(done)(AccountState());
  }
  void Maintain(int, Done<Maintained> done) override { std::move(done)(Maintained()); }
  absl::string_view fingerprint_key() const override { return "the key of the benchmark's ledger"; }
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_UNLEDGERED_NO_LEDGER_H_
