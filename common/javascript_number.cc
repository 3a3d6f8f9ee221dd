#include "common/javascript_number.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"

namespace order1688 {

std::string AsJavaScriptPrints(int64_t id) {
  char text[32];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), static_cast<double>(id),
                                          std::chars_format::scientific);
  const absl::string_view shortest(text, static_cast<size_t>(end - text));
  const size_t e = shortest.find('e');
  int exponent = 0;
  if (error != std::errc() || e == absl::string_view::npos ||
      !absl::SimpleAtoi(shortest.substr(e + 2), &exponent))
    return "";
  std::string digits;
  std::copy_if(shortest.begin(), shortest.begin() + e, std::back_inserter(digits),
               [](char c) { return c != '.'; });
  digits.append(std::max<size_t>(static_cast<size_t>(exponent) + 1, digits.size()) - digits.size(),
                '0');
  return digits;
}

}  // namespace order1688
