#include "tests/support/service_call.h"

#include <fstream>
#include <sstream>

#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

PlaceAnswer Call(grpc::Channel& channel, const v1::PlaceOrdersRequest& request,
                 grpc::ClientContext* context) {
  // The channel outlives the call; the stub only borrows it.
  auto stub =
      v1::OrderService::NewStub(std::shared_ptr<grpc::ChannelInterface>(&channel, [](auto*) {}));
  PlaceAnswer answer;
  answer.status = stub->PlaceOrders(context, request, &answer.response);
  answer.error = FromGrpcStatus(answer.status);
  return answer;
}

}  // namespace

v1::PlaceOrdersRequest SampleRequest(const std::string& request_id) {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.request.json"));
  std::stringstream text;
  text << file.rdbuf();
  v1::PlaceOrdersRequest request;
  request.set_request_id(request_id);
  const auto status =
      google::protobuf::util::JsonStringToMessage(text.str(), request.mutable_batch());
  EXPECT_TRUE(status.ok()) << status.ToString();
  return request;
}

void AddSeller(const std::string& seller_open_id, const std::string& spec_id,
               v1::PlaceOrdersRequest* request) {
  v1::Cargo* line = request->mutable_batch()->add_cargo_lines();
  line->set_offer_map_id("offer-of-" + seller_open_id);
  line->set_spec_id(spec_id);
  line->set_quantity(2);
  line->set_seller_open_id(seller_open_id);
}

void Prepare(const std::string& token, std::chrono::milliseconds timeout,
             grpc::ClientContext* context) {
  if (!token.empty()) context->AddMetadata("authorization", "Bearer " + token);
  if (timeout.count() > 0) context->set_deadline(std::chrono::system_clock::now() + timeout);
}

PlaceAnswer PlaceOrders(grpc::Channel& channel, const std::string& token,
                        const v1::PlaceOrdersRequest& request, std::chrono::milliseconds timeout) {
  grpc::ClientContext context;
  Prepare(token, timeout, &context);
  return Call(channel, request, &context);
}

GetAnswer GetPlacement(grpc::Channel& channel, const std::string& token,
                       const std::string& request_id) {
  auto stub =
      v1::OrderService::NewStub(std::shared_ptr<grpc::ChannelInterface>(&channel, [](auto*) {}));
  grpc::ClientContext context;
  Prepare(token, std::chrono::seconds(60), &context);
  v1::GetPlacementRequest request;
  request.set_request_id(request_id);
  v1::GetPlacementResponse response;
  GetAnswer answer;
  answer.status = stub->GetPlacement(&context, request, &response);
  answer.error = FromGrpcStatus(answer.status);
  answer.placement = std::move(*response.mutable_placement());
  return answer;
}

BackgroundPlace::BackgroundPlace(std::shared_ptr<grpc::Channel> channel, std::string token,
                                 v1::PlaceOrdersRequest request, std::chrono::milliseconds timeout)
    : channel_(std::move(channel)) {
  Prepare(token, timeout, &context_);
  thread_ = std::thread(
      [this, request = std::move(request)] { answer_ = Call(*channel_, request, &context_); });
}

BackgroundPlace::~BackgroundPlace() {
  if (thread_.joinable()) thread_.join();
}

const PlaceAnswer& BackgroundPlace::Wait() {
  if (thread_.joinable()) thread_.join();
  return answer_;
}

}  // namespace order1688
