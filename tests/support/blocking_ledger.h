// Calls a ledger and waits for its answer. For tests, and only for ledgers that answer on a thread
// of their own.
#ifndef ORDER1688_TESTS_SUPPORT_BLOCKING_LEDGER_H_
#define ORDER1688_TESTS_SUPPORT_BLOCKING_LEDGER_H_

#include <future>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/ledger.h"

namespace order1688 {

// The answer to come, and the `done` that brings it.
template <typename T>
struct LedgerAnswer {
  std::promise<absl::StatusOr<T>> promise;

  Ledger::Done<T> Done() {
    return [this](absl::StatusOr<T> answer) { promise.set_value(std::move(answer)); };
  }
  absl::StatusOr<T> Wait() { return promise.get_future().get(); }
};

inline absl::StatusOr<Reserved> ReserveAndWait(Ledger& ledger, Reservation reservation) {
  LedgerAnswer<Reserved> answer;
  ledger.Reserve(std::move(reservation), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<Recorded> RecordAndWait(Ledger& ledger, PlacementRecord record) {
  LedgerAnswer<Recorded> answer;
  ledger.Record(std::move(record), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<std::optional<LedgerRow>> FindAndWait(Ledger& ledger, PlacementKey key) {
  LedgerAnswer<std::optional<LedgerRow>> answer;
  ledger.Find(std::move(key), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<std::optional<WholeRow>> FindWholeAndWait(Ledger& ledger, PlacementKey key) {
  LedgerAnswer<std::optional<WholeRow>> answer;
  ledger.FindWhole(std::move(key), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<std::vector<LedgerRow>> ListAndWait(Ledger& ledger, PlacementQuery query) {
  LedgerAnswer<std::vector<LedgerRow>> answer;
  ledger.List(std::move(query), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<Settled> SettleAndWait(Ledger& ledger, RowSettlement settlement) {
  LedgerAnswer<Settled> answer;
  ledger.Settle(std::move(settlement), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<std::vector<LookupTask>> TakeLookupsAndWait(Ledger& ledger,
                                                                  LookupClaim claim) {
  LedgerAnswer<std::vector<LookupTask>> answer;
  ledger.TakeLookups(std::move(claim), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<bool> NoteLookupAndWait(Ledger& ledger, LookupNote note) {
  LedgerAnswer<bool> answer;
  ledger.NoteLookup(std::move(note), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<Neighbours> FindNeighboursAndWait(Ledger& ledger, NeighbourQuery query) {
  LedgerAnswer<Neighbours> answer;
  ledger.FindNeighbours(std::move(query), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<AccountState> FindAccountAndWait(Ledger& ledger, std::string account) {
  LedgerAnswer<AccountState> answer;
  ledger.FindAccount(std::move(account), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<AccountState> ChangeAccountAndWait(Ledger& ledger, AccountChange change) {
  LedgerAnswer<AccountState> answer;
  ledger.ChangeAccount(std::move(change), answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<Maintained> MaintainAndWait(Ledger& ledger, int most_rows) {
  LedgerAnswer<Maintained> answer;
  ledger.Maintain(most_rows, answer.Done());
  return answer.Wait();
}

inline absl::StatusOr<std::vector<PlacementKey>> ExpireAndWait(Ledger& ledger) {
  LedgerAnswer<std::vector<PlacementKey>> answer;
  ledger.ExpireLeases(answer.Done());
  return answer.Wait();
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_BLOCKING_LEDGER_H_
