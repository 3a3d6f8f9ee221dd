// The load generator's requests: always the same, but for the request_id.
#ifndef ORDER1688_TESTS_BENCH_LOAD_NUMBERED_REQUEST_H_
#define ORDER1688_TESTS_BENCH_LOAD_NUMBERED_REQUEST_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/impl/codegen/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {

// Reads a PlaceOrdersRequest: protobuf JSON if the file's name ends in .json, else binary.
// INVALID_ARGUMENT, naming the file, if it is none.
absl::StatusOr<v1::PlaceOrdersRequest> ReadRequest(const std::string& path);

// Makes serialised requests without serialising anything: the bytes behind the request_id are
// shared by all. Used by one thread at a time.
class NumberedRequest {
 public:
  explicit NumberedRequest(v1::PlaceOrdersRequest request);

  // The request under a request_id that no call had before, also in other runs.
  grpc::ByteBuffer Next();

 private:
  std::string id_field_;  // the request_id as it is on the wire
  const size_t number_at_;
  const grpc::Slice rest_;
  uint64_t number_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_LOAD_NUMBERED_REQUEST_H_
