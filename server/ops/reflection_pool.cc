#include "server/ops/reflection_pool.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "order1688/wire/v1/rpc_status.pb.h"

namespace order1688 {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorProto;

constexpr char kPrivatePackage[] = ".order1688.wire.v1.";
constexpr char kPublicPackage[] = ".google.rpc.";

void UsePublicNames(DescriptorProto* message) {
  for (FieldDescriptorProto& field : *message->mutable_field()) {
    if (!absl::StartsWith(field.type_name(), kPrivatePackage)) continue;
    field.set_type_name(
        absl::StrCat(kPublicPackage, field.type_name().substr(sizeof(kPrivatePackage) - 1)));
  }
  for (DescriptorProto& nested : *message->mutable_nested_type()) UsePublicNames(&nested);
}

FileDescriptorProto PublicErrorDetails() {
  FileDescriptorProto file;
  file.set_name("google/rpc/error_details.proto");
  file.set_package("google.rpc");
  file.set_syntax("proto3");
  file.add_dependency("google/protobuf/duration.proto");
  for (const google::protobuf::Descriptor* detail :
       {wire::v1::ErrorInfo::descriptor(), wire::v1::BadRequest::descriptor(),
        wire::v1::RetryInfo::descriptor()}) {
    DescriptorProto* message = file.add_message_type();
    detail->CopyTo(message);
    UsePublicNames(message);
  }
  return file;
}

}  // namespace

std::unique_ptr<google::protobuf::DescriptorPool> MakeReflectionPool() {
  auto pool = std::make_unique<google::protobuf::DescriptorPool>(
      google::protobuf::DescriptorPool::generated_pool());
  pool->BuildFile(PublicErrorDetails());
  return pool;
}

}  // namespace order1688
