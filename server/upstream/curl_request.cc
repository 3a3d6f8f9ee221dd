#include "server/upstream/curl_request.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
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

constexpr bool IsTokenCharacter(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool digit = c >= '0' && c <= '9';
  return letter || digit || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Each order's headers are checked character by character.
constexpr std::array<bool, 256> kTokenCharacters = [] {
  std::array<bool, 256> are{};
  for (int c = 0; c < 256; ++c)
    are[static_cast<size_t>(c)] = IsTokenCharacter(static_cast<char>(c));
  return are;
}();

bool IsHeaderName(absl::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return kTokenCharacters[static_cast<unsigned char>(c)];
  });
}

bool HoldsControlCharacter(absl::string_view value) {
  return std::any_of(value.begin(), value.end(), [](char c) {
    return c != '\t' && absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
}

void Append(absl::string_view text, std::vector<char>* lines) {
  lines->insert(lines->end(), text.begin(), text.end());
}

}  // namespace

absl::StatusOr<CurlUrl> ToCurlUrl(const std::string& url) {
  CurlUrl made{UrlHandle(curl_url()), ""};
  if (made.handle == nullptr || HoldsControlCharacter(url) ||
      curl_url_set(made.handle.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return absl::InvalidArgumentError("the URL cannot be read");
  }
  const std::string scheme = UrlPart(made.handle.get(), CURLUPART_SCHEME, 0);
  const std::string host = UrlPart(made.handle.get(), CURLUPART_HOST, 0);
  if (scheme != "https" && !(scheme == "http" && IsLoopback(host))) {
    return absl::InvalidArgumentError("the URL is neither https nor http to a loopback address");
  }
  if (!UrlPart(made.handle.get(), CURLUPART_USER, 0).empty() ||
      !UrlPart(made.handle.get(), CURLUPART_PASSWORD, 0).empty()) {
    return absl::InvalidArgumentError("the URL holds a user or a password");
  }
  made.origin = absl::StrCat(scheme, "://", host, ":",
                             UrlPart(made.handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
  return made;
}

HeaderList::HeaderList(std::vector<char> lines, size_t count)
    : lines_(std::move(lines)), list_(count) {
  char* line = lines_.data();
  curl_slist* before = nullptr;
  for (curl_slist& entry : list_) {
    entry.data = line;
    if (before != nullptr) before->next = &entry;
    before = &entry;
    line += std::strlen(line) + 1;
  }
}

absl::StatusOr<HeaderList> ToCurlHeaders(
    const std::vector<std::pair<std::string, std::string>>& headers) {
  // An empty value takes a header away that libcurl would add by itself. Expect would cost a second
  // of waiting.
  constexpr absl::string_view kNoExpect("Expect:\0", 8);
  constexpr absl::string_view kNoContentType("Content-Type:\0", 14);
  constexpr absl::string_view kBetween = ": ";
  size_t room = kNoExpect.size() + kNoContentType.size();
  for (const auto& [name, value] : headers)
    room += name.size() + kBetween.size() + value.size() + 1;
  std::vector<char> lines;
  lines.reserve(room);
  Append(kNoExpect, &lines);
  bool has_content_type = false;
  for (const auto& [name, value] : headers) {
    const auto is_name = [&name = name](absl::string_view other) {
      return absl::EqualsIgnoreCase(name, other);
    };
    if (!IsHeaderName(name) ||
        std::any_of(kFramingHeaders.begin(), kFramingHeaders.end(), is_name)) {
      return absl::InvalidArgumentError("a header name is malformed or belongs to the transport");
    }
    if (HoldsControlCharacter(value))
      return absl::InvalidArgumentError("a header value holds a control character");
    has_content_type = has_content_type || is_name("content-type");
    Append(name, &lines);
    if (absl::StripAsciiWhitespace(value).empty()) {
      lines.push_back(';');
    } else {
      Append(kBetween, &lines);
      Append(value, &lines);
    }
    lines.push_back('\0');
  }
  if (!has_content_type) Append(kNoContentType, &lines);
  return HeaderList(std::move(lines), 1 + headers.size() + (has_content_type ? 0 : 1));
}

}  // namespace order1688
