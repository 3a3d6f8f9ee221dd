// What CurlTransport may send, in libcurl's form, after it was checked.
#ifndef ORDER1688_SERVER_UPSTREAM_CURL_REQUEST_H_
#define ORDER1688_SERVER_UPSTREAM_CURL_REQUEST_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/upstream/curl_handle.h"

namespace order1688 {

// A URL that may be posted to. Immutable.
struct CurlUrl {
  UrlHandle handle;
  std::string origin;  // scheme://host:port
};

// INVALID_ARGUMENT if nothing may be sent there: it is neither https nor http to a loopback
// address, or holds a user or a password. The message never repeats it.
absl::StatusOr<CurlUrl> ToCurlUrl(const std::string& url);

// Header lines as libcurl takes them. A list of its own making would cost two allocations a line.
class HeaderList {
 public:
  HeaderList() = default;  // no line
  // `lines` holds `count` of them, each with a '\0' behind it.
  HeaderList(std::vector<char> lines, size_t count);
  HeaderList(HeaderList&&) = default;
  HeaderList& operator=(HeaderList&&) = default;

  bool empty() const { return list_.empty(); }
  // For CURLOPT_HTTPHEADER, which only reads it; stays when the list is moved.
  curl_slist* get() { return list_.data(); }

 private:
  std::vector<char> lines_;
  std::vector<curl_slist> list_;
};

// The headers for libcurl. INVALID_ARGUMENT, without any value, if they must not be sent:
// - a name is no token, or frames the message (Content-Length, Transfer-Encoding, Expect,
//   Connection): that is the transport's own;
// - a value holds a control character.
absl::StatusOr<HeaderList> ToCurlHeaders(
    const std::vector<std::pair<std::string, std::string>>& headers);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CURL_REQUEST_H_
