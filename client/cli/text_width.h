// How wide text is on a terminal, and text that is safe to show there.
#ifndef ORDER1688_CLIENT_CLI_TEXT_WIDTH_H_
#define ORDER1688_CLIENT_CLI_TEXT_WIDTH_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace order1688 {

// Columns that `text` takes on a terminal: 2 for Chinese, full-width and emoji characters, 0 for
// combining marks, else 1. `text` is safe text (see SafeForTerminal). Emoji that are joined into
// one are counted one by one.
size_t DisplayWidth(absl::string_view text);

// `text` filled up with spaces to `columns`; longer text stays as it is.
std::string PadRight(absl::string_view text, size_t columns);
std::string PadLeft(absl::string_view text, size_t columns);

// At most `columns` columns of `text`; where something is cut, the last column is "…".
std::string CutTo(absl::string_view text, size_t columns);

// Text from outside for a terminal: control characters (escape sequences start with one),
// characters that change the direction of text, and bytes that are not UTF-8 become U+FFFD.
std::string SafeForTerminal(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_TEXT_WIDTH_H_
