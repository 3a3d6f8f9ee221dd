// What OrderPlacer keeps of an account, of a call and of a send. For order_placer.cc alone.
#ifndef ORDER1688_SERVER_PLACEMENT_ORDER_PLACER_STATE_H_
#define ORDER1688_SERVER_PLACEMENT_ORDER_PLACER_STATE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/error.h"
#include "common/on_arena.h"
#include "order1688/v1/placement.pb.h"
#include "server/ledger/ledger.h"
#include "server/placement/account_pacer.h"
#include "server/placement/order_placer.h"
#include "server/timer.h"
#include "server/upstream/order_gateway.h"

namespace order1688 {

struct OrderPlacer::Account {
  const OrderGateway& gateway;
  AccountPacer& pacer;  // of OrderPlacer::pauses_
};

// One call that waits for a placement.
class OrderPlacer::Call {
 public:
  Call(PlaceCommand command, Account& account, Fingerprint fingerprint, absl::Duration give_up,
       Done done)
      : command(std::move(command)),
        account(account),
        fingerprint(std::move(fingerprint)),
        give_up(give_up),
        done_(std::move(done)) {}

  // Only the first call gets the callback.
  Done TakeDone() {
    std::lock_guard lock(mutex_);
    return finished_ ? nullptr : (finished_ = true, std::move(done_));
  }

  bool finished() const {
    std::lock_guard lock(mutex_);
    return finished_;
  }

  // The gate of this call's own attempt is shut at once if the caller has already gone.
  void SetGate(std::shared_ptr<SendGate> gate) {
    std::lock_guard lock(mutex_);
    gate_ = std::move(gate);
    if (cancelled_) gate_->Shut("caller_gone");
  }

  void CallerGone() {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (gate_ != nullptr) gate_->Shut("caller_gone");
  }

  const PlaceCommand command;  // without wire and body, which went into the attempt
  Account& account;
  const Fingerprint fingerprint;
  const absl::Duration give_up;              // when the caller is told that it is still running
  std::atomic<Timer::Id> give_up_timer = 0;  // set while other threads may already finish the call

 private:
  mutable std::mutex mutex_;
  Done done_;
  std::shared_ptr<SendGate> gate_;
  bool finished_ = false;
  bool cancelled_ = false;
};

// One send, and the calls that wait for it.
struct OrderPlacer::Attempt {
  Attempt(Account& account, CallPtr owner) : account(account), owner(std::move(owner)) {}

  Account& account;
  const CallPtr owner;
  SignedRequest request;
  std::optional<Error> refusal;  // why it may not begin
  std::optional<bool> admitted;  // unset: the ledger has not asked
  absl::Duration lease_end;      // by Clock::SinceBoot
  std::shared_ptr<SendGate> gate;
  int64_t fence = 0;
  OnArena<v1::Placement> reserved;  // the row as Reserve wrote it
  HttpResult answer;
  std::vector<CallPtr> joiners;  // guarded by OrderPlacer::mutex_
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_ORDER_PLACER_STATE_H_
