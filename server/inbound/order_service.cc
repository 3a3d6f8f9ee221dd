#include "server/inbound/order_service.h"

#include "server/inbound/get_placement_call.h"
#include "server/inbound/list_placements_call.h"
#include "server/inbound/place_orders_call.h"
#include "server/inbound/resolve_placement_call.h"
#include "server/inbound/watch_placement_call.h"

namespace order1688 {

grpc::ServerUnaryReactor* OrderService::PlaceOrders(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request,
                                                    grpc::ByteBuffer* response) {
  return StartPlaceOrders(parts_, *context, *request, response);
}

grpc::ServerUnaryReactor* OrderService::GetPlacement(grpc::CallbackServerContext* context,
                                                     const v1::GetPlacementRequest* request,
                                                     v1::GetPlacementResponse* response) {
  return StartGetPlacement(parts_, *context, *request, response);
}

grpc::ServerUnaryReactor* OrderService::ListPlacements(grpc::CallbackServerContext* context,
                                                       const v1::ListPlacementsRequest* request,
                                                       v1::ListPlacementsResponse* response) {
  return StartListPlacements(parts_, *context, *request, response);
}

grpc::ServerUnaryReactor* OrderService::ResolvePlacement(grpc::CallbackServerContext* context,
                                                         const v1::ResolvePlacementRequest* request,
                                                         v1::ResolvePlacementResponse* response) {
  return StartResolvePlacement(parts_, *context, *request, response);
}

grpc::ServerWriteReactor<v1::WatchPlacementResponse>* OrderService::WatchPlacement(
    grpc::CallbackServerContext* context, const v1::WatchPlacementRequest* request) {
  return StartWatchPlacement(parts_, watches_, *context, *request);
}

}  // namespace order1688
