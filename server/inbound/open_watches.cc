#include "server/inbound/open_watches.h"

#include <utility>

namespace order1688 {

OpenWatches::Admission OpenWatches::Add(const void* watch, std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return Admission::kStopping;
  if (stops_.size() >= kMost) return Admission::kTooMany;
  stops_.emplace(watch, std::move(stop));
  return Admission::kAdmitted;
}

void OpenWatches::Remove(const void* watch) {
  std::function<void()> dropped;
  const std::lock_guard lock(mutex_);
  const auto found = stops_.find(watch);
  if (found == stops_.end()) return;
  dropped = std::move(found->second);
  stops_.erase(found);
}

void OpenWatches::Stop() {
  std::map<const void*, std::function<void()>> stops;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stops.swap(stops_);
  }
  // Outside the lock: a watch that stops removes itself.
  for (auto& [watch, stop] : stops) stop();
}

}  // namespace order1688
