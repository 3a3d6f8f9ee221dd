#include "common/json_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr size_t kMaxKeySize = 64;

bool LooksLikeName(absl::string_view key) {
  if (key.empty() || key.size() > kMaxKeySize ||
      absl::ascii_isdigit(static_cast<unsigned char>(key.front()))) {
    return false;
  }
  return std::all_of(key.begin(), key.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '$';
  });
}

}  // namespace

void ListUnmapped(absl::FunctionRef<std::string()> object, absl::string_view key,
                  DecodeReport* report) {
  if (++report->total_unmapped > kMaxListedPaths) return;
  std::string path = object();
  absl::StrAppend(&path, path.empty() ? "" : ".", LooksLikeName(key) ? key : "?");
  report->unmapped.push_back(std::move(path));
}

}  // namespace order1688
