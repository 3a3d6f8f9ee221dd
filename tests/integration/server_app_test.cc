// The server inside the test, where the test can reach its parts.
#include "server/server_app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "server/config.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/support/asked_clock.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

using grpc::health::v1::HealthCheckResponse;
using testing::HasSubstr;

// Does to the listening socket on `port` what a lack of file descriptors does to gRPC 1.51: its
// next accept fails, and it never asks again. (A real lack would also fail the sanitizers' own
// checks.) Returns whether it was found.
bool MakeDeaf(int port) {
  constexpr int kHighestDescriptor = 1024;
  for (int fd = 0; fd < kHighestDescriptor; ++fd) {
    int listens = 0;
    socklen_t size = sizeof(listens);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0) continue;
    sockaddr_in6 address{};  // gRPC takes such a socket for an IPv4 address too
    size = sizeof(address);
    getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    if (ntohs(address.sin6_port) == port) return shutdown(fd, SHUT_RD) == 0;
  }
  return false;
}

HealthCheckResponse::ServingStatus HealthOver(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.status();
}

class ServerAppTest : public testing::Test {
 protected:
  // In front of the gateway there.
  void Start(const std::string& base_url) {
    ServerTerms terms;
    terms.base_url = base_url;
    files_.SetTerms(terms);
    files_.WriteConfig();
    config_ = LoadConfig(files_.config_file());
    ASSERT_TRUE(config_.ok()) << config_.status();
    absl::StatusOr<std::unique_ptr<ServerApp>> app = ServerApp::Start(*config_, clock_, log_);
    ASSERT_TRUE(app.ok()) << app.status();
    app_ = *std::move(app);
    channel_ = grpc::CreateChannel(absl::StrCat("127.0.0.1:", app_->port()),
                                   grpc::InsecureChannelCredentials());
  }

  ServerProcess files_{ServerTerms()};
  absl::StatusOr<Config> config_ = absl::UnavailableError("not loaded");
  AskedClock clock_;
  std::ostringstream text_;
  const Log log_{[this] {
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_));
    logger->set_pattern("%v");
    return logger;
  }()};
  std::unique_ptr<ServerApp> app_;
  std::shared_ptr<grpc::Channel> channel_;
};

// Health is asked so that the thread that takes the calls has something to do. To answer that it
// needs no clock, but to look at the order it does.
TEST_F(ServerAppTest, TheThreadThatTakesTheCallsLooksAtTheOrdersToo) {
  SandboxProcess sandbox;
  Start(absl::StrCat("http://127.0.0.1:", sandbox.port()));
  EXPECT_EQ(PlaceOrders(*channel_, "no token", SampleRequest("refused")).status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  const std::thread::id takes_calls = clock_.asked_by();
  const std::string plan = sandbox.Plan(R"([{"times":-1,"fault":{"kind":"hold"}}])").at(0);
  BackgroundPlace order(channel_, kShopToken, SampleRequest("held"));
  ASSERT_TRUE(sandbox.WaitForHolding(plan, 1));

  constexpr int kTries = 2000;
  bool looked = false;
  for (int i = 0; i < kTries && !looked; ++i) {
    clock_.Forget();
    EXPECT_EQ(HealthOver(channel_), HealthCheckResponse::SERVING);
    looked = clock_.asked_by() == takes_calls;
  }
  EXPECT_TRUE(looked);
  sandbox.Release(plan);
  EXPECT_TRUE(order.Wait().status.ok());
}

TEST_F(ServerAppTest, AHealthWatchIsToldThatTheServerStops) {
  Start("http://127.0.0.1:9");
  grpc::ClientContext context;
  const auto watch = grpc::health::v1::Health::NewStub(channel_)->Watch(&context, {});
  HealthCheckResponse response;
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), HealthCheckResponse::SERVING);
  std::thread stopping([this] { app_->Stop(); });
  while (watch->Read(&response)) {
  }
  const grpc::Status status = watch->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), "the server is stopping");
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
  stopping.join();
}

TEST_F(ServerAppTest, AListenerThatIsDeafAsksForARestart) {
  Start("http://127.0.0.1:9");
  const int ops_port = app_->ops_port();
  EXPECT_EQ(HealthOver(channel_), HealthCheckResponse::SERVING);
  EXPECT_THAT(HttpGet(ops_port, "/readyz"), HasSubstr("200\n"));
  EXPECT_THAT(HttpGet(ops_port, "/healthz"), HasSubstr("200\n"));

  ASSERT_TRUE(MakeDeaf(app_->port()));
  bool ready = true;
  for (int i = 0; i < 1200 && ready; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ready = !absl::StrContains(HttpGet(ops_port, "/readyz"), "503\n");
  }
  EXPECT_FALSE(ready);
  EXPECT_THAT(HttpGet(ops_port, "/healthz"), HasSubstr("503\nrestart me"));
  EXPECT_EQ(HealthOver(channel_), HealthCheckResponse::NOT_SERVING) << "the old connection works";
  app_->Stop();
  EXPECT_THAT(text_.str(), HasSubstr("\"kind\":\"listener_deaf\""));
}

}  // namespace
}  // namespace order1688
