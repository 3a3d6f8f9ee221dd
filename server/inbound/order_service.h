// The gRPC API for callers: one file per method, nothing here blocks the server's thread.
#ifndef ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_
#define ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_

#include <utility>

#include "server/inbound/open_watches.h"
#include "server/inbound/order_service_parts.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Implements order1688.v1.OrderService. Thread-safe. It and all that is handed in must outlive the
// RpcServer.
class OrderService {
 public:
  using Parts = OrderServiceParts;

  explicit OrderService(Parts parts) : parts_(std::move(parts)) {}

  // Adds its methods.
  void AddTo(ServedMethods* methods);

  // Ends every watch, and refuses new ones: RpcServer::Shutdown waits for running streams. Call it
  // before RpcServer::Shutdown.
  void StopWatches() { watches_.Stop(); }

 private:
  const Parts parts_;
  OpenWatches watches_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_ORDER_SERVICE_H_
