// The order that every part of the benchmark places: the gateway's own published sample
// (tests/vectors). A sample that cannot be read ends the program.
#ifndef ORDER1688_TESTS_BENCH_SAMPLE_ORDER_H_
#define ORDER1688_TESTS_BENCH_SAMPLE_ORDER_H_

#include <string>

#include "order1688/v1/order_batch.pb.h"
#include "order1688/v1/order_service.pb.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"

namespace order1688 {

// The batch of the sample request.
v1::OrderBatch SampleBatch();

// The body that the service sends for it.
std::string SampleBody();

// The sample answer as the gateway sends it, with its one order `orders` times.
std::string SampleAnswerText(int orders);

// The same, decoded.
wire::v1::BatchCreateAnswer SampleAnswer(int orders);

// What the service returns for the sample answer, but for ids and times of its own.
v1::PlaceOrdersResponse SampleResponse();

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_SAMPLE_ORDER_H_
