// A small real gRPC server that answers as told, for tests of the client.
#ifndef ORDER1688_TESTS_UNIT_FAKE_ORDER_SERVICE_H_
#define ORDER1688_TESTS_UNIT_FAKE_ORDER_SERVICE_H_

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/error.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/server_context.h"
#include "order1688/v1/account_service.grpc.pb.h"
#include "order1688/v1/order_service.grpc.pb.h"

namespace order1688 {

// Answers PlaceOrders from a script, and afterwards with the last answer of the script.
// Thread-safe.
class FakeOrderService final : public v1::OrderService::Service {
 public:
  using Answer =
      std::function<grpc::Status(const v1::PlaceOrdersRequest&, v1::PlaceOrdersResponse*)>;

  void Then(Answer answer) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(answer));
  }
  void ThenFail(const grpc::Status& status) {
    Then([status](const auto&, auto*) { return status; });
  }
  void ThenFail(v1::ErrorReason reason) {
    Then([reason](const v1::PlaceOrdersRequest& request, auto*) {
      Error error = MakeError(reason, "told to", request.request_id());
      error.metadata["account"] = "main";
      error.metadata["gatewayHost"] = "gateway.test";
      error.metadata["environment"] = "SANDBOX";
      return ToGrpcStatus(error);
    });
  }
  // Answers with one order for each cargo line, in `state`.
  void ThenPlace(v1::PlacementState state = v1::PLACEMENT_STATE_PLACED) {
    Then([state](const v1::PlaceOrdersRequest& request, v1::PlaceOrdersResponse* response) {
      *response->mutable_placement() = Placement(request, state);
      return grpc::Status::OK;
    });
  }

  static v1::Placement Placement(const v1::PlaceOrdersRequest& request, v1::PlacementState state) {
    v1::Placement placement;
    placement.set_request_id(request.request_id());
    placement.set_account("main");
    placement.set_gateway_host("gateway.test");
    placement.set_environment(v1::ENVIRONMENT_SANDBOX);
    placement.set_state(state);
    placement.set_attempt(1);
    int index = 0;
    for (const v1::Cargo& cargo : request.batch().cargo_lines()) {
      v1::OrderResult* result = placement.add_results();
      result->set_seller_open_id(cargo.seller_open_id());
      result->add_cargo_indexes(index++);
      result->set_outcome(v1::ORDER_OUTCOME_PLACED);
      v1::OrderBaseInfo* base = result->mutable_order()->mutable_base_info();
      base->set_order_id(absl::StrCat("254060832034888079", index));
      base->set_status("waitbuyerpay");
      base->mutable_total_amount()->set_currency_code("CNY");
      base->mutable_total_amount()->set_units(23);
      result->mutable_order()->add_product_items()->set_name("新款女包");
    }
    return placement;
  }

  // What GetPlacement answers; its status if that is an error.
  void SetPlacement(grpc::Status status, v1::Placement placement) {
    const std::lock_guard lock(mutex_);
    get_status_ = std::move(status);
    placement_ = std::move(placement);
  }

  std::vector<v1::PlaceOrdersRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<std::string> authorizations() const {
    const std::lock_guard lock(mutex_);
    return authorizations_;
  }

  grpc::Status PlaceOrders(grpc::ServerContext* context, const v1::PlaceOrdersRequest* request,
                           v1::PlaceOrdersResponse* response) override {
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      Note(context);
      if (script_.empty()) return {grpc::INTERNAL, "no script"};
      answer = script_.front();
      if (script_.size() > 1) script_.pop_front();
    }
    return answer(*request, response);
  }

  grpc::Status GetPlacement(grpc::ServerContext* context, const v1::GetPlacementRequest* request,
                            v1::GetPlacementResponse* response) override {
    const std::lock_guard lock(mutex_);
    Note(context);
    get_requests_.push_back(*request);
    *response->mutable_placement() = placement_;
    if (request->include_raw_answer()) response->set_raw_answer("raw \n bytes");
    return get_status_;
  }

  // Pages by position: the token is the index of the next one.
  grpc::Status ListPlacements(grpc::ServerContext*, const v1::ListPlacementsRequest* request,
                              v1::ListPlacementsResponse* response) override {
    const std::lock_guard lock(mutex_);
    list_requests_.push_back(*request);
    size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    const size_t end = at + std::min<size_t>(request->page_size(), largest_page);
    for (; at < end && at < listed_.size(); ++at) *response->add_placements() = listed_[at];
    if (at < listed_.size()) response->set_next_page_token(std::to_string(at));
    return list_status_;
  }

  // Each call takes the next stream of the script: these placements, then this status.
  grpc::Status WatchPlacement(grpc::ServerContext*, const v1::WatchPlacementRequest*,
                              grpc::ServerWriter<v1::WatchPlacementResponse>* writer) override {
    std::pair<std::vector<v1::Placement>, grpc::Status> stream;
    {
      const std::lock_guard lock(mutex_);
      if (streams_.empty()) return {grpc::INTERNAL, "no script"};
      stream = streams_.front();
      if (streams_.size() > 1) streams_.pop_front();
    }
    for (const v1::Placement& placement : stream.first) {
      v1::WatchPlacementResponse response;
      *response.mutable_placement() = placement;
      writer->Write(response);
    }
    return stream.second;
  }

  grpc::Status ResolvePlacement(grpc::ServerContext*, const v1::ResolvePlacementRequest* request,
                                v1::ResolvePlacementResponse* response) override {
    const std::lock_guard lock(mutex_);
    resolve_requests_.push_back(*request);
    *response->mutable_placement() = placement_;
    response->mutable_placement()->set_state(request->verdict());
    return resolve_status_;
  }

  void SetListed(std::vector<v1::Placement> placements, grpc::Status status = grpc::Status::OK) {
    const std::lock_guard lock(mutex_);
    listed_ = std::move(placements);
    list_status_ = std::move(status);
  }
  void ThenStream(std::vector<v1::Placement> placements, grpc::Status status = grpc::Status::OK) {
    const std::lock_guard lock(mutex_);
    streams_.emplace_back(std::move(placements), std::move(status));
  }
  void SetResolveStatus(grpc::Status status) {
    const std::lock_guard lock(mutex_);
    resolve_status_ = std::move(status);
  }
  std::vector<v1::GetPlacementRequest> get_requests() const {
    const std::lock_guard lock(mutex_);
    return get_requests_;
  }
  std::vector<v1::ListPlacementsRequest> list_requests() const {
    const std::lock_guard lock(mutex_);
    return list_requests_;
  }
  std::vector<v1::ResolvePlacementRequest> resolve_requests() const {
    const std::lock_guard lock(mutex_);
    return resolve_requests_;
  }

  size_t largest_page = 1000;  // set it before the first call

 private:
  void Note(grpc::ServerContext* context) {
    const auto [first, last] = context->client_metadata().equal_range("authorization");
    for (auto it = first; it != last; ++it)
      authorizations_.emplace_back(it->second.data(), it->second.size());
  }

  mutable std::mutex mutex_;
  std::deque<Answer> script_;
  std::vector<v1::PlaceOrdersRequest> requests_;
  std::vector<std::string> authorizations_;
  grpc::Status get_status_;
  v1::Placement placement_;
  std::vector<v1::GetPlacementRequest> get_requests_;
  std::vector<v1::Placement> listed_;
  grpc::Status list_status_;
  std::vector<v1::ListPlacementsRequest> list_requests_;
  std::deque<std::pair<std::vector<v1::Placement>, grpc::Status>> streams_;
  grpc::Status resolve_status_;
  std::vector<v1::ResolvePlacementRequest> resolve_requests_;
};

