// The floor's gRPC side: raw bytes on one completion queue.
#ifndef ORDER1688_TESTS_BENCH_FLOOR_FLOOR_CALLS_H_
#define ORDER1688_TESTS_BENCH_FLOOR_FLOOR_CALLS_H_

#include <string>

#include "grpcpp/completion_queue.h"
#include "grpcpp/impl/codegen/byte_buffer.h"
#include "order1688/v1/order_service.grpc.pb.h"
#include "tests/bench/floor/gateway_client.h"

namespace order1688 {

// PlaceOrders without a look at the request: the service's own methods are not implemented.
using FloorService = v1::OrderService::WithRawMethod_PlaceOrders<v1::OrderService::Service>;

// Answers every call with `response` as soon as the gateway has answered.
[[noreturn]] void ServeFloorCalls(FloorService& service, grpc::ServerCompletionQueue& queue,
                                  GatewayClient& gateway, const std::string& response);

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_FLOOR_FLOOR_CALLS_H_
