// The program order1688-server itself: what it refuses to start with, and what it prints for
// operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "server/ops/connection_try.h"
#include "tests/support/project_paths.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"
#include "tests/support/test_certificates.h"

namespace order1688 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

ServerTerms Terms(const std::string& base_url) {
  ServerTerms terms;
  terms.base_url = base_url;
  return terms;
}

std::string ReadText(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(ServerProgramTest, AWrongConfigurationNamesEveryErrorWithItsLineAndStartsNothing) {
  ServerTerms terms = Terms("http://not-loopback.example");
  terms.account_lines = "  no_such_key: 1\n  max_in_flight: -1\n";
  ServerProcess server(terms);
  server.WriteConfig();
  ServerProcess::Run run = server.RunOnce("");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("no_such_key"), HasSubstr("base_url"), HasSubstr("max_in_flight"),
                    HasSubstr("nothing was started"), HasSubstr("server.textproto:6:")));
  EXPECT_NE(std::ifstream(server.ledger_file()).good(), true) << "a ledger was made";
}

TEST(ServerProgramTest, CheckConfigShowsWhatIsInForceWithoutSecrets) {
  ServerProcess server(Terms("https://gateway.example/api"));
  server.WriteConfig();
  ServerProcess::Run run = server.RunOnce("--check-config");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(
      run.output,
      AllOf(HasSubstr("https://gateway.example/api"), HasSubstr("max_cargo_lines_per_seller: 50"),
            Not(HasSubstr("TEST-ACCESS-SECRET-0001")), Not(HasSubstr(TokenDigest(kShopToken)))));
}

TEST(ServerProgramTest, ExplainShowsBodyAndTextToSignWithoutTheSecret) {
  ServerProcess server(Terms("https://gateway.example"));
  server.WriteConfig();
  ServerProcess::Run run =
      server.RunOnce("--explain " + SourceFile("tests/vectors/order-batch-create.request.json"));
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(run.output,
              AllOf(HasSubstr("POST https://gateway.example/v2/alibaba/order/batch/create"),
                    HasSubstr("\"flow\":\"general\""), HasSubstr("<secret>"),
                    Not(HasSubstr("TEST-ACCESS-SECRET-0001"))));
}

TEST(ServerProgramTest, ASecondServerOnTheSameLedgerIsRefused) {
  SandboxProcess sandbox;
  ServerProcess server(Terms(absl::StrCat("http://127.0.0.1:", sandbox.port())));
  server.Start();
  ServerProcess::Run second = server.RunOnce("");
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.output, HasSubstr("ledger.db"));
}

TEST(ServerProgramTest, ASecondServerOnTheSamePortIsRefused) {
  ServerProcess first(Terms("http://127.0.0.1:9"));
  first.Start();
  ServerTerms terms = Terms("http://127.0.0.1:9");
  terms.listen = first.address();
  ServerProcess second(terms);
  second.WriteConfig();
  ServerProcess::Run run = second.RunOnce("");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("cannot listen on"));
}

// The limit of file descriptors of a running process.
rlimit DescriptorLimit(pid_t pid, const rlimit* wanted) {
  rlimit before{};
  EXPECT_EQ(prlimit(pid, RLIMIT_NOFILE, wanted, &before), 0);
  return before;
}

// Looks every 100 ms, for up to 2 minutes.
bool Becomes(const std::function<bool()>& condition) {
  for (int i = 0; i < 1200; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

// The listener of gRPC 1.51 stays deaf when the lack of descriptors is long over (CVE-2023-4785).
TEST(ServerProgramTest, AListenerThatStaysDeafAsksForARestart) {
  ServerProcess server(Terms("http://127.0.0.1:9"));
  server.Start();
  const std::shared_ptr<grpc::Channel> old_channel = server.NewChannel();
  ASSERT_TRUE(
      old_channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(60)));
  ASSERT_THAT(HttpGet(server.ops_port(), "/readyz"), HasSubstr("200\n"));

  const rlimit usual = DescriptorLimit(server.pid(), nullptr);
  const rlimit none{0, usual.rlim_max};
  DescriptorLimit(server.pid(), &none);
  const ConnectionTry visitor = ConnectionTry::Begin(TryAddressOf("127.0.0.1", server.port()));
  ASSERT_TRUE(Becomes([&] { return absl::StrContains(server.LogText(), "Failed accept4"); }))
      << "gRPC did not meet the limit";
  DescriptorLimit(server.pid(), &usual);

  EXPECT_TRUE(
      Becomes([&] { return absl::StrContains(HttpGet(server.ops_port(), "/readyz"), "503\n"); }));
  EXPECT_THAT(HttpGet(server.ops_port(), "/healthz"), HasSubstr("503\nrestart me"));
  EXPECT_THAT(server.LogText(), HasSubstr("\"kind\":\"listener_deaf\""));
  grpc::ClientContext context;
  grpc::health::v1::HealthCheckResponse health;
  EXPECT_TRUE(grpc::health::v1::Health::NewStub(old_channel)->Check(&context, {}, &health).ok());
  EXPECT_EQ(health.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST(ServerProgramTest, MutualTlsServesOnlyClientsWithACertificate) {
  SandboxProcess sandbox;
  TestCertificates certificates;
  const CertificateFiles server_files = certificates.Issue();
  const CertificateFiles client_files = certificates.Issue();
  std::filesystem::permissions(server_files.key, std::filesystem::perms::owner_read);
  ServerTerms terms = Terms(absl::StrCat("http://127.0.0.1:", sandbox.port()));
  terms.more_lines =
      absl::StrCat("tls { cert_file: \"", server_files.certificate, "\" key_file: \"",
                   server_files.key, "\" client_ca_file: \"", certificates.ca_file(), "\" }\n");
  ServerProcess server(terms);
  server.Start();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ReadText(certificates.ca_file());
  auto stranger = grpc::CreateChannel(server.address(), grpc::SslCredentials(options));
  PlaceAnswer refused = PlaceOrders(*stranger, kShopToken, SampleRequest("stranger"));
  EXPECT_FALSE(refused.status.ok());
  EXPECT_FALSE(refused.error.has_value()) << "it must not reach the service";
  EXPECT_EQ(sandbox.CountOf("requests_read_whole"), 0);
  options.pem_private_key = ReadText(client_files.key);
  options.pem_cert_chain = ReadText(client_files.certificate);
  auto known = grpc::CreateChannel(server.address(), grpc::SslCredentials(options));
  PlaceAnswer placed = PlaceOrders(*known, kShopToken, SampleRequest("known"));
  EXPECT_TRUE(placed.status.ok()) << placed.status.error_message();
}

}  // namespace
}  // namespace order1688
