#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/error.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/dynamic_message.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "order1688/v1/order_service.pb.h"
#include "order1688/wire/v1/rpc_status.pb.h"
#include "server/ops/health_service.h"
#include "server/ops/reflection_service.h"
#include "server/rpc/rpc_server.h"

namespace order1688 {
namespace {

constexpr char kService[] = "order1688.v1.OrderService";

struct V1 {
  using ServerReflection = grpc::reflection::v1::ServerReflection;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};

struct V1Alpha {
  using ServerReflection = grpc::reflection::v1alpha::ServerReflection;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

// What a tool such as grpcurl does, with either version.
template <typename Version>
class ReflectionTest : public testing::Test {
 protected:
  using Request = typename Version::Request;
  using Response = typename Version::Response;

  ReflectionTest() : health_({kService}), reflection_({kService, "grpc.health.v1.Health"}) {
    // Links order_service.proto, as the server does by serving it.
    EXPECT_NE(v1::PlaceOrdersRequest::descriptor(), nullptr);
    RpcServer::Options options{"127.0.0.1:0", grpc::InsecureServerCredentials()};
    health_.AddTo(&options.methods);
    reflection_.AddTo(&options.methods);
    server_ = *RpcServer::Start(std::move(options));
    stub_ = Version::ServerReflection::NewStub(grpc::CreateChannel(
        absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials()));
    stream_ = stub_->ServerReflectionInfo(&context_);
  }

  ~ReflectionTest() override {
    reflection_.Shutdown();
    server_->Shutdown(absl::InfiniteDuration());
  }

  Response Ask(const Request& request) {
    Response response;
    EXPECT_TRUE(stream_->Write(request));
    EXPECT_TRUE(stream_->Read(&response));
    EXPECT_EQ(response.original_request().SerializeAsString(), request.SerializeAsString());
    return response;
  }

  std::vector<google::protobuf::FileDescriptorProto> FilesOf(const Response& response) {
    std::vector<google::protobuf::FileDescriptorProto> files;
    for (const std::string& bytes : response.file_descriptor_response().file_descriptor_proto()) {
      files.emplace_back();
      EXPECT_TRUE(files.back().ParseFromString(bytes));
    }
    return files;
  }

