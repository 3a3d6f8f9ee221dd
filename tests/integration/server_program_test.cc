// The program order1688-server itself: what it refuses to start with, and what it prints for
// operators.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "rapidjson/document.h"
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

TEST(ServerProgramTest, EvenAMessageOfGrpcIsALineOfJson) {
  ServerProcess server(Terms("http://127.0.0.1:9"));
  setenv("GRPC_VERBOSITY", "DEBUG", 1);
  server.Start();
  unsetenv("GRPC_VERBOSITY");
  EXPECT_EQ(server.Stop(), 0);
  EXPECT_THAT(server.LogText(), HasSubstr("\"event\":\"grpc\""));
  std::istringstream log(server.LogText());
  for (std::string line; std::getline(log, line);) {
    EXPECT_FALSE(rapidjson::Document().Parse(line.c_str()).HasParseError()) << line;
  }
}

TEST(ServerProgramTest, EveryThreadIsScheduledAsBatch) {
  ServerProcess server(Terms("http://127.0.0.1:9"));
  server.Start();
  int threads = 0;
  for (const auto& task :
       std::filesystem::directory_iterator(absl::StrCat("/proc/", server.pid(), "/task"))) {
    const pid_t thread = std::stoi(task.path().filename());
    EXPECT_EQ(sched_getscheduler(thread), SCHED_BATCH) << ReadText(task.path() / "comm");
    ++threads;
  }
  EXPECT_GT(threads, 3);
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
