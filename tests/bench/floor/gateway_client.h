// The floor's way to the gateway: libcurl and nothing else.
#ifndef ORDER1688_TESTS_BENCH_FLOOR_GATEWAY_CLIENT_H_
#define ORDER1688_TESTS_BENCH_FLOOR_GATEWAY_CLIENT_H_

#include <curl/curl.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace order1688 {

// Sends the same bytes again and again, and looks at nothing of the answer but its HTTP status: one
// thread, one multi handle driven by curl_multi_socket_action and epoll, easy handles that are set
// up once. Never destroyed: it lives as long as the program.
class GatewayClient {
 public:
  // Told once that an answer has come, on the client's thread. Must not block.
  class Waiter {
   public:
    virtual void OnAnswer(bool http_200) = 0;

   protected:
    ~Waiter() = default;
  };

  GatewayClient(std::string url, std::string body);
  GatewayClient(const GatewayClient&) = delete;
  GatewayClient& operator=(const GatewayClient&) = delete;

  // Sends one POST. Thread-safe. `waiter` stays until it has been told.
  void Post(Waiter* waiter);

 private:
  using Clock = std::chrono::steady_clock;

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* watched);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  void Run();
  int MillisecondsToTimer() const;
  void StartPosted();
  void FinishAnswered();
  CURL* NewHandle();

  const std::string url_;
  const std::string body_;
  const int epoll_;
  const int posted_event_;
  CURLM* const multi_;
  curl_slist* headers_ = nullptr;
  std::vector<CURL*> idle_;
  std::optional<Clock::time_point> timer_;

  std::mutex mutex_;
  std::vector<Waiter*> posted_;  // guarded by mutex_
  std::thread thread_;           // last: it uses all of the above
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_FLOOR_GATEWAY_CLIENT_H_
