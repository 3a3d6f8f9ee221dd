// What every seed of the simulation needs and none changes for the next.
#ifndef ORDER1688_TESTS_SIMULATION_SIMULATION_PARTS_H_
#define ORDER1688_TESTS_SIMULATION_SIMULATION_PARTS_H_

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "common/log.h"
#include "order1688/v1/order_service.pb.h"
#include "server/upstream/order_gateway.h"
#include "server/upstream/order_list.h"
#include "tests/simulation/simulated_gateway.h"
#include "tests/simulation/simulated_wire.h"
#include "tests/support/fake_clock.h"

namespace order1688 {

// What all seeds share, because it is slow to build. Nothing in it remembers an earlier seed.
class SimulationParts {
 public:
  SimulationParts();

  static constexpr int kProcesses = 2;

  struct Content {
    Purchase purchase;
    v1::PlaceOrdersRequest request;
    std::string body;
  };

  FakeClock clock;
  int call_now = -1;
  Log log;
  std::array<SimulatedWire, kProcesses> wires{SimulatedWire(call_now, clock),
                                              SimulatedWire(call_now, clock)};
  std::array<std::unique_ptr<OrderGateway>, kProcesses> gateways;
  std::array<std::unique_ptr<OrderList>, kProcesses> lists;
  std::vector<Content> contents;  // two for each receiver, in their order
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SIMULATION_SIMULATION_PARTS_H_
