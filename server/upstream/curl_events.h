// Waits for the sockets and the timer of a multi handle, and lets libcurl go on when they are due.
// CurlTransport's loop.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_EVENTS_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_EVENTS_H_

#include <curl/curl.h>
#include <sys/epoll.h>

#include <chrono>
#include <optional>

#include "absl/time/time.h"
#include "server/upstream/curl_sockets.h"

namespace order1688 {

// epoll for one multi handle and its sockets, which must outlive it; the multi handle must not be
// used after it, but for its cleanup. Await and Wake may be called on any thread, at any time; all
// else, and libcurl on the multi handle, on one at a time.
//
// epoll keeps looking for input on an idle connection, because the next order mostly comes soon: to
// register it anew costs two system calls for each order.
class CurlEvents {
 public:
  CurlEvents(CURLM* multi, CurlSockets& sockets);
  CurlEvents(const CurlEvents&) = delete;
  CurlEvents& operator=(const CurlEvents&) = delete;
  ~CurlEvents();

  // Blocks until a socket is ready or Wake was called (true), or `longest` is over.
  bool Await(absl::Duration longest);
  // Ends the running Await, or the next one.
  void Wake();
  // As Wake, but when `wait` is over. Only the last call counts.
  void WakeIn(absl::Duration wait);
  // Whether Await ends when a socket is ready. It does, until told otherwise.
  void SetAwaitsSockets(bool awaits);

  // Lets libcurl go on with sockets that are ready now, up to 64, and with what its timer says is
  // due.
  void Handle();
  // Lets libcurl go on with what its timer says is due, among it each transfer that was just added.
  void HandleTimer();
  // Until libcurl's timer is due; InfiniteDuration() if it is off.
  absl::Duration UntilTimer() const;

 private:
  using Clock = std::chrono::steady_clock;

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* registered);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  // Makes epoll look for `events` of the socket, whatever it looked for.
  void Register(curl_socket_t socket, uint32_t before, uint32_t events);
  void HandleEvent(const epoll_event& event);

  CURLM* const multi_;
  CurlSockets& sockets_;
  const int epoll_;       // of libcurl's sockets
  const int awaited_;     // the epoll of epoll_ and of these:
  const int woken_;       // an eventfd
  const int wake_timer_;  // a timerfd
  std::optional<Clock::time_point> timer_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_EVENTS_H_
