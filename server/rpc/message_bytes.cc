#include "server/rpc/message_bytes.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/slice.h"

namespace order1688 {

absl::Status ReadMessage(const grpc::ByteBuffer& bytes, google::protobuf::MessageLite* message) {
  message->Clear();
  if (bytes.Length() > kLargestRequest) {
    return absl::InvalidArgumentError(
        absl::StrCat("has ", bytes.Length(), " bytes; at most ", kLargestRequest, " are read"));
  }
  // The reader wants to change the buffer; it holds a reference to the slices only.
  grpc::ByteBuffer readable = bytes;
  grpc::ProtoBufferReader reader(&readable);
  if (reader.status().ok() && message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  message->Clear();
  return absl::InvalidArgumentError(
      "cannot be read: it is no message of this type, or a text in it is no UTF-8");
}

grpc::ByteBuffer BytesOf(const google::protobuf::MessageLite& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return {&slice, 1};
}

}  // namespace order1688
