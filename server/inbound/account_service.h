// The gRPC API for operators of gateway accounts. Nothing here blocks the server's thread.
#ifndef ORDER1688_SERVER_INBOUND_ACCOUNT_SERVICE_H_
#define ORDER1688_SERVER_INBOUND_ACCOUNT_SERVICE_H_

#include <memory>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "server/inbound/caller_auth.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/account_watch.h"
#include "server/rpc/rpc_stream.h"

namespace order1688 {

// Implements order1688.v1.AccountService. Thread-safe. It and all that is handed in must outlive
// the RpcServer and the threads of the ledger.
class AccountService {
 public:
  struct Parts {
    const CallerAuth& callers;
    std::shared_ptr<AccountWatch> accounts;
    Ledger& ledger;
    const Clock& clock;
    Metrics& metrics;
    const Log& log;
  };

  explicit AccountService(Parts parts) : parts_(std::move(parts)) {}

  // Adds its methods.
  void AddTo(ServedMethods* methods);

 private:
  const Parts parts_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_ACCOUNT_SERVICE_H_
