#include "server/inbound/order_service.h"

#include <memory>

#include "server/inbound/get_placement_call.h"
#include "server/inbound/list_placements_call.h"
#include "server/inbound/place_orders_call.h"
#include "server/inbound/resolve_placement_call.h"
#include "server/inbound/rpc_call.h"
#include "server/inbound/watch_placement_call.h"

namespace order1688 {

void OrderService::AddTo(ServedMethods* methods) {
  const auto add = [methods](absl::string_view name, StartRpc start) {
    methods->emplace(PathOf({kOrderServiceName, name}),
                     ServedMethod{ServedMethod::Takes::kOneMessage, std::move(start)});
  };
  add("PlaceOrders", [this](RpcStream& stream) { return StartPlaceOrders(parts_, stream); });
  add("GetPlacement", [this](RpcStream& stream) { return StartGetPlacement(parts_, stream); });
  add("ListPlacements", [this](RpcStream& stream) { return StartListPlacements(parts_, stream); });
  add("ResolvePlacement",
      [this](RpcStream& stream) { return StartResolvePlacement(parts_, stream); });
  add("WatchPlacement",
      [this](RpcStream& stream) { return StartWatchPlacement(parts_, watches_, stream); });
}

}  // namespace order1688
