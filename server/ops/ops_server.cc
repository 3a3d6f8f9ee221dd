#include "server/ops/ops_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "civetweb.h"
#include "server/endpoint.h"

namespace order1688 {
namespace {

struct Answer {
  int code;
  absl::string_view reason;
  absl::string_view content_type;
  std::string body;
};

constexpr absl::string_view kPlainText = "text/plain; charset=utf-8";
constexpr absl::string_view kPrometheusText = "text/plain; version=0.0.4; charset=utf-8";

Answer AnswerTo(absl::string_view method, absl::string_view path, const OpsServer::Pages& pages) {
  bool known = path == "/metrics" || path == "/healthz" || path == "/readyz";
  if (!known) return {404, "Not Found", kPlainText, "not found\n"};
  if (method != "GET" && method != "HEAD") {
    return {405, "Method Not Allowed", kPlainText, "method not allowed\n"};
  }
  if (path == "/metrics") return {200, "OK", kPrometheusText, pages.render_metrics()};
  const bool of_life = path == "/healthz";
  if (of_life ? pages.is_alive() : pages.is_ready()) {
    return {200, "OK", kPlainText, of_life ? "ok\n" : "ready\n"};
  }
  return {503, "Service Unavailable", kPlainText, of_life ? "restart me\n" : "not ready\n"};
}

// Answers every request itself, so that civetweb never looks for a file.
int AnswerRequest(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* pages = static_cast<const OpsServer::Pages*>(request->user_data);
  absl::string_view method = request->request_method;
  absl::string_view path = request->local_uri == nullptr ? "" : request->local_uri;
  Answer answer = AnswerTo(method, path, *pages);
  std::string text = absl::StrCat(
      "HTTP/1.1 ", answer.code, " ", answer.reason, "\r\nContent-Type: ", answer.content_type,
      "\r\nContent-Length: ", answer.body.size(), answer.code == 405 ? "\r\nAllow: GET, HEAD" : "",
      "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (method != "HEAD") text += answer.body;
  mg_write(connection, text.data(), text.size());
  return answer.code;
}

// Its own messages would not be lines of our log, and may quote what a peer sent.
int Silence(const mg_connection*, const char*) { return 1; }

// civetweb looks at its stop flag when a connection comes, or else every 2 s.
void Knock(const std::string& host, int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  close(fd);
}

}  // namespace

class OpsServer::Http {
 public:
  Http(const Endpoint& endpoint, Pages pages) : host_(endpoint.host), pages_(std::move(pages)) {
    std::string listen = ToText(endpoint);
    std::array<const char*, 11> options = {"listening_ports",
                                           listen.c_str(),
                                           "num_threads",
                                           "3",
                                           "request_timeout_ms",
                                           "5000",
                                           "enable_keep_alive",
                                           "no",
                                           "max_request_size",
                                           "8192",
                                           nullptr};
    mg_callbacks callbacks = {};
    callbacks.begin_request = &AnswerRequest;
    callbacks.log_message = &Silence;
    callbacks.log_access = &Silence;
    context_ = mg_start(&callbacks, &pages_, options.data());
  }

  ~Http() {
    if (context_ == nullptr) return;
    std::promise<void> stopped;
    std::thread knocker([this, port = BoundPort(), end = stopped.get_future()] {
      do {
        Knock(host_, port);
      } while (end.wait_for(std::chrono::milliseconds(10)) == std::future_status::timeout);
    });
    mg_stop(context_);
    stopped.set_value();
    knocker.join();
  }

  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;

  // 0 if it does not listen.
  int BoundPort() const {
    mg_server_port bound = {};
    if (context_ == nullptr || mg_get_server_ports(context_, 1, &bound) != 1) return 0;
    return bound.port;
  }

 private:
  const std::string host_;
  Pages pages_;
  mg_context* context_ = nullptr;
};

absl::StatusOr<std::unique_ptr<OpsServer>> OpsServer::Start(absl::string_view listen, Pages pages) {
  absl::StatusOr<Endpoint> endpoint = ParseEndpoint(listen);
  if (!endpoint.ok()) return endpoint.status();
  if (!IsIpv4Loopback(endpoint->host)) {
    return absl::InvalidArgumentError(absl::StrCat(listen, " is not an IPv4 loopback address"));
  }
  // civetweb wants an address.
  if (endpoint->host == "localhost") endpoint->host = "127.0.0.1";
  auto http = std::make_unique<Http>(*endpoint, std::move(pages));
  int port = http->BoundPort();
  if (port == 0) return absl::UnavailableError(absl::StrCat("cannot listen on ", listen));
  return std::unique_ptr<OpsServer>(new OpsServer(std::move(http), port));
}

OpsServer::OpsServer(std::unique_ptr<Http> http, int port) : http_(std::move(http)), port_(port) {}

OpsServer::~OpsServer() = default;

}  // namespace order1688
