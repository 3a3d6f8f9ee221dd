// The method ListPlacements: reads rows of the ledger, page by page.
#ifndef ORDER1688_SERVER_INBOUND_LIST_PLACEMENTS_CALL_H_
#define ORDER1688_SERVER_INBOUND_LIST_PLACEMENTS_CALL_H_

#include "grpcpp/server_context.h"
#include "order1688/v1/order_service.pb.h"
#include "server/inbound/order_service_parts.h"

namespace order1688 {

// Starts one call. What it returns belongs to gRPC; `parts` and `response` must live until the call
// has ended.
grpc::ServerUnaryReactor* StartListPlacements(const OrderServiceParts& parts,
                                              const grpc::CallbackServerContext& context,
                                              const v1::ListPlacementsRequest& request,
                                              v1::ListPlacementsResponse* response);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_LIST_PLACEMENTS_CALL_H_
