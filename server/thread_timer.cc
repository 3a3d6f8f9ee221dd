#include "server/thread_timer.h"

#include <algorithm>

namespace order1688 {
namespace {

// Longer delays would overflow the clock.
constexpr absl::Duration kLongestDelay = absl::Hours(24 * 365);

}  // namespace

ThreadTimer::ThreadTimer() : thread_([this] { Run(); }) {}

ThreadTimer::~ThreadTimer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Timer::Id ThreadTimer::RunAfter(absl::Duration delay, absl::AnyInvocable<void() &&> work) {
  const absl::Duration bounded = std::clamp(delay, absl::ZeroDuration(), kLongestDelay);
  // Rounded up: never early.
  const auto wait =
      std::chrono::nanoseconds(absl::ToInt64Nanoseconds(absl::Ceil(bounded, absl::Nanoseconds(1))));
  const Time time = std::chrono::steady_clock::now() + wait;
  Id id = 0;
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    id = ++last_id_;
    times_.emplace(id, time);
    const auto place = queue_.emplace(std::pair(time, id), std::move(work)).first;
    is_first = place == queue_.begin();
  }
  // The thread sleeps until the first one is due; a deadline for each order would wake it in vain.
  if (is_first) wake_.notify_one();
  return id;
}

void ThreadTimer::Cancel(Id id) {
  Work dropped;  // destroyed without the lock: its owner may call back
  const std::lock_guard lock(mutex_);
  const auto time = times_.find(id);
  if (time == times_.end()) return;
  const auto place = queue_.find({time->second, id});
  dropped = std::move(place->second);
  queue_.erase(place);
  times_.erase(time);
}

void ThreadTimer::Run() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (queue_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto first = queue_.begin();
    const Time time = first->first.first;
    if (std::chrono::steady_clock::now() < time) {
      wake_.wait_until(lock, time);
      continue;
    }
    Work work = std::move(first->second);
    times_.erase(first->first.second);
    queue_.erase(first);
    lock.unlock();
    std::move(work)();
    work = nullptr;  // destroyed without the lock: its owner may call back
    lock.lock();
  }
}

}  // namespace order1688
