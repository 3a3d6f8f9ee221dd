#include "tests/bench/gateway/http_reader.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace order1688 {
namespace {

constexpr absl::string_view kHeadEnd = "\r\n\r\n";

std::optional<size_t> ContentLength(absl::string_view head) {
  for (absl::string_view line : absl::StrSplit(head, "\r\n")) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    size_t length = 0;
    if (absl::EqualsIgnoreCase(field.first, "content-length") &&
        absl::SimpleAtoi(field.second, &length)) {
      return length;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> HttpReader::Take(absl::string_view bytes) {
  unread_.append(bytes.data(), bytes.size());
  int requests = 0;
  while (true) {
    const size_t head = unread_.find(kHeadEnd.data(), 0, kHeadEnd.size());
    if (head == std::string::npos) return requests;
    const std::optional<size_t> length = ContentLength(absl::string_view(unread_).substr(0, head));
    if (!length) return std::nullopt;
    if (unread_.size() - head - kHeadEnd.size() < *length) return requests;
    unread_.erase(0, head + kHeadEnd.size() + *length);
    ++requests;
  }
}

}  // namespace order1688
