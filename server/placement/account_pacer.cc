#include "server/placement/account_pacer.h"

#include <algorithm>

namespace order1688 {
namespace {

constexpr absl::Duration kRetryWhenFull = absl::Seconds(1);
// Only an operator can end a pause: asking more often would not help.
constexpr absl::Duration kRetryWhenPaused = absl::Minutes(1);
constexpr double kRoundingError = 1e-9;

}  // namespace

AccountPacer::AccountPacer(int max_in_flight, double orders_per_second, const Clock& clock)
    : clock_(clock),
      max_in_flight_(max_in_flight),
      orders_per_second_(orders_per_second),
      burst_(std::max(1.0, orders_per_second)),
      tokens_(burst_),
      refilled_at_(clock.SinceBoot()) {}

std::optional<AccountPacer::Refusal> AccountPacer::Admit() {
  std::lock_guard lock(mutex_);
  if (own_pause_ || told_pause_) return Refusal{v1::ERROR_REASON_ACCOUNT_PAUSED, kRetryWhenPaused};
  if (in_flight_ >= max_in_flight_) return Refusal{v1::ERROR_REASON_OVERLOADED, kRetryWhenFull};
  Refill();
  // Who waits as long as told is let in: the wait is rounded up, and a token may lack what adding
  // parts of tokens loses.
  if (tokens_ < 1.0 - kRoundingError) {
    const absl::Duration until_next = absl::Seconds((1.0 - tokens_) / orders_per_second_);
    return Refusal{v1::ERROR_REASON_RATE_LIMITED, absl::Ceil(until_next, absl::Milliseconds(1))};
  }
  tokens_ -= 1.0;
  ++in_flight_;
  return std::nullopt;
}

void AccountPacer::Release() {
  std::lock_guard lock(mutex_);
  --in_flight_;
}

bool AccountPacer::CountOutcome(bool in_doubt) {
  std::lock_guard lock(mutex_);
  if (!in_doubt) {
    doubts_in_a_row_ = 0;
    return false;
  }
  if (++doubts_in_a_row_ < kDoubtsBeforePause || own_pause_ || told_pause_) return false;
  own_pause_ = true;
  ++pause_version_;
  return true;
}

bool AccountPacer::paused() const {
  std::lock_guard lock(mutex_);
  return own_pause_ || told_pause_;
}

bool AccountPacer::own_pause() const {
  std::lock_guard lock(mutex_);
  return own_pause_;
}

void AccountPacer::OwnPauseKept() {
  std::lock_guard lock(mutex_);
  if (!own_pause_) return;
  own_pause_ = false;
  told_pause_ = true;
  ++pause_version_;
}

void AccountPacer::SetPaused(bool paused) {
  std::lock_guard lock(mutex_);
  told_pause_ = paused;
  ++pause_version_;
  if (paused) return;
  own_pause_ = false;
  doubts_in_a_row_ = 0;
}

void AccountPacer::Obey(bool paused, int64_t as_of) {
  std::lock_guard lock(mutex_);
  if (as_of != pause_version_) return;
  if (told_pause_ && !paused) doubts_in_a_row_ = 0;
  told_pause_ = paused;
}

int64_t AccountPacer::pause_version() const {
  std::lock_guard lock(mutex_);
  return pause_version_;
}

void AccountPacer::Refill() {
  absl::Duration now = clock_.SinceBoot();
  tokens_ =
      std::min(burst_, tokens_ + orders_per_second_ * absl::ToDoubleSeconds(now - refilled_at_));
  refilled_at_ = now;
}

}  // namespace order1688
