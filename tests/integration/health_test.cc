#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/ops/health_service.h"
#include "server/rpc/rpc_server.h"

namespace order1688 {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

constexpr char kService[] = "order1688.v1.OrderService";

class HealthTest : public testing::Test {
 protected:
  // A stream of Watch that a test reads.
  struct Watch {
    grpc::ClientContext context;
    HealthCheckRequest request;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader;

    HealthCheckResponse::ServingStatus Next() {
      HealthCheckResponse response;
      if (!reader->Read(&response)) {
        ADD_FAILURE() << "the stream has ended";
        return HealthCheckResponse::UNKNOWN;
      }
      return response.status();
    }
  };

  HealthTest() : health_({kService}) {
    RpcServer::Options options{"127.0.0.1:0", grpc::InsecureServerCredentials()};
    health_.AddTo(&options.methods);
    server_ = *RpcServer::Start(std::move(options));
    stub_ = NewStub();
  }

  ~HealthTest() override {
    health_.Shutdown();
    server_->Shutdown(absl::InfiniteDuration());
  }

  // Over a connection of its own: each carries 1,000 streams at most.
  std::unique_ptr<Health::Stub> NewStub() {
    grpc::ChannelArguments own;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return Health::NewStub(grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", server_->port()),
                                                     grpc::InsecureChannelCredentials(), own));
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    grpc::ClientContext context;
    HealthCheckRequest request;
    request.set_service(service);
    return stub_->Check(&context, request, response);
  }

  HealthCheckResponse::ServingStatus StatusOf(const std::string& service) {
    HealthCheckResponse response;
    grpc::Status status = Check(service, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status();
  }

  std::unique_ptr<Watch> StartWatch(const std::string& service) {
    return StartWatch(*stub_, service);
  }
  static std::unique_ptr<Watch> StartWatch(Health::Stub& stub, const std::string& service) {
    auto watch = std::make_unique<Watch>();
    watch->request.set_service(service);
    watch->reader = stub.Watch(&watch->context, watch->request);
    return watch;
  }

  HealthService health_;
  std::unique_ptr<RpcServer> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthTest, CheckTellsTheState) {
  EXPECT_EQ(StatusOf(""), HealthCheckResponse::NOT_SERVING);
  health_.SetServing(true);
  EXPECT_EQ(StatusOf(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(StatusOf(kService), HealthCheckResponse::SERVING);
  health_.SetServing(false);
  EXPECT_EQ(StatusOf(kService), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, CheckOfAnUnknownServiceIsNotFound) {
  HealthCheckResponse response;
  EXPECT_EQ(Check("order1688.v1.NoService", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, WatchTellsEveryChange) {
  auto watch = StartWatch(kService);
  EXPECT_EQ(watch->Next(), HealthCheckResponse::NOT_SERVING);
  health_.SetServing(true);
  EXPECT_EQ(watch->Next(), HealthCheckResponse::SERVING);
  health_.SetServing(true);
  health_.SetServing(false);
  EXPECT_EQ(watch->Next(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthTest, WatchOfAnUnknownServiceStaysOpen) {
  auto watch = StartWatch("order1688.v1.NoService");
  EXPECT_EQ(watch->Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  health_.Shutdown();
  HealthCheckResponse response;
  EXPECT_FALSE(watch->reader->Read(&response));
  EXPECT_EQ(watch->reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthTest, ShutdownTellsNotServingAndEndsEveryWatch) {
  health_.SetServing(true);
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 20; ++i) watches.push_back(StartWatch(""));
  for (auto& watch : watches) EXPECT_EQ(watch->Next(), HealthCheckResponse::SERVING);
  health_.Shutdown();
  for (auto& watch : watches) {
    EXPECT_EQ(watch->Next(), HealthCheckResponse::NOT_SERVING);
    HealthCheckResponse response;
    EXPECT_FALSE(watch->reader->Read(&response));
    EXPECT_EQ(watch->reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
}

// Without an end of the grace, Shutdown waits for every stream for ever: this test ends only if
// none is left.
TEST_F(HealthTest, ServerStopsAlthoughSomeoneWatches) {
  auto watch = StartWatch("");
  EXPECT_EQ(watch->Next(), HealthCheckResponse::NOT_SERVING);
  health_.Shutdown();
  server_->Shutdown(absl::InfiniteDuration());
}

TEST_F(HealthTest, AfterShutdownNothingServesAgain) {
  health_.Shutdown();
  health_.SetServing(true);
  EXPECT_EQ(StatusOf(""), HealthCheckResponse::NOT_SERVING);
  auto watch = StartWatch("");
  HealthCheckResponse response;
  EXPECT_FALSE(watch->reader->Read(&response));
  EXPECT_EQ(watch->reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthTest, WatchersAreBoundedAndGivenBack) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (size_t i = 0; i < HealthService::kMostWatchers; ++i) {
    watches.push_back(StartWatch(""));
    ASSERT_EQ(watches.back()->Next(), HealthCheckResponse::NOT_SERVING);
  }
  const std::unique_ptr<Health::Stub> other = NewStub();
  auto refused = StartWatch(*other, "");
  HealthCheckResponse response;
  EXPECT_FALSE(refused->reader->Read(&response));
  EXPECT_EQ(refused->reader->Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);

  watches.front()->context.TryCancel();
  // The server learns of the end in its own time.
  bool accepted = false;
  while (!accepted) accepted = StartWatch(*other, "")->reader->Read(&response);
}

TEST_F(HealthTest, WatchersComeAndGoWhileTheStateChanges) {
  std::vector<std::thread> clients;
  for (int t = 0; t < 4; ++t) {
    clients.emplace_back([this] {
      for (int i = 0; i < 25; ++i) {
        auto watch = StartWatch("");
        watch->Next();
        watch->context.TryCancel();
        watch->reader->Finish();
      }
    });
  }
  for (int i = 0; i < 500; ++i) health_.SetServing(i % 2 == 0);
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(StatusOf(""), HealthCheckResponse::NOT_SERVING);
}

}  // namespace
}  // namespace order1688
