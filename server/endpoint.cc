#include "server/endpoint.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace order1688 {
namespace {

constexpr size_t kLongestUrl = 1024;

bool IsAddress(int family, const std::string& host) {
  unsigned char address[sizeof(in6_addr)];
  return inet_pton(family, host.c_str(), address) == 1;
}

bool IsHostName(absl::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
  });
}

absl::Status NotHostPort() {
  return absl::InvalidArgumentError("must be HOST:PORT, with IPv6 in brackets");
}

struct CurlUrlCleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlCleanup>;

std::optional<std::string> PartOf(const CurlUrl& url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, 0) != CURLUE_OK) return std::nullopt;
  std::string copy = text;
  curl_free(text);
  return copy;
}

// Whatever two programs could read in two ways: dots that climb, empty segments, encoded
// characters.
bool IsPlainPath(absl::string_view path) {
  if (path.empty()) return true;
  for (absl::string_view segment : absl::StrSplit(path.substr(1), '/')) {
    if (segment.empty() || segment == "." || segment == "..") return false;
    bool plain = std::all_of(segment.begin(), segment.end(), [](char c) {
      return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
             absl::StrContains("-._~", absl::string_view(&c, 1));
    });
    if (!plain) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text) {
  size_t colon = text.rfind(':');
  if (colon == absl::string_view::npos) return NotHostPort();
  absl::string_view port = text.substr(colon + 1);
  bool digits =
      !port.empty() && port.size() <= 5 &&
      std::all_of(port.begin(), port.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
  Endpoint endpoint;
  if (!digits || !absl::SimpleAtoi(port, &endpoint.port) || endpoint.port > 65535) {
    return absl::InvalidArgumentError("port must be 0 to 65535");
  }
  absl::string_view host = text.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return NotHostPort();
    endpoint.host = std::string(host);
    if (!IsAddress(AF_INET6, endpoint.host)) return NotHostPort();
    return endpoint;
  }
  endpoint.host = std::string(host);
  if (!IsHostName(host)) return NotHostPort();
  return endpoint;
}

std::string ToText(const Endpoint& endpoint) {
  bool ipv6 = absl::StrContains(endpoint.host, ':');
  return absl::StrCat(ipv6 ? "[" : "", endpoint.host, ipv6 ? "]" : "", ":", endpoint.port);
}

bool IsLoopback(absl::string_view host) {
  in6_addr v6;
  return IsIpv4Loopback(host) ||
         (inet_pton(AF_INET6, std::string(host).c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6));
}

bool IsIpv4Loopback(absl::string_view host) {
  if (host == "localhost") return true;
  in_addr v4;
  return inet_pton(AF_INET, std::string(host).c_str(), &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127;
}

absl::StatusOr<GatewayUrl> ParseGatewayUrl(absl::string_view text) {
  // curl takes and drops what a person may read as the host, so these never reach it.
  bool visible = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '\\' && c != '%';
  });
  if (!visible || text.size() > kLongestUrl) {
    return absl::InvalidArgumentError("must be a plain URL");
  }
  if (absl::StrContains(text, ":///")) return absl::InvalidArgumentError("must hold a host");
  if (absl::StrContains(text, '@'))
    return absl::InvalidArgumentError("must hold no user or password");
  if (absl::StrContains(text, '?')) return absl::InvalidArgumentError("must hold no query");
  if (absl::StrContains(text, '#')) return absl::InvalidArgumentError("must hold no fragment");

  CurlUrl url(curl_url());
  // Paths as they are: a ".." that curl would resolve is refused below.
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(),
                                     CURLU_PATH_AS_IS | CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
    return absl::InvalidArgumentError("must be a URL such as https://HOST or https://HOST/PREFIX");
  }
  GatewayUrl parsed;
  std::string scheme = PartOf(url, CURLUPART_SCHEME).value_or("");
  if (scheme != "https" && scheme != "http") {
    return absl::InvalidArgumentError("must start with https://");
  }
  parsed.https = scheme == "https";
  std::string path = PartOf(url, CURLUPART_PATH).value_or("");
  absl::string_view prefix = absl::StripSuffix(path, "/");
  if (!IsPlainPath(prefix)) {
    return absl::InvalidArgumentError(
        "the path may hold only A-Z a-z 0-9 - . _ ~ between its slashes");
  }
  std::string host = absl::AsciiStrToLower(PartOf(url, CURLUPART_HOST).value_or(""));
  absl::string_view bare = host;
  if (absl::ConsumePrefix(&bare, "[")) bare = absl::StripSuffix(bare, "]");
  parsed.host = std::string(absl::StripSuffix(bare, "."));
  bool address = IsAddress(AF_INET, parsed.host) || IsAddress(AF_INET6, parsed.host);
  if (!address && (!IsHostName(parsed.host) || absl::EndsWith(parsed.host, "."))) {
    return absl::InvalidArgumentError("the host is not a name or address");
  }
  std::optional<std::string> port = PartOf(url, CURLUPART_PORT);
  if (port == "0") return absl::InvalidArgumentError("the port must be 1 to 65535");
  parsed.url =
      absl::StrCat(scheme, "://", host, port.has_value() ? ":" : "", port.value_or(""), prefix);
  return parsed;
}

bool IsInDomain(absl::string_view host, absl::string_view domain) {
  return host == domain || (absl::ConsumeSuffix(&host, domain) && absl::EndsWith(host, "."));
}

}  // namespace order1688
