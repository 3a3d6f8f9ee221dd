// What the methods of OrderService work with.
#ifndef ORDER1688_SERVER_INBOUND_ORDER_SERVICE_PARTS_H_
#define ORDER1688_SERVER_INBOUND_ORDER_SERVICE_PARTS_H_

#include <memory>

#include "common/clock.h"
#include "common/log.h"
#include "server/inbound/caller_auth.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/order_placer.h"
#include "server/timer.h"

namespace order1688 {

// All of it must outlive the gRPC server, and the threads of timer and ledger.
struct OrderServiceParts {
  const CallerAuth& callers;
  std::shared_ptr<OrderPlacer> placer;
  Ledger& ledger;
  Timer& timer;
  const Clock& clock;
  Metrics& metrics;
  const Log& log;
  int max_cargo_lines_per_seller;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_ORDER_SERVICE_PARTS_H_