  HealthService health_;
  ReflectionService reflection_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<typename Version::ServerReflection::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<Request, Response>> stream_;
};

using Versions = testing::Types<V1, V1Alpha>;
TYPED_TEST_SUITE(ReflectionTest, Versions);

TYPED_TEST(ReflectionTest, ListsEveryService) {
  typename TypeParam::Request request;
  request.set_list_services("*");
  std::set<std::string> names;
  auto response = this->Ask(request);
  for (const auto& service : response.list_services_response().service()) {
    names.insert(service.name());
  }
  EXPECT_THAT(names,
              testing::ElementsAre("grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                   "grpc.reflection.v1alpha.ServerReflection", kService));
}

TYPED_TEST(ReflectionTest, EveryListedServiceCanBeBuiltFromItsFiles) {
  for (const char* name : {kService, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                           "grpc.reflection.v1alpha.ServerReflection"}) {
    typename TypeParam::Request request;
    request.set_file_containing_symbol(name);
    std::vector<google::protobuf::FileDescriptorProto> files = this->FilesOf(this->Ask(request));
    ASSERT_FALSE(files.empty()) << name;
    // A file that is missing fails here.
    google::protobuf::SimpleDescriptorDatabase database;
    for (const auto& file : files) EXPECT_TRUE(database.Add(file)) << "twice: " << file.name();
    google::protobuf::DescriptorPool pool(&database);
    EXPECT_NE(pool.FindServiceByName(name), nullptr) << name;
  }
}

TYPED_TEST(ReflectionTest, FileByNameIsTheFileItself) {
  typename TypeParam::Request request;
  request.set_file_by_filename("order1688/v1/money.proto");
  std::vector<google::protobuf::FileDescriptorProto> files = this->FilesOf(this->Ask(request));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name(), "order1688/v1/money.proto");
}

// Else grpcurl prints an answer half in JSON names and half in proto names.
TYPED_TEST(ReflectionTest, EveryFieldSaysItsJsonName) {
  for (const char* symbol : {kService, "google.rpc.BadRequest"}) {
    typename TypeParam::Request request;
    request.set_file_containing_symbol(symbol);
    for (const auto& file : this->FilesOf(this->Ask(request))) {
      for (const auto& message : file.message_type()) {
        for (const auto& field : message.field()) {
          EXPECT_TRUE(field.has_json_name()) << message.name() << "." << field.name();
        }
      }
    }
  }
}

TYPED_TEST(ReflectionTest, JsonNamesSurvive) {
  typename TypeParam::Request request;
  request.set_file_containing_symbol("order1688.v1.OrderBatch");
  std::vector<google::protobuf::FileDescriptorProto> files = this->FilesOf(this->Ask(request));
  google::protobuf::SimpleDescriptorDatabase database;
  for (const auto& file : files) database.Add(file);
  google::protobuf::DescriptorPool pool(&database);
  const auto* batch = pool.FindMessageTypeByName("order1688.v1.OrderBatch");
  ASSERT_NE(batch, nullptr);
  EXPECT_EQ(batch->FindFieldByName("address")->json_name(), "addressParam");
}

TYPED_TEST(ReflectionTest, SymbolMayBeAMessageFieldMethodOrEnum) {
  for (const char* symbol : {"order1688.v1.Placement", "order1688.v1.Placement.request_id",
                             "order1688.v1.OrderService.PlaceOrders", "order1688.v1.PlacementState",
                             "google.protobuf.Timestamp"}) {
    typename TypeParam::Request request;
    request.set_file_containing_symbol(symbol);
    EXPECT_TRUE(this->Ask(request).has_file_descriptor_response()) << symbol;
  }
}

// What grpcurl does with a detail of an error: it looks the type up by the name in the type URL,
// and prints raw bytes if that fails.
TYPED_TEST(ReflectionTest, DetailsOfAnErrorCanBeReadByTheirPublicNames) {
  Error error = MakeError(v1::ERROR_REASON_INVALID_REQUEST, "bad", "id-1");
  error.violations.push_back({"batch.flow", "is required"});
  error.retry_delay = absl::Seconds(3);
  google::protobuf::SimpleDescriptorDatabase database;
  std::set<std::string> known_files;
  google::protobuf::DescriptorPool pool(&database);
  google::protobuf::DynamicMessageFactory factory(&pool);
  wire::v1::Status status;
  ASSERT_TRUE(status.ParseFromString(ToGrpcStatus(error).error_details()));
  std::string shown;
  for (const google::protobuf::Any& detail : status.details()) {
    const std::string name = detail.type_url().substr(detail.type_url().rfind('/') + 1);
    typename TypeParam::Request request;
    request.set_file_containing_symbol(name);
    for (const auto& file : this->FilesOf(this->Ask(request))) {
      if (known_files.insert(file.name()).second) database.Add(file);
    }
    const auto* type = pool.FindMessageTypeByName(name);
    ASSERT_NE(type, nullptr) << name;
    const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(type)->New());
    ASSERT_TRUE(message->ParseFromString(detail.value()));
    shown += message->DebugString();
  }
  EXPECT_THAT(shown, testing::HasSubstr("reason: \"INVALID_REQUEST\""));
  EXPECT_THAT(shown, testing::HasSubstr("value: \"id-1\""));
  EXPECT_THAT(shown, testing::HasSubstr("field: \"batch.flow\""));
  EXPECT_THAT(shown, testing::HasSubstr("seconds: 3"));
}

TYPED_TEST(ReflectionTest, WhatIsUnknownIsAnErrorAndTheStreamGoesOn) {
  std::vector<typename TypeParam::Request> requests(5);
  requests[0].set_file_by_filename("no.proto");
  requests[1].set_file_containing_symbol("no.Symbol");
  requests[2].set_all_extension_numbers_of_type("no.Message");
  requests[3].mutable_file_containing_extension()->set_containing_type(
      "google.protobuf.FieldOptions");
  requests[4].mutable_file_containing_extension()->set_containing_type("no.Message");
  for (const auto& request : requests) {
    EXPECT_EQ(this->Ask(request).error_response().error_code(), grpc::StatusCode::NOT_FOUND)
        << request.DebugString();
  }
  EXPECT_EQ(this->Ask({}).error_response().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  typename TypeParam::Request request;
  request.set_list_services("*");
  EXPECT_EQ(this->Ask(request).list_services_response().service_size(), 4);
}

TYPED_TEST(ReflectionTest, TypeWithoutExtensionsHasNone) {
  typename TypeParam::Request request;
  request.set_all_extension_numbers_of_type("order1688.v1.Placement");
  auto response = this->Ask(request);
  EXPECT_EQ(response.all_extension_numbers_response().base_type_name(), "order1688.v1.Placement");
  EXPECT_EQ(response.all_extension_numbers_response().extension_number_size(), 0);
}

TYPED_TEST(ReflectionTest, StreamEndsWellWhenTheClientIsDone) {
  this->stream_->WritesDone();
  typename TypeParam::Response response;
  EXPECT_FALSE(this->stream_->Read(&response));
  EXPECT_TRUE(this->stream_->Finish().ok());
}

// Without an end of the grace, Shutdown waits for every stream for ever: this test ends only if
// none is left.
TYPED_TEST(ReflectionTest, ServerStopsAlthoughAStreamIsOpen) {
  typename TypeParam::Request request;
  request.set_list_services("*");
  this->Ask(request);
  this->reflection_.Shutdown();
  this->server_->Shutdown(absl::InfiniteDuration());
  typename TypeParam::Response response;
  EXPECT_FALSE(this->stream_->Read(&response));
  EXPECT_EQ(this->stream_->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace order1688
