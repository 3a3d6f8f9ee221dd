// The streams that are open, so that a server that stops can end them.
#ifndef ORDER1688_SERVER_INBOUND_OPEN_WATCHES_H_
#define ORDER1688_SERVER_INBOUND_OPEN_WATCHES_H_

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>

namespace order1688 {

// Knows every open watch. Thread-safe.
class OpenWatches {
 public:
  // Each of them reads the ledger twice a second.
  static constexpr size_t kMost = 1000;

  enum class Admission { kAdmitted, kTooMany, kStopping };

  // Takes a watch; `watch` tells it from the others. `stop` is called at most once, from Stop, and
  // must be safe to call after Remove too.
  Admission Add(const void* watch, std::function<void()> stop);

  // No effect on what is not there.
  void Remove(const void* watch);

  // Stops every watch, and refuses new ones from now on. Returns at once.
  void Stop();

 private:
  std::mutex mutex_;
  std::map<const void*, std::function<void()>> stops_;  // guarded by mutex_
  bool stopping_ = false;                               // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_OPEN_WATCHES_H_
