// A gateway that is far away: every answer takes the same time, however many there are.
#ifndef ORDER1688_TESTS_BENCH_GATEWAY_SLOW_GATEWAY_H_
#define ORDER1688_TESTS_BENCH_GATEWAY_SLOW_GATEWAY_H_

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "tests/bench/gateway/http_reader.h"

namespace order1688 {

// Answers every request with the same bytes, a fixed time after the request was read, and keeps
// connections open. One thread and epoll, so that thousands of requests may wait at once.
class SlowGateway {
 public:
  // `body` is the JSON of every answer.
  SlowGateway(std::string body, std::chrono::nanoseconds delay);
  SlowGateway(const SlowGateway&) = delete;
  SlowGateway& operator=(const SlowGateway&) = delete;

  // Listens on ADDRESS:PORT (IPv4; 0: any free port) and returns the port. UNAVAILABLE if that
  // fails.
  absl::StatusOr<int> Listen(const std::string& address_and_port);

  // Call after Listen.
  [[noreturn]] void Run();

 private:
  using Clock = std::chrono::steady_clock;

  struct Connection {
    int socket = -1;
    HttpReader reader;
    std::string unsent;
    bool waits_for_room = false;
  };

  // An answer that is not due yet. Its connection may be gone by then.
  struct Answer {
    Clock::time_point due;
    std::weak_ptr<Connection> connection;
  };

  void Watch(int file, int change, uint32_t events) const;
  void Accept();
  void OnConnection(int socket, uint32_t events);
  bool Read(const std::shared_ptr<Connection>& connection);
  bool Send(Connection& connection) const;
  void Close(int socket);
  void SendDue();
  void SetTimer() const;

  const std::string answer_;
  const std::chrono::nanoseconds delay_;
  const int epoll_;
  const int timer_;
  int listener_ = -1;
  std::unordered_map<int, std::shared_ptr<Connection>> connections_;  // by socket
  // In order: the delay is the same for all.
  std::deque<Answer> waiting_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_GATEWAY_SLOW_GATEWAY_H_
