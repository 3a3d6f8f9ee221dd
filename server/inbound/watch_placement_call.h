// The method WatchPlacement: a stream of one placement's changes.
#ifndef ORDER1688_SERVER_INBOUND_WATCH_PLACEMENT_CALL_H_
#define ORDER1688_SERVER_INBOUND_WATCH_PLACEMENT_CALL_H_

#include <memory>

#include "server/inbound/open_watches.h"
#include "server/inbound/order_service_parts.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Starts one call. `parts` and `watches` must live until it has ended, and the threads of timer and
// ledger too.
std::shared_ptr<RpcHandler> StartWatchPlacement(const OrderServiceParts& parts,
                                                OpenWatches& watches, RpcStream& stream);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_WATCH_PLACEMENT_CALL_H_
