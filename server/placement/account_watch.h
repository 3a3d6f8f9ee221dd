// Obeys what operators say of accounts, on whichever server they said it.
#ifndef ORDER1688_SERVER_PLACEMENT_ACCOUNT_WATCH_H_
#define ORDER1688_SERVER_PLACEMENT_ACCOUNT_WATCH_H_

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/placement/account_pauses.h"
#include "server/timer.h"
#include "server/upstream/order_gateway.h"
#include "server/upstream/refusal_codes.h"

namespace order1688 {

// Reads the state of every account from the ledger, at start and every 2 s, and applies it: the
// pause to its pacer, the declared refusal codes to the gateway. What cannot be read stays as it
// was. It also tries again to keep a pause of the account's own. Thread-safe. Hold it by
// shared_ptr; it ends when the timer ends. All else must outlive the timer and the threads of the
// ledger.
class AccountWatch : public std::enable_shared_from_this<AccountWatch> {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(2);

  // `codes_grew` is called after a code was declared, and must not block.
  AccountWatch(const std::vector<const OrderGateway*>& gateways,
               std::shared_ptr<AccountPauses> pauses, Ledger& ledger, Timer& timer, const Log& log,
               std::function<void()> codes_grew);

  // Reads all accounts now, and again and again. `first_read` is called once, on a thread of the
  // ledger, when all were read for the first time: true if all could be.
  void Start(absl::AnyInvocable<void(bool) &&> first_read);

  // True for a configured account.
  bool Knows(absl::string_view account) const { return accounts_.contains(account); }

  // False for a code with a fixed meaning that is not a refusal.
  static bool MayBeDeclared(absl::string_view code) { return MayBeRefusalCode(code); }

  // Applies what an operator said to this process, after the ledger holds it. The account must be
  // known.
  void Apply(absl::string_view account, const AccountState& state);

  // All refusal codes of the account, configured or declared, ascending. It must be known.
  std::vector<std::string> RefusalCodesOf(absl::string_view account) const;

  // True if nothing is sent with the account now.
  bool Paused(absl::string_view account) const { return pauses_->Paused(account); }

 private:
  struct Account {
    const OrderGateway* gateway = nullptr;
    std::atomic<bool> reading = false;
  };
  struct Round;

  void ReadAll(absl::AnyInvocable<void(bool) &&> done);
  void Read(const std::string& name, Account& account, const std::shared_ptr<Round>& round);
  void ReadLater();
  void SetCodes(const Account& account, const AccountState& state);

  const std::shared_ptr<AccountPauses> pauses_;
  Ledger& ledger_;
  Timer& timer_;
  const Log& log_;
  const std::function<void()> codes_grew_;
  std::map<std::string, Account, std::less<>> accounts_;  // not changed after construction
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_ACCOUNT_WATCH_H_
