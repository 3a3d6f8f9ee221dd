// What the gateway's JSON and protobuf's write alike.
#ifndef ORDER1688_TESTS_BENCH_MICRO_PLAIN_LEAVES_H_
#define ORDER1688_TESTS_BENCH_MICRO_PLAIN_LEAVES_H_

#include "order1688/wire/v1/batch_create_answer.pb.h"

namespace order1688 {

// The answer without its amounts (Money) and times (Timestamp).
wire::v1::BatchCreateAnswer WithPlainLeavesOnly(wire::v1::BatchCreateAnswer answer);

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_MICRO_PLAIN_LEAVES_H_
