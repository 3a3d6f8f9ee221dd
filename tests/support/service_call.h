// Calls the real service as a caller would: generated stubs, a token, a deadline.
#ifndef ORDER1688_TESTS_SUPPORT_SERVICE_CALL_H_
#define ORDER1688_TESTS_SUPPORT_SERVICE_CALL_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "common/error.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "order1688/v1/order_service.grpc.pb.h"

namespace order1688 {

// The documented sample request, with invented personal data, under `request_id`.
v1::PlaceOrdersRequest SampleRequest(const std::string& request_id);

// Another cargo line for another seller.
void AddSeller(const std::string& seller_open_id, const std::string& spec_id,
               v1::PlaceOrdersRequest* request);

// What one call was answered.
struct PlaceAnswer {
  grpc::Status status;
  std::optional<Error> error;  // read from the status
  v1::PlaceOrdersResponse response;
};

// Sets token and deadline; a zero `timeout` sets no deadline.
void Prepare(const std::string& token, std::chrono::milliseconds timeout,
             grpc::ClientContext* context);

PlaceAnswer PlaceOrders(grpc::Channel& channel, const std::string& token,
                        const v1::PlaceOrdersRequest& request,
                        std::chrono::milliseconds timeout = std::chrono::seconds(60));

struct GetAnswer {
  grpc::Status status;
  std::optional<Error> error;
  v1::Placement placement;
};
GetAnswer GetPlacement(grpc::Channel& channel, const std::string& token,
                       const std::string& request_id);

// A PlaceOrders call on a thread of its own, so that the test can act while it runs.
class BackgroundPlace {
 public:
  BackgroundPlace(std::shared_ptr<grpc::Channel> channel, std::string token,
                  v1::PlaceOrdersRequest request,
                  std::chrono::milliseconds timeout = std::chrono::seconds(60));
  ~BackgroundPlace();

  void Cancel() { context_.TryCancel(); }
  const PlaceAnswer& Wait();

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  PlaceAnswer answer_;
  std::thread thread_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_SERVICE_CALL_H_
