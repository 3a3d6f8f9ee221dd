// HttpTransport over libcurl. ServerApp builds one, OrderGateway calls it, CurlTransfer does each
// POST.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_TRANSPORT_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_TRANSPORT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "common/clock.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

// How a CurlTransport connects and waits.
struct CurlTransportOptions {
  // From the start of a transfer to the end of its answer. Waiting in the queue is not part of it,
  // but is bounded by the same length. Above 0, at least 1 ms.
  absl::Duration timeout = absl::Seconds(30);
  // For DNS, TCP and TLS together; part of `timeout`. Above 0, at least 1 ms.
  absl::Duration connect_timeout = absl::Seconds(10);
  // Longest body of an answer; what comes beyond it is cut off and the order is in doubt.
  size_t max_answer_bytes = size_t{4} << 20;
  // PEM file of the only authorities to trust; empty: those of the system.
  std::string ca_file;
  // URL of a proxy, always used as a tunnel (CONNECT); empty: none. Environment variables never
  // count.
  std::string proxy;
  // Most transfers at a time; the others wait in a queue, first come, first served. At least 1.
  // Beyond 8 they wait, too, until one has its answer or the oldest has waited 20 ms for it; not if
  // the last answer took 20 ms.
  int most_active = 64;
  // A connection is used again only if it was idle for less than this, in whole seconds (rounded
  // down), and for at least one second less than the peer's `Keep-Alive: timeout=` allows. Below
  // one second: every order connects afresh.
  absl::Duration longest_idle = absl::Seconds(3);
};

// Sends with libcurl. HTTP/1.1 only; https, or http to a loopback address. It follows no redirect
// and keeps no cookies. Thread-safe.
//
// One thread of the transport's own works with libcurl; who posts only hands the request over, or,
// if that thread has nothing to do, starts it: then its gate may be asked inside Post. A thread
// that looks for work anyhow can spare it altogether: see LookHere. The program must ignore
// SIGPIPE, as a server does.
//
// A request is sent at most once although libcurl sends it again by itself when a reused connection
// dies: the gate is asked before the first byte leaves on any connection, and the body can be read
// only once, by whoever was let through.
//
// What HttpTransport leaves open:
// - A request that must not be sent (ToCurlRequest says which) is kNotSent with the cause
// request_refused.
// - A timeout after the gate opened is no_answer if not a byte of the answer came, answer_cut
// otherwise.
// - An answer with neither Content-Length nor chunks ends when the peer closes, so a cut cannot be
// seen: it is kAnswered, and
//   whoever parses the body must judge. An answer whose header section is incomplete is always in
//   doubt.
// - A connection that turns out to be dead before the gate was asked is replaced once, silently.
class CurlTransport final : public HttpTransport {
 public:
  // Starts the thread. `clock` must outlive the transport. `on_stopped_send`, which may be empty,
  // is called each time that a second send of one order was stopped, on that thread or inside Post
  // or LookHere; it must not block or post.
  CurlTransport(CurlTransportOptions options, const Clock& clock,
                std::function<void()> on_stopped_send);

  // Shuts undecided gates with "shutting_down" and awaits the orders that have left, at most up to
  // their timeout. Never call it from a `done`.
  ~CurlTransport() override;

  void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) override;

  // If orders are under way and the transport's thread waits for them, does its work on the
  // caller's thread instead, without waiting: goes on with what has come, and calls `done` of what
  // is complete. Returns whether anything was. From then on that thread no longer looks at the
  // orders, so the caller must call again soon and again, or StopLookingHere: until then no answer
  // is read and no timeout noticed. Never inside Post or a `done`.
  bool LookHere();
  // Leaves the orders to the transport's thread again.
  void StopLookingHere();

 private:
  class Loop;

  const std::unique_ptr<Loop> loop_;
  std::thread thread_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_TRANSPORT_H_
