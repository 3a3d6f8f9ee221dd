#include "server/rpc/message_bytes.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
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

grpc::ByteBuffer BytesWith(const google::protobuf::MessageLite& message, int number,
                           absl::string_view field) {
  using google::protobuf::io::CodedOutputStream;
  constexpr uint32_t kLengthDelimited = 2;
  const uint32_t tag = static_cast<uint32_t>(number) << 3 | kLengthDelimited;
  const auto length = static_cast<uint32_t>(field.size());
  const size_t head =
      CodedOutputStream::VarintSize32(tag) + CodedOutputStream::VarintSize32(length);
  grpc::Slice slice(head + length + message.ByteSizeLong());
  auto* at = const_cast<uint8_t*>(slice.begin());
  at = CodedOutputStream::WriteTagToArray(tag, at);
  at = CodedOutputStream::WriteVarint32ToArray(length, at);
  at = std::copy(field.begin(), field.end(), at);
  message.SerializeWithCachedSizesToArray(at);
  return {&slice, 1};
}

}  // namespace order1688
