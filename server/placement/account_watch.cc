#include "server/placement/account_watch.h"

#include <algorithm>
#include <utility>

namespace order1688 {

// One read of every account.
struct AccountWatch::Round {
  std::atomic<size_t> left;
  std::atomic<bool> complete = true;
  absl::AnyInvocable<void(bool) &&> done;

  void End(bool read) {
    if (!read) complete = false;
    if (--left == 0 && done != nullptr) std::move(done)(complete);
  }
};

AccountWatch::AccountWatch(const std::vector<const OrderGateway*>& gateways,
                           std::shared_ptr<AccountPauses> pauses, Ledger& ledger, Timer& timer,
                           const Log& log, std::function<void()> codes_grew)
    : pauses_(std::move(pauses)),
      ledger_(ledger),
      timer_(timer),
      log_(log),
      codes_grew_(std::move(codes_grew)) {
  for (const OrderGateway* gateway : gateways) accounts_[gateway->account().name].gateway = gateway;
}

void AccountWatch::Start(absl::AnyInvocable<void(bool) &&> first_read) {
  ReadAll(std::move(first_read));
  ReadLater();
}

void AccountWatch::ReadLater() {
  timer_.RunAfter(kInterval, [self = shared_from_this()] {
    self->ReadAll(nullptr);
    self->ReadLater();
  });
}

void AccountWatch::ReadAll(absl::AnyInvocable<void(bool) &&> done) {
  auto round = std::make_shared<Round>();
  round->left = accounts_.size();
  round->done = std::move(done);
  for (auto& [name, account] : accounts_) Read(name, account, round);
}

void AccountWatch::Read(const std::string& name, Account& account,
                        const std::shared_ptr<Round>& round) {
  pauses_->KeepOwn(name);
  // A ledger that is slow gets no second question before it has answered the first.
  if (account.reading.exchange(true)) return round->End(true);
  const int64_t as_of = pauses_->VersionOf(name);
  ledger_.FindAccount(name, [self = shared_from_this(), &name, &account, round,
                             as_of](absl::StatusOr<AccountState> state) {
    account.reading = false;
    if (state.ok()) {
      self->pauses_->Obey(name, state->paused, as_of);
      self->SetCodes(account, *state);
    } else {
      self->log_.Error("account_not_read", {{"account", name}});
    }
    round->End(state.ok());
  });
}

void AccountWatch::Apply(absl::string_view account, const AccountState& state) {
  pauses_->SetPaused(account, state.paused);
  SetCodes(accounts_.find(account)->second, state);
}

void AccountWatch::SetCodes(const Account& account, const AccountState& state) {
  if (account.gateway->refusal_codes().SetDeclared(state.refusal_codes)) codes_grew_();
}

std::vector<std::string> AccountWatch::RefusalCodesOf(absl::string_view account) const {
  const auto codes = accounts_.find(account)->second.gateway->refusal_codes().all();
  std::vector<std::string> sorted(codes->begin(), codes->end());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace order1688
