// The method PlaceOrders: read, authenticate, check, normalise, hand over, answer.
#ifndef ORDER1688_SERVER_INBOUND_PLACE_ORDERS_CALL_H_
#define ORDER1688_SERVER_INBOUND_PLACE_ORDERS_CALL_H_

#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "server/inbound/order_service_parts.h"

namespace order1688 {

// Starts one call: `request` is a PlaceOrdersRequest, `response` will be a PlaceOrdersResponse.
// What it returns belongs to gRPC; `parts` and `response` must live until the call has ended.
grpc::ServerUnaryReactor* StartPlaceOrders(const OrderServiceParts& parts,
                                           const grpc::CallbackServerContext& context,
                                           const grpc::ByteBuffer& request,
                                           grpc::ByteBuffer* response);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_PLACE_ORDERS_CALL_H_
