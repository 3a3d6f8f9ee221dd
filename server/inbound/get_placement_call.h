// The method GetPlacement: reads one row of the ledger.
#ifndef ORDER1688_SERVER_INBOUND_GET_PLACEMENT_CALL_H_
#define ORDER1688_SERVER_INBOUND_GET_PLACEMENT_CALL_H_

#include <memory>

#include "server/inbound/order_service_parts.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Starts one call. `parts` must live until it has ended.
std::shared_ptr<RpcHandler> StartGetPlacement(const OrderServiceParts& parts, RpcStream& stream);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_GET_PLACEMENT_CALL_H_
