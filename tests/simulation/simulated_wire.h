// The wire of one simulated process: it answers only when told.
#ifndef ORDER1688_TESTS_SIMULATION_SIMULATED_WIRE_H_
#define ORDER1688_TESTS_SIMULATION_SIMULATED_WIRE_H_

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "server/upstream/http_transport.h"
#include "tests/support/fake_clock.h"

namespace order1688 {

// What is on it when the process dies stays unanswered; what has left through an open gate reaches
// the gateway all the same.
class SimulatedWire final : public HttpTransport {
 public:
  struct Exchange {
    HttpRequest request;
    std::shared_ptr<SendGate> gate;
    Done done;
    int call = -1;  // of placers; -1: a lookup
    int number = 0;
    absl::Duration posted_at;
    HttpResult result;  // once the gate has opened

    bool asks_for_orders() const { return absl::EndsWith(request.url, "/order/page"); }
  };

  // `call_now`: the call on whose behalf the placer runs at the moment.
  SimulatedWire(const int& call_now, const FakeClock& clock) : call_now_(call_now), clock_(clock) {}

  void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) override {
    exchanges_.push_back({std::move(request), std::move(gate), std::move(done), call_now_,
                          ++last_number_, clock_.SinceBoot(), HttpResult()});
  }

  size_t size() const { return exchanges_.size(); }
  Exchange& at(size_t index) { return exchanges_[index]; }
  void CutAll() { exchanges_.clear(); }

  // nullptr if it has ended.
  Exchange* Find(int number) {
    for (Exchange& exchange : exchanges_) {
      if (exchange.number == number) return &exchange;
    }
    return nullptr;
  }

  // Ends an exchange. With a shut gate, nothing was sent.
  void Finish(size_t index) {
    Exchange exchange = std::move(exchanges_[index]);
    exchanges_.erase(exchanges_.begin() + static_cast<std::ptrdiff_t>(index));
    if (!exchange.gate->opened()) {
      exchange.gate->Shut("connect_failed");
      exchange.result.outcome = SendOutcome::kNotSent;
      exchange.result.cause = exchange.gate->shut_cause();
    }
    exchange.result.latency = clock_.SinceBoot() - exchange.posted_at;
    std::move(exchange.done)(std::move(exchange.result));
  }

 private:
  const int& call_now_;
  const FakeClock& clock_;
  int last_number_ = 0;
  std::vector<Exchange> exchanges_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SIMULATED_WIRE_H_
