#include "client/cli/connection.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text_width.h"
#include "client/order_channel.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/credentials.h"

namespace order1688 {
namespace {

constexpr absl::Duration kLongestConnect = absl::Seconds(10);
constexpr size_t kLargestFile = 1024 * 1024;

absl::StatusOr<std::string> ReadFile(absl::string_view option, const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string content(kLargestFile, '\0');
  if (in) in.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!in.is_open() || in.bad() || in.gcount() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        option, " ", path, ": ", in.is_open() ? "empty or not readable" : std::strerror(errno)));
  }
  content.resize(static_cast<size_t>(in.gcount()));
  return content;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> TlsCredentials(
    const GlobalOptions& options) {
  grpc::SslCredentialsOptions ssl;
  const auto read = [](absl::string_view option, const std::string& path, std::string* into) {
    if (path.empty()) return absl::OkStatus();
    absl::StatusOr<std::string> content = ReadFile(option, path);
    if (!content.ok()) return content.status();
    *into = *std::move(content);
    return absl::OkStatus();
  };
  if (absl::Status s = read("--ca", options.ca_file, &ssl.pem_root_certs); !s.ok()) return s;
  if (absl::Status s = read("--cert", options.cert_file, &ssl.pem_cert_chain); !s.ok()) return s;
  if (absl::Status s = read("--key", options.key_file, &ssl.pem_private_key); !s.ok()) return s;
  return grpc::SslCredentials(ssl);
}

// Why the channel cannot connect. A health check sends no order, and fails at once on a channel
// that just failed.
std::string ReasonOf(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(1));
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status =
      grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response);
  return status.error_code() == grpc::UNAVAILABLE ? SafeForTerminal(status.error_message())
                                                  : "no answer";
}

}  // namespace

bool IsLoopback(absl::string_view server) {
  if (absl::StartsWith(server, "unix:")) return true;
  const absl::string_view host = server.substr(0, server.rfind(':'));
  if (host == "localhost" || host == "[::1]") return true;
  const bool digits_and_dots = std::all_of(host.begin(), host.end(), [](char c) {
    return c == '.' || absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  return digits_and_dots && absl::StartsWith(host, "127.");
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const GlobalOptions& options,
                                                           const CliIo& io) {
  const size_t colon = options.server.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == options.server.size() ||
      SafeForTerminal(options.server) != options.server) {
    return absl::InvalidArgumentError("--server must be HOST:PORT");
  }
  const bool tls_files =
      !options.ca_file.empty() || !options.cert_file.empty() || !options.key_file.empty();
  if (options.plaintext && tls_files) {
    return absl::InvalidArgumentError("--plaintext does not go with --ca, --cert or --key");
  }
  if (options.cert_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError("--cert and --key go together");
  }
  if (options.plaintext) {
    if (!IsLoopback(options.server)) {
      io.err << "order1688: warning: --plaintext sends token and addresses readable to everybody "
                "on the way to "
             << options.server << "\n";
    }
    return MakeOrderChannel(options.server, grpc::InsecureChannelCredentials());
  }
  absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = TlsCredentials(options);
  if (!credentials.ok()) return credentials.status();
  return MakeOrderChannel(options.server, *credentials);
}

absl::StatusOr<std::string> ReadToken(const GlobalOptions& options, const CliIo& io) {
  std::string token = io.environment("ORDER1688_TOKEN");
  if (!options.token_file.empty()) {
    absl::StatusOr<std::string> content = ReadFile("--token-file", options.token_file);
    if (!content.ok()) return content.status();
    token = *std::move(content);
    struct stat file;
    if (stat(options.token_file.c_str(), &file) == 0 && (file.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
      io.err << "order1688: warning: others can read " << SafeForTerminal(options.token_file)
             << " (chmod 600)\n";
    }
  }
  token = std::string(absl::StripAsciiWhitespace(token));
  if (token.empty())
    return absl::UnauthenticatedError("no token: set ORDER1688_TOKEN or give --token-file");
  const bool visible = std::all_of(token.begin(), token.end(), [](char c) {
    return absl::ascii_isgraph(static_cast<unsigned char>(c));
  });
  if (!visible) return absl::InvalidArgumentError("the token must be visible ASCII without spaces");
  return token;
}

absl::Status Connect(const std::shared_ptr<grpc::Channel>& channel, const GlobalOptions& options) {
  const absl::Duration timeout = std::min(absl::Seconds(options.timeout_seconds), kLongestConnect);
  if (WaitUntilConnected(*channel, timeout)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("no connection to ", options.server,
                                             options.plaintext ? " without TLS" : " with TLS", ": ",
                                             ReasonOf(channel)));
}

}  // namespace order1688
