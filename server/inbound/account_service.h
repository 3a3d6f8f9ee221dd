// The gRPC API for operators of gateway accounts. Nothing here blocks a gRPC thread.
#ifndef ORDER1688_SERVER_INBOUND_ACCOUNT_SERVICE_H_
#define ORDER1688_SERVER_INBOUND_ACCOUNT_SERVICE_H_

#include <memory>
#include <utility>

#include "common/clock.h"
#include "common/log.h"
#include "order1688/v1/account_service.grpc.pb.h"
#include "server/inbound/caller_auth.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/account_watch.h"

namespace order1688 {

// Implements order1688.v1.AccountService. Thread-safe. It and all that is handed in must outlive
// the gRPC server and the threads of the ledger.
class AccountService final : public v1::AccountService::CallbackService {
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

  grpc::ServerUnaryReactor* GetAccount(grpc::CallbackServerContext* context,
                                       const v1::GetAccountRequest* request,
                                       v1::GetAccountResponse* response) override;
  grpc::ServerUnaryReactor* PauseAccount(grpc::CallbackServerContext* context,
                                         const v1::PauseAccountRequest* request,
                                         v1::PauseAccountResponse* response) override;
  grpc::ServerUnaryReactor* ResumeAccount(grpc::CallbackServerContext* context,
                                          const v1::ResumeAccountRequest* request,
                                          v1::ResumeAccountResponse* response) override;
  grpc::ServerUnaryReactor* DeclareRefusalCode(grpc::CallbackServerContext* context,
                                               const v1::DeclareRefusalCodeRequest* request,
                                               v1::DeclareRefusalCodeResponse* response) override;

 private:
  const Parts parts_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_ACCOUNT_SERVICE_H_
