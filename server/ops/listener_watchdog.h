// Notices that our own port has stopped accepting connections.
#ifndef ORDER1688_SERVER_OPS_LISTENER_WATCHDOG_H_
#define ORDER1688_SERVER_OPS_LISTENER_WATCHDOG_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/time/time.h"
#include "common/log.h"
#include "server/ops/connection_try.h"
#include "server/ops/metrics.h"
#include "server/timer.h"

namespace order1688 {

// After the process has once run out of file descriptors, the listener of gRPC 1.51 accepts nothing
// for ever (CVE-2023-4785), while everything else goes on; only a restart helps. So every
// `interval` this connects to the port itself, as ConnectionTry describes. When three tries in a
// row were not accepted it raises the alarm `listener_deaf`. It uses the timer's thread and never
// waits.
//
// Thread-safe. Hold it by shared_ptr; the other objects must outlive the timer.
class ListenerWatchdog : public std::enable_shared_from_this<ListenerWatchdog> {
 public:
  // `host` and `port` are where the server listens. `on_change` is called with false at the alarm,
  // and with true should a later try be accepted: on a thread of the timer, never after Stop. It
  // must not call the watchdog.
  ListenerWatchdog(const std::string& host, int port, absl::Duration interval, Timer& timer,
                   Metrics& metrics, const Log& log, std::function<void(bool)> on_change)
      : address_(TryAddressOf(host, port)),
        interval_(interval),
        timer_(timer),
        metrics_(metrics),
        log_(log),
        on_change_(std::move(on_change)) {}

  // Begins the first try. Call it once, when the server listens.
  void Start();

  // Ends it. Call it before the server stops listening.
  void Stop();

 private:
  void BeginTry();
  void EndWriting();
  void Judge();
  // Needs mutex_.
  void OnJudged(bool accepted);

  const TryAddress address_;
  const absl::Duration interval_;
  Timer& timer_;
  Metrics& metrics_;
  const Log& log_;
  const std::function<void(bool)> on_change_;
  std::mutex mutex_;  // guards all below
  bool stopped_ = false;
  int failed_in_a_row_ = 0;
  ConnectionTry try_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_LISTENER_WATCHDOG_H_
