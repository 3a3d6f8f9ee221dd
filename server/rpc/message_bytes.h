// Messages as the bytes that gRPC carries. A method that reads its request itself can say what is
// wrong with it: gRPC's own refusals have no ErrorInfo, which callers must take for an unknown
// outcome.
#ifndef ORDER1688_SERVER_RPC_MESSAGE_BYTES_H_
#define ORDER1688_SERVER_RPC_MESSAGE_BYTES_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message_lite.h"
#include "grpcpp/support/byte_buffer.h"

namespace order1688 {

// The largest request that is read.
inline constexpr size_t kLargestRequest = 1 << 20;

// Reads `message`. INVALID_ARGUMENT, with what is wrong in the words of a field violation, if it is
// larger than kLargestRequest, is no such message, or holds text that is no UTF-8; `message` is
// then empty.
absl::Status ReadMessage(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message);

// `message` in one piece.
grpc::ByteBuffer BytesOf(const google::protobuf::MessageLite& message);

// The same with its message field `number`, which it lacks, as these bytes.
grpc::ByteBuffer BytesWith(const google::protobuf::MessageLite& message, int number,
                           absl::string_view field);

}  // namespace order1688

#endif  // ORDER1688_SERVER_RPC_MESSAGE_BYTES_H_