// Keeps one account, and what was asked of it.
class FakeAccountService final : public v1::AccountService::Service {
 public:
  v1::Account account;  // set it before the first call
  std::vector<std::string> asked;
  grpc::Status status;

  grpc::Status GetAccount(grpc::ServerContext*, const v1::GetAccountRequest* request,
                          v1::GetAccountResponse* response) override {
    return Answer("get " + request->name(), response->mutable_account());
  }
  grpc::Status PauseAccount(grpc::ServerContext*, const v1::PauseAccountRequest* request,
                            v1::PauseAccountResponse* response) override {
    account.set_paused(true);
    account.set_pause_reason(request->reason());
    return Answer("pause " + request->reason(), response->mutable_account());
  }
  grpc::Status ResumeAccount(grpc::ServerContext*, const v1::ResumeAccountRequest* request,
                             v1::ResumeAccountResponse* response) override {
    return Answer("resume " + request->reason(), response->mutable_account());
  }
  grpc::Status DeclareRefusalCode(grpc::ServerContext*,
                                  const v1::DeclareRefusalCodeRequest* request,
                                  v1::DeclareRefusalCodeResponse* response) override {
    account.add_refusal_codes(request->code());
    return Answer("refusal " + request->code(), response->mutable_account());
  }

 private:
  grpc::Status Answer(const std::string& what, v1::Account* shown) {
    asked.push_back(what);
    *shown = account;
    return status;
  }
};

// Answers every health check alike.
class FakeHealth final : public grpc::health::v1::Health::Service {
 public:
  grpc::health::v1::HealthCheckResponse::ServingStatus status =
      grpc::health::v1::HealthCheckResponse::SERVING;

  grpc::Status Check(grpc::ServerContext*, const grpc::health::v1::HealthCheckRequest*,
                     grpc::health::v1::HealthCheckResponse* response) override {
    response->set_status(status);
    return grpc::Status::OK;
  }
};

// The services on a free port of loopback.
class FakeOrderServer {
 public:
  FakeOrderServer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service);
    builder.RegisterService(&accounts);
    builder.RegisterService(&health);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~FakeOrderServer() { server_->Shutdown(std::chrono::system_clock::now()); }

  const std::string& address() const { return address_; }

  FakeOrderService service;
  FakeAccountService accounts;
  FakeHealth health;

 private:
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_UNIT_FAKE_ORDER_SERVICE_H_
