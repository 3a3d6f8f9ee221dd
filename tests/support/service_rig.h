// The real gRPC services on a free port of loopback, with fakes below them. For tests that link
// order1688_server.
#ifndef ORDER1688_TESTS_SUPPORT_SERVICE_RIG_H_
#define ORDER1688_TESTS_SUPPORT_SERVICE_RIG_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "order1688/v1/account_service.grpc.pb.h"
#include "order1688/v1/order_service.grpc.pb.h"
#include "server/inbound/account_service.h"
#include "server/inbound/caller_auth.h"
#include "server/inbound/order_service.h"
#include "server/placement/account_watch.h"
#include "server/rpc/rpc_server.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/placement_rig.h"
#include "tests/support/sample_placement.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {

// A token is the id of its caller.
//   shop: PLACE, READ   rival: READ   desk: READ, RESOLVE   auditor: READ, READ_RAW
// All may use the account "main"; "desk" also "gone", which is not configured.
inline google::protobuf::RepeatedPtrField<config::v1::Caller> RigCallers() {
  google::protobuf::RepeatedPtrField<config::v1::Caller> callers;
  const auto add = [&](const std::string& id, std::vector<config::v1::Permission> permissions) {
    config::v1::Caller* caller = callers.Add();
    caller->set_id(id);
    caller->add_token_sha256(TokenDigest(id));
    caller->add_accounts("main");
    for (config::v1::Permission permission : permissions) caller->add_permissions(permission);
  };
  add("shop", {config::v1::PLACE, config::v1::READ});
  add("rival", {config::v1::READ});
  add("desk", {config::v1::READ, config::v1::RESOLVE});
  callers.rbegin()->add_accounts("gone");
  add("auditor", {config::v1::READ, config::v1::READ_RAW});
  return callers;
}

// What one call was answered.
template <typename Response>
struct CallAnswer {
  grpc::Status status;
  std::optional<Error> error;
  Response response;

  // "" for OK, "?" for an error that is none of ours, else the reason on the wire.
  std::string reason() const {
    if (status.ok()) return "";
    return error.has_value() ? NameOf(error->reason) : "?";
  }
  // The fields that were refused.
  std::vector<std::string> fields() const {
    std::vector<std::string> fields;
    if (!error.has_value()) return fields;
    for (const FieldViolation& violation : error->violations) fields.push_back(violation.field);
    return fields;
  }
};

// The services over a ledger that answers on a thread of its own; the test owns the time.
class ServiceRig {
 public:
  ServiceRig() : callers_(RigCallers()) {
    service = std::make_unique<OrderService>(OrderServiceParts{
        callers_, rig.placer, rig.ledger, rig.timer, rig.clock, rig.metrics, rig.log, 50});
    accounts_watched = std::make_shared<AccountWatch>(
        std::vector<const OrderGateway*>{rig.gateway.get()}, rig.placer->pauses(), rig.ledger,
        rig.timer, rig.log, [this] { ++times_codes_grew; });
    account_service_ = std::make_unique<AccountService>(AccountService::Parts{
        callers_, accounts_watched, rig.ledger, rig.clock, rig.metrics, rig.log});
    RpcServer::Options options{"127.0.0.1:0", grpc::InsecureServerCredentials()};
    service->AddTo(&options.methods);
    account_service_->AddTo(&options.methods);
    server_ = *RpcServer::Start(std::move(options));
    // The limits of a client that sets none.
    channel = grpc::CreateChannel(address(), grpc::InsecureChannelCredentials());
    orders = v1::OrderService::NewStub(channel);
    accounts = v1::AccountService::NewStub(channel);
  }
  ~ServiceRig() {
    service->StopWatches();
    server_->Shutdown(absl::InfiniteDuration());
  }

  template <typename Response, typename Stub, typename Request>
  CallAnswer<Response> Call(Stub& stub,
                            grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                         Response*),
                            const std::string& token, const Request& request) {
    grpc::ClientContext context;
    Prepare(token, std::chrono::seconds(60), &context);
    CallAnswer<Response> answer;
    answer.status = (stub.*method)(&context, request, &answer.response);
    answer.error = FromGrpcStatus(answer.status);
    return answer;
  }

  CallAnswer<v1::GetPlacementResponse> Get(const std::string& token,
                                           const v1::GetPlacementRequest& request) {
    return Call(*orders, &v1::OrderService::Stub::GetPlacement, token, request);
  }
  CallAnswer<v1::ListPlacementsResponse> List(const std::string& token,
                                              const v1::ListPlacementsRequest& request) {
    return Call(*orders, &v1::OrderService::Stub::ListPlacements, token, request);
  }
  CallAnswer<v1::ResolvePlacementResponse> Resolve(const std::string& token,
                                                   const v1::ResolvePlacementRequest& request) {
    return Call(*orders, &v1::OrderService::Stub::ResolvePlacement, token, request);
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", server_->port()); }

  // A row of "shop" that is SENDING, of the sample request with an invented address.
  LedgerRow Reserve(const std::string& request_id) {
    Reservation reservation = SampleReservation(request_id);
    reservation.request = SampleRequest(request_id).SerializeAsString();
    return ReserveAndWait(rig.ledger, std::move(reservation))->row;
  }
  // One that ended in this state.
  LedgerRow Record(const std::string& request_id, v1::PlacementState state,
                   const std::string& cause = "answered") {
    return RecordAndWait(rig.ledger, SampleRecord(Reserve(request_id), state, cause))->row;
  }

  // Blocks until the service waits for the timer.
  void WaitForTimer() const {
    while (rig.timer.pending() == 0) std::this_thread::yield();
  }

  PlacementRig rig{{.answers = MemoryLedger::Answers::kOnOwnThread}};

 private:
  const CallerAuth callers_;

 public:
  std::unique_ptr<OrderService> service;
  // Not started: it reads nothing by itself.
  std::shared_ptr<AccountWatch> accounts_watched;
  std::atomic<int> times_codes_grew = 0;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::OrderService::Stub> orders;
  std::unique_ptr<v1::AccountService::Stub> accounts;

 private:
  std::unique_ptr<AccountService> account_service_;
  std::unique_ptr<RpcServer> server_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_SERVICE_RIG_H_
