// The method PlaceOrders: read, authenticate, check, normalise, hand over, answer.
#ifndef ORDER1688_SERVER_INBOUND_PLACE_ORDERS_CALL_H_
#define ORDER1688_SERVER_INBOUND_PLACE_ORDERS_CALL_H_

#include <memory>

#include "server/inbound/order_service_parts.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Starts one call. `parts` must live until it has ended.
std::shared_ptr<RpcHandler> StartPlaceOrders(const OrderServiceParts& parts, RpcStream& stream);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_PLACE_ORDERS_CALL_H_
