// Addresses as the configuration writes them: where to listen, and where the gateway is. Looks
// nothing up.
#ifndef ORDER1688_SERVER_ENDPOINT_H_
#define ORDER1688_SERVER_ENDPOINT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// `HOST:PORT`.
struct Endpoint {
  std::string host;  // name or address; IPv6 without brackets
  int port = 0;      // 0 to 65535
};

// Reads `HOST:PORT`, e.g. "127.0.0.1:50051" or "[::1]:0". INVALID_ARGUMENT, with a message to show,
// otherwise.
absl::StatusOr<Endpoint> ParseEndpoint(absl::string_view text);

// The form that ParseEndpoint reads.
std::string ToText(const Endpoint& endpoint);

// Whether a host never leaves this machine: "localhost", 127.0.0.0/8 or ::1. The host is without
// brackets. No other name or notation counts, whatever it may resolve to.
bool IsLoopback(absl::string_view host);

// The same without ::1.
bool IsIpv4Loopback(absl::string_view host);

// The base URL of a gateway, taken apart.
struct GatewayUrl {
  std::string url;   // as curl understands it, without a slash at its end
  std::string host;  // lower case, without brackets, port and final dot
  bool https = false;
};

// Reads a base URL with libcurl's own parser, so that the host that is checked is the host that is
// called. INVALID_ARGUMENT, with a message to show, for anything but http or https, a host, and
// perhaps a port and a plain path prefix. Does not judge whether http is fit for the host.
absl::StatusOr<GatewayUrl> ParseGatewayUrl(absl::string_view text);

// Whether `host` is `domain` or lies under it. Both are in lower case.
bool IsInDomain(absl::string_view host, absl::string_view domain);

}  // namespace order1688

#endif  // ORDER1688_SERVER_ENDPOINT_H_
