// The method GetPlacement: reads one row of the ledger.
#ifndef ORDER1688_SERVER_INBOUND_GET_PLACEMENT_CALL_H_
#define ORDER1688_SERVER_INBOUND_GET_PLACEMENT_CALL_H_

#include "grpcpp/server_context.h"
#include "order1688/v1/order_service.pb.h"
#include "server/inbound/order_service_parts.h"

namespace order1688 {

// Starts one call. What it returns belongs to gRPC; `parts` and `response` must live until the call
// has ended.
grpc::ServerUnaryReactor* StartGetPlacement(const OrderServiceParts& parts,
                                            const grpc::CallbackServerContext& context,
                                            const v1::GetPlacementRequest& request,
                                            v1::GetPlacementResponse* response);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_GET_PLACEMENT_CALL_H_
