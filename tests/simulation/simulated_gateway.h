// The gateway of the simulation and the wire to it: it knows which orders really exist.
#ifndef ORDER1688_TESTS_SIMULATION_SIMULATED_GATEWAY_H_
#define ORDER1688_TESTS_SIMULATION_SIMULATED_GATEWAY_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "order1688/v1/order_batch.pb.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

// Numbers that are the same on every machine for one seed.
class SeededChoice {
 public:
  explicit SeededChoice(unsigned seed) : engine_(seed) {}

  // 0 to `below` - 1.
  int Pick(int below) { return static_cast<int>(engine_() % static_cast<unsigned>(below)); }
  bool Percent(int percent) { return Pick(100) < percent; }

 private:
  std::mt19937 engine_;
};

// What the gateway does with a body, and what becomes of its answer.
struct Fate {
  std::vector<std::string> orders;  // ids of the orders that it makes
  HttpResult result;
};

// Decides the fate of a body for two sellers, "seller-1" and "seller-2".
Fate DecideFate(SeededChoice& choice);

// The wire of one process. It answers only when told; what is on it when the process dies stays
// unanswered.
class SimulatedWire final : public HttpTransport {
 public:
  struct Exchange {
    HttpRequest request;
    std::shared_ptr<SendGate> gate;
    Done done;
    int call = -1;
    HttpResult result;  // once the gate has opened
  };

  // `call_now`: the call on whose behalf the placer runs at the moment.
  explicit SimulatedWire(const int& call_now) : call_now_(call_now) {}

  void Post(HttpRequest request, std::shared_ptr<SendGate> gate, Done done) override {
    exchanges_.push_back({std::move(request), std::move(gate), std::move(done), call_now_, {}});
  }

  size_t size() const { return exchanges_.size(); }
  Exchange& at(size_t index) { return exchanges_[index]; }
  void CutAll() { exchanges_.clear(); }

  // Ends an exchange. With a shut gate, nothing was sent.
  void Finish(size_t index);

 private:
  const int& call_now_;
  std::vector<Exchange> exchanges_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SIMULATED_GATEWAY_H_
