#include "common/request_id.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace order1688 {
namespace {

constexpr size_t kLongest = 64;

}  // namespace

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kLongest &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

}  // namespace order1688
