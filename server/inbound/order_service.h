// The gRPC API for callers: one file per method, nothing here blocks a gRPC thread.
#ifndef ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_
#define ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_

#include <utility>

#include "order1688/v1/order_service.grpc.pb.h"
#include "server/inbound/open_watches.h"
#include "server/inbound/order_service_parts.h"

namespace order1688 {

// Implements order1688.v1.OrderService. Thread-safe. It and all that is handed in must outlive the
// gRPC server.
class OrderService final : public v1::OrderService::WithRawCallbackMethod_PlaceOrders<
                               v1::OrderService::CallbackService> {
 public:
  using Parts = OrderServiceParts;

  explicit OrderService(Parts parts) : parts_(std::move(parts)) {}

  // Ends every watch, and refuses new ones: Server::Shutdown waits for running streams. Call it
  // before Server::Shutdown.
  void StopWatches() { watches_.Stop(); }

  // Reads a PlaceOrdersRequest and writes a PlaceOrdersResponse.
  grpc::ServerUnaryReactor* PlaceOrders(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
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
  OpenWatches watches_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_
