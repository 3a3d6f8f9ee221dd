// Against real gRPC servers: what they do when somebody connects and says nothing.
#include "server/ops/connection_try.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>

#include "grpcpp/security/server_credentials.h"
#include "server/ops/health_service.h"
#include "server/rpc/rpc_server.h"
#include "tests/support/test_certificates.h"

namespace order1688 {
namespace {

std::string ReadText(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Serves health with `credentials`, and tries whether it accepts; looks for up to 30 s.
bool IsSeenToAccept(const std::string& host,
                    const std::shared_ptr<grpc::ServerCredentials>& credentials) {
  HealthService health({});
  RpcServer::Options options{host + ":0", credentials};
  health.AddTo(&options.methods);
  const std::unique_ptr<RpcServer> server = *RpcServer::Start(std::move(options));
  ConnectionTry connection = ConnectionTry::Begin(TryAddressOf("127.0.0.1", server->port()));
  connection.EndWriting();
  bool accepted = false;
  for (int i = 0; i < 3000 && !accepted; ++i) {
    accepted = connection.WasAccepted();
    if (!accepted) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  health.Shutdown();
  server->Shutdown(absl::InfiniteDuration());
  return accepted;
}

TEST(ConnectionTryTest, APlaintextServerReacts) {
  EXPECT_TRUE(IsSeenToAccept("127.0.0.1", grpc::InsecureServerCredentials()));
}

TEST(ConnectionTryTest, AServerOnEveryAddressReactsOnLoopback) {
  EXPECT_TRUE(IsSeenToAccept("0.0.0.0", grpc::InsecureServerCredentials()));
}

TEST(ConnectionTryTest, AServerThatDemandsAClientCertificateReactsToWhoHasNone) {
  TestCertificates certificates;
  const CertificateFiles files = certificates.Issue();
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = ReadText(certificates.ca_file());
  options.pem_key_cert_pairs.push_back({ReadText(files.key), ReadText(files.certificate)});
  EXPECT_TRUE(IsSeenToAccept("127.0.0.1", grpc::SslServerCredentials(options)));
}

}  // namespace
}  // namespace order1688
