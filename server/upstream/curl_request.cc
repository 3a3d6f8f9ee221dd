#include "server/upstream/curl_request.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace order1688 {
namespace {

constexpr std::array<absl::string_view, 4> kFramingHeaders = {"content-length", "transfer-encoding",
                                                              "expect", "connection"};

std::string UrlPart(CURLU* url, CURLUPart part, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return "";
  CurlText owner(text);
  return text;
}

// Names that no resolver can point elsewhere: libcurl answers localhost by itself.
bool IsLoopback(absl::string_view host) {
  if (absl::EqualsIgnoreCase(host, "localhost") || host == "[::1]") return true;
  std::vector<absl::string_view> parts = absl::StrSplit(host, '.');
  return parts.size() == 4 && parts[0] == "127" &&
         std::all_of(parts.begin(), parts.end(), [](absl::string_view part) {
           int number = 0;
           return absl::SimpleAtoi(part, &number) && number >= 0 && number <= 255;
         });
}

bool IsHeaderName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           absl::StrContains("!#$%&'*+-.^_`|~", c);
  });
}

bool HoldsControlCharacter(absl::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    return c != '\t' && absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

absl::Status ReadUrl(const HttpRequest& request, CurlRequest* made) {
  made->url.reset(curl_url());
  if (made->url == nullptr || HoldsControlCharacter(request.url) ||
      curl_url_set(made->url.get(), CURLUPART_URL, request.url.c_str(), 0) != CURLUE_OK) {
    return absl::InvalidArgumentError("the URL cannot be read");
  }
  made->scheme = UrlPart(made->url.get(), CURLUPART_SCHEME, 0);
  std::string host = UrlPart(made->url.get(), CURLUPART_HOST, 0);
  if (made->scheme != "https" && !(made->scheme == "http" && IsLoopback(host))) {
    return absl::InvalidArgumentError("the URL is neither https nor http to a loopback address");
  }
  if (!UrlPart(made->url.get(), CURLUPART_USER, 0).empty() ||
      !UrlPart(made->url.get(), CURLUPART_PASSWORD, 0).empty()) {
    return absl::InvalidArgumentError("the URL holds a user or a password");
  }
  made->origin = absl::StrCat(made->scheme, "://", host, ":",
                              UrlPart(made->url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  return absl::OkStatus();
}

absl::Status ReadHeaders(const HttpRequest& request, CurlRequest* made) {
  // An empty value takes a header away that libcurl would add by itself. Expect would cost a second
  // of waiting.
  std::vector<std::string> lines = {"Expect:"};
  bool has_content_type = false;
  for (const auto& [name, value] : request.headers) {
    std::string lower = absl::AsciiStrToLower(name);
    if (!IsHeaderName(name) ||
        std::find(kFramingHeaders.begin(), kFramingHeaders.end(), lower) != kFramingHeaders.end()) {
      return absl::InvalidArgumentError("a header name is malformed or belongs to the transport");
    }
    if (HoldsControlCharacter(value))
      return absl::InvalidArgumentError("a header value holds a control character");
    has_content_type |= lower == "content-type";
    lines.push_back(absl::StripAsciiWhitespace(value).empty() ? absl::StrCat(name, ";")
                                                              : absl::StrCat(name, ": ", value));
  }
  if (!has_content_type) lines.push_back("Content-Type:");
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(made->headers.get(), line.c_str());
    if (longer == nullptr) return absl::ResourceExhaustedError("no memory for the headers");
    made->headers.release();
    made->headers.reset(longer);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CurlRequest> ToCurlRequest(const HttpRequest& request) {
  CurlRequest made;
  absl::Status status = ReadUrl(request, &made);
  if (status.ok()) status = ReadHeaders(request, &made);
  if (!status.ok()) return status;
  return made;
}

}  // namespace order1688
