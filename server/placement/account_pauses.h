// The pauses of accounts: what an operator, the ledger or the account itself says.
#ifndef ORDER1688_SERVER_PLACEMENT_ACCOUNT_PAUSES_H_
#define ORDER1688_SERVER_PLACEMENT_ACCOUNT_PAUSES_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/account_pacer.h"

namespace order1688 {

// Why an account paused itself.
inline constexpr char kOutcomesInDoubt[] = "outcomes_in_doubt";

// Applies pauses to the pacers of accounts, shows them in log and metrics, and keeps those of the
// accounts' own in the ledger. Thread-safe once every account has been added. Hold it by
// shared_ptr: a word that is on its way to the ledger keeps it. Ledger, clock, metrics and log must
// outlive the threads of the ledger.
class AccountPauses : public std::enable_shared_from_this<AccountPauses> {
 public:
  AccountPauses(Ledger& ledger, const Clock& clock, Metrics& metrics, const Log& log);

  // The pacer lives as long as this object. Below, `account` must have been added, unless it says
  // otherwise.
  AccountPacer& Add(const std::string& account, int max_in_flight, double orders_per_second);

  // False for an unknown account.
  bool Paused(absl::string_view account) const;

  // If the account has paused itself and the ledger does not hold it yet: writes it there. Called
  // when it has, and again and again, since the ledger may fail.
  void KeepOwn(absl::string_view account);

  // An operator's word in this process, see AccountPacer::SetPaused.
  void SetPaused(absl::string_view account, bool paused);

  // The ledger's word, see AccountPacer::Obey. `as_of` is what VersionOf said before the ledger was
  // asked.
  void Obey(absl::string_view account, bool paused, int64_t as_of);
  int64_t VersionOf(absl::string_view account) const;

 private:
  struct Account {
    Account(int max_in_flight, double orders_per_second, const Clock& clock)
        : pacer(max_in_flight, orders_per_second, clock) {}

    AccountPacer pacer;
    std::atomic<bool> keeping_own = false;  // it is on its way to the ledger
  };

  void Show(absl::string_view account, bool before, bool paused);

  Ledger& ledger_;
  const Clock& clock_;
  Metrics& metrics_;
  const Log& log_;
  absl::node_hash_map<std::string, Account> accounts_;  // by name
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_ACCOUNT_PAUSES_H_
