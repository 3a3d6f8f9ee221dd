#include "client/request_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace order1688 {

bool IsRequestId(absl::string_view text) {
  constexpr size_t kLongest = 64;
  if (text.empty() || text.size() > kLongest) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
}

}  // namespace order1688
