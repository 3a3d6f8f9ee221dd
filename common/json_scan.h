// Reads the tokens of clean JSON text where it lies, without a copy. Clean means that json_repair.h
// would change nothing in it; whatever is not clean, or needs a second thought, is only refused
// here. Called by json_quick.cc.

#ifndef ORDER1688_COMMON_JSON_SCAN_H_
#define ORDER1688_COMMON_JSON_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "common/json_text.h"

namespace order1688 {

struct ScannedNumber {
  absl::string_view text;
  // It is digits / 10^decimals.
  bool short_enough = false;
  int64_t digits = 0;
  int decimals = 0;
};

// After a method has returned false, the place of the scanner means nothing any more.
class JsonScanner {
 public:
  explicit JsonScanner(absl::string_view json)
      : next_(json.data()), end_(json.data() + json.size()) {}

  bool AtEnd() const { return next_ == end_; }

  // The character that comes next, or 0 at the end.
  char Peek() const { return next_ == end_ ? '\0' : *next_; }

  void SkipSpace() {
    while (next_ != end_ && IsSpace(*next_)) ++next_;
  }

  bool Take(char wanted) {
    if (Peek() != wanted) return false;
    ++next_;
    return true;
  }

  // Skips space if nothing else lets it take `wanted`.
  bool TakeAfterSpace(char wanted) {
    if (Take(wanted)) return true;
    SkipSpace();
    return Take(wanted);
  }

  bool TakeWord(absl::string_view word) {
    if (static_cast<size_t>(end_ - next_) < word.size() ||
        !EqualBytes(next_, word.data(), word.size())) {
      return false;
    }
    next_ += word.size();
    return true;
  }

  // A string of valid UTF-8. `text` is a view into the document or, if escapes stand in it, into
  // the scanner, until the next string.
  bool TakeString(absl::string_view* text);

  // A number without an exponent, of at most 100 characters.
  bool TakeNumber(ScannedNumber* number);

  // Passes over one value. Objects and arrays in it may lie `depth` deep.
  bool SkipValue(size_t depth);

 private:
  static bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  bool TakeEscape();
  // \uXXXX or a pair of surrogates.
  bool TakeUnicodeEscape();
  bool TakeCodeUnit(unsigned* unit);
  bool TakeDigits(uint64_t* value);
  bool SkipMembers(size_t depth);
  bool SkipElements(size_t depth);

  const char* next_;
  const char* end_;
  std::string unescaped_;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_SCAN_H_
