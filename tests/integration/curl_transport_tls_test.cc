// What CurlTransport refuses under TLS, always before the gate opens.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/upstream/curl_transport.h"
#include "tests/support/order_posting.h"
#include "tests/support/raw_peer.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/test_certificates.h"
#include "tests/support/turnstile.h"

namespace order1688 {
namespace {

// For tests that count on a kept connection, however slow the machine is.
constexpr absl::Duration kNeverTooIdle = absl::Minutes(5);
constexpr char kWholeAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

// The system's OpenSSL may refuse old versions of TLS by itself; this program's does not, so what
// refuses is the transport. Set before main, since OpenSSL reads it once.
const bool kOldTlsAllowed = [] {
  const std::string path =
      (std::filesystem::temp_directory_path() / absl::StrCat("order1688-openssl-", getpid()))
          .string();
  std::ofstream(path) << "openssl_conf = c\n[c]\nssl_conf = s\n[s]\nsystem_default = d\n"
                         "[d]\nMinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n";
  setenv("OPENSSL_CONF", path.c_str(), 1);
  // Read now, so that nothing stays behind.
  OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr);
  return std::filesystem::remove(path);
}();

struct ContextFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, ContextFree>;

TlsContext ServerContext(const CertificateFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  EXPECT_EQ(
      SSL_CTX_use_certificate_file(context.get(), files.certificate.c_str(), SSL_FILETYPE_PEM), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM), 1);
  return context;
}

class CurlTransportTlsTest : public testing::Test {
 protected:
  HttpResult Post(CurlTransport& transport, const std::string& url, int number = 1) {
    return PostedOrder(transport, SignedOrder(url, number), ReadyGate(clock_)).Wait();
  }

  HttpResult PostOnce(HttpRequest request, CurlTransportOptions options = {}) {
    CurlTransport transport(options, clock_, nullptr);
    return PostedOrder(transport, std::move(request), ReadyGate(clock_)).Wait();
  }

  void ExpectTlsRefusal(const CertificateFiles& files, const std::string& host = "127.0.0.1") {
    SandboxProcess sandbox({"--tls-cert", files.certificate, "--tls-key", files.key});
    CurlTransportOptions options;
    options.ca_file = certificates_.ca_file();
    HttpResult result = PostOnce(SignedOrder(sandbox.OrderUrl("https", host), 1), options);
    EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
    EXPECT_EQ(result.cause, "tls_failed");
    EXPECT_EQ(sandbox.CountOf("requests_begun"), 0);
  }

  SystemClock clock_;
  TestCertificates certificates_;
};

TEST_F(CurlTransportTlsTest, TrustsTheConfiguredAuthority) {
  CertificateFiles files = certificates_.Issue();
  SandboxProcess sandbox({"--tls-cert", files.certificate, "--tls-key", files.key});
  CurlTransportOptions options;
  options.ca_file = certificates_.ca_file();
  options.longest_idle = kNeverTooIdle;
  CurlTransport transport(options, clock_, nullptr);
  for (const char* host : {"127.0.0.1", "localhost", "127.0.0.1"}) {
    EXPECT_EQ(Post(transport, sandbox.OrderUrl("https", host)).outcome, SendOutcome::kAnswered)
        << host;
  }
  EXPECT_EQ(sandbox.CountOf("connections"), 2) << "one per host name, then kept";
}

TEST_F(CurlTransportTlsTest, RefusesASelfSignedCertificate) {
  ExpectTlsRefusal(certificates_.IssueSelfSigned());
}

TEST_F(CurlTransportTlsTest, RefusesACertificateOfAnotherHost) {
  ExpectTlsRefusal(certificates_.Issue({"DNS:other.example", absl::Hours(1)}));
}

TEST_F(CurlTransportTlsTest, RefusesAnExpiredCertificate) {
  ExpectTlsRefusal(certificates_.Issue({"DNS:localhost,IP:127.0.0.1", -absl::Hours(1)}));
}

TEST_F(CurlTransportTlsTest, RefusesAnUnknownAuthorityWhenTheSystemsAreUsed) {
  CertificateFiles files = certificates_.Issue();
  SandboxProcess sandbox({"--tls-cert", files.certificate, "--tls-key", files.key});
  EXPECT_EQ(PostOnce(SignedOrder(sandbox.OrderUrl("https"), 1)).cause, "tls_failed");
}

TEST_F(CurlTransportTlsTest, RefusesTlsBelowOnePointTwo) {
  ASSERT_TRUE(kOldTlsAllowed);
  TlsContext context = ServerContext(certificates_.Issue());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_cipher_list(context.get(), "ALL:@SECLEVEL=0");
  std::atomic<bool> handshake_done = false;
  RawPeer peer(
      [&](RawConnection& connection) { handshake_done = connection.StartTls(context.get()); });
  CurlTransportOptions options;
  options.ca_file = certificates_.ca_file();
  HttpResult result = PostOnce(SignedOrder(peer.Url("https"), 1), options);
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "tls_failed");
  EXPECT_EQ(peer.accepted(), 1);
  EXPECT_FALSE(handshake_done);
}

TEST_F(CurlTransportTlsTest, RefusesAPlainPortWhereTlsIsExpected) {
  SandboxProcess sandbox;
  HttpResult result = PostOnce(SignedOrder(sandbox.OrderUrl("https"), 1));
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "tls_failed");
  EXPECT_EQ(sandbox.CountOf("requests_read_whole"), 0);
}

TEST_F(CurlTransportTlsTest, TlsHandshakeThatNeverEndsIsBoundedAndNotSent) {
  RawPeer peer([](RawConnection& connection) { connection.ReadToEnd(); });
  CurlTransportOptions options;
  options.connect_timeout = absl::Seconds(1);
  HttpResult result = PostOnce(SignedOrder(peer.Url("https"), 1), options);
  EXPECT_EQ(result.outcome, SendOutcome::kNotSent);
  EXPECT_EQ(result.cause, "connect_failed");
  EXPECT_LT(result.latency, options.timeout);
}

TEST_F(CurlTransportTlsTest, MissingCaFileIsNotSent) {
  CurlTransportOptions options;
  options.ca_file = "/nowhere/authority.pem";
  SandboxProcess sandbox;
  EXPECT_EQ(PostOnce(SignedOrder(sandbox.OrderUrl("https"), 1), options).cause, "tls_failed");
}

TEST_F(CurlTransportTlsTest, TlsConnectionThatThePeerClosedIsReplacedBeforeTheGateOpens) {
  TlsContext context = ServerContext(certificates_.Issue());
  Turnstile answered;  // the test has the answer: the peer may end the connection
  RawPeer peer([&](RawConnection& connection) {
    if (!connection.StartTls(context.get())) return;
    connection.ReadRequest();
    connection.Send(kWholeAnswer);
    answered.Wait();
  });
  CurlTransportOptions options;
  options.ca_file = certificates_.ca_file();
  options.longest_idle = kNeverTooIdle;
  std::atomic<int> stopped_sends = 0;
  CurlTransport transport(options, clock_, [&] { ++stopped_sends; });
  for (int number = 1; number <= 5; ++number) {
    EXPECT_EQ(Post(transport, peer.Url("https"), number).outcome, SendOutcome::kAnswered) << number;
    answered.Signal();
    peer.WaitForServed(number);
  }
  EXPECT_EQ(stopped_sends, 0);
  EXPECT_EQ(peer.accepted(), 5);
}

}  // namespace
}  // namespace order1688
