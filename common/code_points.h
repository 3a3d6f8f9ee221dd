// Lengths of text as people count them: in Unicode code points, not bytes.
#ifndef ORDER1688_COMMON_CODE_POINTS_H_
#define ORDER1688_COMMON_CODE_POINTS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace order1688 {

// Number of code points in valid UTF-8 text.
size_t CountCodePoints(absl::string_view text);

// The first `most` code points of valid UTF-8 text; never cuts one in two.
absl::string_view FirstCodePoints(absl::string_view text, size_t most);

// The longest prefix of at most `most` bytes that cuts no code point in two.
absl::string_view FirstBytes(absl::string_view text, size_t most);

}  // namespace order1688

#endif  // ORDER1688_COMMON_CODE_POINTS_H_
