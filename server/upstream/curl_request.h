// What CurlTransport may send: an HttpRequest in libcurl's form, after it was checked.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_REQUEST_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/upstream/curl_handle.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

// URL and headers for libcurl. The body stays in the HttpRequest.
struct CurlRequest {
  UrlHandle url;
  std::string scheme;  // https or http
  std::string origin;  // scheme://host:port
  HeaderList headers;
};

// INVALID_ARGUMENT if the request must not be sent:
// - its URL is neither https nor http to a loopback address, or holds a user or a password;
// - a header name is no token, or frames the message (Content-Length, Transfer-Encoding, Expect,
//   Connection): that is the transport's own;
// - a header value holds a control character.
// The message never repeats a value.
absl::StatusOr<CurlRequest> ToCurlRequest(const HttpRequest& request);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_REQUEST_H_
