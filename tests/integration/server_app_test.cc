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
#include "common/clock.h"
#include "common/log.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "server/config.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/support/server_process.h"

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

TEST(ServerAppTest, AListenerThatIsDeafAsksForARestart) {
  ServerTerms terms;
  terms.base_url = "http://127.0.0.1:9";
  ServerProcess files(terms);
  files.WriteConfig();
  const absl::StatusOr<Config> config = LoadConfig(files.config_file());
  ASSERT_TRUE(config.ok()) << config.status();
  const SystemClock clock;
  std::ostringstream text;
  auto sink = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  sink->set_pattern("%v");
  const Log log(sink);
  absl::StatusOr<std::unique_ptr<ServerApp>> app = ServerApp::Start(*config, clock, log);
  ASSERT_TRUE(app.ok()) << app.status();
  const int ops_port = (*app)->ops_port();
  const auto channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", (*app)->port()),
                                           grpc::InsecureChannelCredentials());
  EXPECT_EQ(HealthOver(channel), HealthCheckResponse::SERVING);
  EXPECT_THAT(HttpGet(ops_port, "/readyz"), HasSubstr("200\n"));
  EXPECT_THAT(HttpGet(ops_port, "/healthz"), HasSubstr("200\n"));

  ASSERT_TRUE(MakeDeaf((*app)->port()));
  bool ready = true;
  for (int i = 0; i < 1200 && ready; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ready = !absl::StrContains(HttpGet(ops_port, "/readyz"), "503\n");
  }
  EXPECT_FALSE(ready);
  EXPECT_THAT(HttpGet(ops_port, "/healthz"), HasSubstr("503\nrestart me"));
  EXPECT_EQ(HealthOver(channel), HealthCheckResponse::NOT_SERVING) << "the old connection works";
  (*app)->Stop();
  EXPECT_THAT(text.str(), HasSubstr("\"kind\":\"listener_deaf\""));
}

}  // namespace
}  // namespace order1688
