// The gRPC API: authenticate, check, normalise, hand over, answer. Nothing here blocks a gRPC
// thread.
#ifndef ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_
#define ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_

#include <memory>

#include "common/clock.h"
#include "common/log.h"
#include "order1688/v1/order_service.grpc.pb.h"
#include "server/inbound/caller_auth.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/order_placer.h"

namespace order1688 {

// Implements order1688.v1.OrderService. Thread-safe. All that is handed in must outlive the gRPC
// server.
class OrderService final : public v1::OrderService::CallbackService {
 public:
  struct Parts {
    const CallerAuth& callers;
    std::shared_ptr<OrderPlacer> placer;
    Ledger& ledger;
    const Clock& clock;
    Metrics& metrics;
    const Log& log;
    int max_cargo_lines_per_seller;
  };

  explicit OrderService(Parts parts) : parts_(std::move(parts)) {}

  grpc::ServerUnaryReactor* PlaceOrders(grpc::CallbackServerContext* context,
                                        const v1::PlaceOrdersRequest* request,
                                        v1::PlaceOrdersResponse* response) override;
  grpc::ServerUnaryReactor* GetPlacement(grpc::CallbackServerContext* context,
                                         const v1::GetPlacementRequest* request,
                                         v1::GetPlacementResponse* response) override;
  grpc::ServerUnaryReactor* ListPlacements(grpc::CallbackServerContext* context,
                                           const v1::ListPlacementsRequest* request,
                                           v1::ListPlacementsResponse* response) override;
  grpc::ServerUnaryReactor* ResolvePlacement(grpc::CallbackServerContext* context,
                                             const v1::ResolvePlacementRequest* request,
                                             v1::ResolvePlacementResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchPlacementResponse>* WatchPlacement(
      grpc::CallbackServerContext* context, const v1::WatchPlacementRequest* request) override;

 private:
  const Parts parts_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_
