// Makes one thread of a test wait for another.
#ifndef ORDER1688_TESTS_SUPPORT_TURNSTILE_H_
#define ORDER1688_TESTS_SUPPORT_TURNSTILE_H_

#include <condition_variable>
#include <mutex>

namespace order1688 {

// Lets one waiter go per signal, whichever comes first. Thread-safe.
class Turnstile {
 public:
  void Signal() {
    std::lock_guard lock(mutex_);
    ++signals_;
    changed_.notify_all();
  }

  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return signals_ > 0; });
    --signals_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int signals_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_TURNSTILE_H_
