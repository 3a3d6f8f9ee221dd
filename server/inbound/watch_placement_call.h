// The method WatchPlacement: a stream of one placement's changes.
#ifndef ORDER1688_SERVER_INBOUND_WATCH_PLACEMENT_CALL_H_
#define ORDER1688_SERVER_INBOUND_WATCH_PLACEMENT_CALL_H_

#include "grpcpp/server_context.h"
#include "order1688/v1/order_service.pb.h"
#include "server/inbound/open_watches.h"
#include "server/inbound/order_service_parts.h"

namespace order1688 {

// Starts one call. What it returns belongs to gRPC; `parts` and `watches` must live until the call
// has ended and the threads of timer and ledger too.
grpc::ServerWriteReactor<v1::WatchPlacementResponse>* StartWatchPlacement(
    const OrderServiceParts& parts, OpenWatches& watches,
    const grpc::CallbackServerContext& context, const v1::WatchPlacementRequest& request);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_WATCH_PLACEMENT_CALL_H_
