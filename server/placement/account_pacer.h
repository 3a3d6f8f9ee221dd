// Keeps one account inside its limits: how many placements at once, how many per second, and none
// while it is paused, by an operator or after five outcomes in doubt in a row.
#ifndef ORDER1688_SERVER_PLACEMENT_ACCOUNT_PACER_H_
#define ORDER1688_SERVER_PLACEMENT_ACCOUNT_PACER_H_

#include <cstdint>
#include <mutex>
#include <optional>

#include "absl/time/time.h"
#include "common/clock.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// Paces the new placements of one account. Thread-safe. `clock` must outlive it.
class AccountPacer {
 public:
  static constexpr int kDoubtsBeforePause = 5;

  // Why a new placement may not start, and when it is worth asking again.
  struct Refusal {
    v1::ErrorReason reason;  // OVERLOADED, RATE_LIMITED or ACCOUNT_PAUSED
    absl::Duration retry_after;
  };

  AccountPacer(int max_in_flight, double orders_per_second, const Clock& clock);

  // Takes a place for a new placement; nullopt if it may start. Each place is given back by one
  // Release.
  std::optional<Refusal> Admit();
  void Release();

  // Counts the outcome of a placement that was sent or tried. Returns true if this one paused the
  // account: then keep its own pause in the ledger, and tell OwnPauseKept.
  bool CountOutcome(bool in_doubt);

  // True: nothing is sent.
  bool paused() const;

  // True while the account has paused itself and the ledger does not hold it yet. Only an operator
  // of this process ends it sooner.
  bool own_pause() const;
  // The ledger holds the own pause: from now on the ledger's word ends it.
  void OwnPauseKept();

  // An operator's word in this process, after the ledger holds it. A resume also begins the count
  // of doubts anew.
  void SetPaused(bool paused);

  // The ledger's word. `as_of` is pause_version() from before it was asked: a word that is older
  // than the last change here has no effect. A resume begins the count of doubts anew.
  void Obey(bool paused, int64_t as_of);
  int64_t pause_version() const;

 private:
  void Refill();

  const Clock& clock_;
  const int max_in_flight_;
  const double orders_per_second_;
  const double burst_;  // tokens of one second, at least one
  mutable std::mutex mutex_;
  int in_flight_ = 0;
  double tokens_;
  absl::Duration refilled_at_;
  int doubts_in_a_row_ = 0;
  bool own_pause_ = false;
  bool told_pause_ = false;
  int64_t pause_version_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_ACCOUNT_PACER_H_
