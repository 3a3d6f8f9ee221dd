#include "server/placement/account_pauses.h"

#include <utility>

namespace order1688 {

AccountPauses::AccountPauses(Ledger& ledger, const Clock& clock, Metrics& metrics, const Log& log)
    : ledger_(ledger), clock_(clock), metrics_(metrics), log_(log) {}

AccountPacer& AccountPauses::Add(const std::string& account, int max_in_flight,
                                 double orders_per_second) {
  return accounts_.try_emplace(account, max_in_flight, orders_per_second, clock_)
      .first->second.pacer;
}

bool AccountPauses::Paused(absl::string_view account) const {
  const auto found = accounts_.find(account);
  return found != accounts_.end() && found->second.pacer.paused();
}

void AccountPauses::KeepOwn(absl::string_view account) {
  Account& own = accounts_.at(account);
  if (!own.pacer.own_pause()) return;
  metrics_.AccountPaused(account, own.pacer.paused());
  if (own.keeping_own.exchange(true)) return;
  AccountChange change;
  change.account = std::string(account);
  change.kind = AccountChange::Kind::kPause;
  change.reason = kOutcomesInDoubt;
  ledger_.ChangeAccount(std::move(change), [self = shared_from_this(), name = std::string(account),
                                            &own](absl::StatusOr<AccountState> kept) {
    own.keeping_own = false;
    if (kept.ok()) return own.pacer.OwnPauseKept();
    self->log_.Error("pause_not_kept", {{"account", name}});
  });
}

void AccountPauses::SetPaused(absl::string_view account, bool paused) {
  AccountPacer& pacer = accounts_.at(account).pacer;
  const bool before = pacer.paused();
  pacer.SetPaused(paused);
  Show(account, before, pacer.paused());
}

void AccountPauses::Obey(absl::string_view account, bool paused, int64_t as_of) {
  AccountPacer& pacer = accounts_.at(account).pacer;
  const bool before = pacer.paused();
  pacer.Obey(paused, as_of);
  Show(account, before, pacer.paused());
}

int64_t AccountPauses::VersionOf(absl::string_view account) const {
  return accounts_.at(account).pacer.pause_version();
}

void AccountPauses::Show(absl::string_view account, bool before, bool paused) {
  metrics_.AccountPaused(account, paused);
  if (paused != before)
    log_.Warn(paused ? "account_paused" : "account_resumed", {{"account", account}});
}

}  // namespace order1688
