// A small HTTP server for those who run the service: /metrics, /healthz and /readyz, on loopback
// only.
#ifndef ORDER1688_SERVER_OPS_OPS_SERVER_H_
#define ORDER1688_SERVER_OPS_OPS_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// Answers GET and HEAD:
//   /metrics  200, what `render_metrics` returns, as Prometheus text
//   /healthz  200 "ok" if `is_alive`, else 503 "restart me": only a restart helps
//   /readyz   200 "ready" if `is_ready`, else 503 "not ready"
// Any other path is 404, any other method 405. Every answer closes its connection. Uses a few
// threads of its own.
class OpsServer {
 public:
  // All are called on threads of the server, several at a time, and must not block for long.
  struct Pages {
    std::function<std::string()> render_metrics;
    std::function<bool()> is_alive;
    std::function<bool()> is_ready;
  };

  // Starts to listen on `listen`, `HOST:PORT` (port 0 takes a free one). INVALID_ARGUMENT if it is
  // not an IPv4 loopback address: Debian's civetweb knows no IPv6. UNAVAILABLE if it cannot be
  // bound, e.g. because the port is taken.
  static absl::StatusOr<std::unique_ptr<OpsServer>> Start(absl::string_view listen, Pages pages);

  // Stops listening and waits for answers under way, at most a few seconds.
  ~OpsServer();
  OpsServer(const OpsServer&) = delete;
  OpsServer& operator=(const OpsServer&) = delete;

  // The port that is bound.
  int port() const { return port_; }

 private:
  class Http;
  OpsServer(std::unique_ptr<Http> http, int port);

  const std::unique_ptr<Http> http_;
  const int port_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_OPS_OPS_SERVER_H_
