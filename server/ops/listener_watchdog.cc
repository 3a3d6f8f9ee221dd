#include "server/ops/listener_watchdog.h"

#include <utility>

namespace order1688 {
namespace {

constexpr int kFailuresToAlarm = 3;

}  // namespace

void ListenerWatchdog::Start() {
  // An alarm that is always wrong would be worse than none.
  if (address_.length == 0) return log_.Warn("listener_not_watched");
  BeginTry();
}

void ListenerWatchdog::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  try_ = ConnectionTry();
}

void ListenerWatchdog::BeginTry() {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  try_ = ConnectionTry::Begin(address_);
  timer_.RunAfter(interval_ / 2, [self = shared_from_this()] { self->EndWriting(); });
}

void ListenerWatchdog::EndWriting() {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  try_.EndWriting();
  timer_.RunAfter(interval_ / 2, [self = shared_from_this()] { self->Judge(); });
}

void ListenerWatchdog::Judge() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    OnJudged(try_.WasAccepted());
  }
  BeginTry();
}

void ListenerWatchdog::OnJudged(bool accepted) {
  const bool was_deaf = failed_in_a_row_ >= kFailuresToAlarm;
  failed_in_a_row_ = accepted ? 0 : failed_in_a_row_ + 1;
  if (accepted && was_deaf) {
    log_.Warn("listener_accepts_again");
    on_change_(true);
  } else if (failed_in_a_row_ == kFailuresToAlarm) {
    metrics_.Alarm("listener_deaf");
    log_.Error("alarm", {{"kind", "listener_deaf"}, {"failed_tries", failed_in_a_row_}});
    on_change_(false);
  }
}

}  // namespace order1688
