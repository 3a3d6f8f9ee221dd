#include "server/config_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr size_t kLongestName = 32;

bool IsName(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestName &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

}  // namespace

bool IsVisibleAscii(absl::string_view text, size_t longest) {
  return !text.empty() && text.size() <= longest &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return absl::ascii_isgraph(c); });
}

void CheckName(const std::string& name, const std::string& field, const ConfigPlace& place,
               std::set<std::string>* seen) {
  if (name.empty()) return place.Missing(field, "is required");
  if (!IsName(name)) return place.Fault(field, "must be 1 to 32 of a-z 0-9 -");
  if (!seen->insert(name).second) place.Fault(field, "is given twice");
}

void CheckWords(const google::protobuf::RepeatedPtrField<std::string>& values,
                const std::string& field, size_t longest, const ConfigPlace& place) {
  std::set<std::string> seen;
  for (int i = 0; i < values.size(); ++i) {
    if (!IsVisibleAscii(values[i], longest)) {
      place.Fault(field, i, absl::StrCat("must be 1 to ", longest, " visible ASCII characters"));
    } else if (!seen.insert(values[i]).second) {
      place.Fault(field, i, "is given twice");
    }
  }
}

}  // namespace order1688
