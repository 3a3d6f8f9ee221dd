// The method ListPlacements: reads rows of the ledger, page by page.
#ifndef ORDER1688_SERVER_INBOUND_LIST_PLACEMENTS_CALL_H_
#define ORDER1688_SERVER_INBOUND_LIST_PLACEMENTS_CALL_H_

#include <memory>

#include "server/inbound/order_service_parts.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Starts one call. `parts` must live until it has ended.
std::shared_ptr<RpcHandler> StartListPlacements(const OrderServiceParts& parts, RpcStream& stream);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_LIST_PLACEMENTS_CALL_H_
