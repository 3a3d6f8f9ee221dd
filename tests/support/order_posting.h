// Signed orders for the sandbox, and waiting for what became of them.
#ifndef ORDER1688_TESTS_SUPPORT_ORDER_POSTING_H_
#define ORDER1688_TESTS_SUPPORT_ORDER_POSTING_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/clock.h"
#include "server/upstream/http_transport.h"
#include "server/upstream/send_gate.h"

namespace order1688 {

// The secret that the sandbox knows unless told otherwise.
inline constexpr char kSandboxSecret[] = "TEST-ACCESS-SECRET-0001";

// A transport that missed an event waits for longer; nothing else takes so long.
inline constexpr absl::Duration kNoFullWait = absl::Seconds(30);

// An order that the sandbox accepts, signed now. `number` makes its body unique: the receiver is
// "li-<number>".
HttpRequest SignedOrder(const std::string& url, int number);

// A gate that opens at its first call.
std::shared_ptr<SendGate> ReadyGate(const Clock& clock);

// One order on its way. Post is called in the constructor.
class PostedOrder {
 public:
  PostedOrder(HttpTransport& transport, HttpRequest request, std::shared_ptr<SendGate> gate);

  // Blocks until `done` was called and returns what it got.
  HttpResult Wait();

  // How often `done` was called so far.
  int done_calls() const;

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<HttpResult> result;
    int done_calls = 0;
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_ORDER_POSTING_H_
