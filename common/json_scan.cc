#include "common/json_scan.h"

#include "absl/strings/ascii.h"
#include "common/json_text.h"

namespace order1688 {
namespace {

constexpr std::ptrdiff_t kMaxNumberSize = 100;
constexpr std::ptrdiff_t kMaxShortDigits = 19;  // fit 64 bits, without a sign

unsigned Byte(char c) { return static_cast<unsigned char>(c); }

void AppendUtf8(unsigned code_point, std::string* text) {
  const auto continuation = [&](int shift) {
    text->push_back(static_cast<char>(0x80 | ((code_point >> shift) & 0x3F)));
  };
  if (code_point < 0x80) {
    text->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    text->push_back(static_cast<char>(0xC0 | (code_point >> 6)));
    continuation(0);
  } else if (code_point < 0x10000) {
    text->push_back(static_cast<char>(0xE0 | (code_point >> 12)));
    continuation(6);
    continuation(0);
  } else {
    text->push_back(static_cast<char>(0xF0 | (code_point >> 18)));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

}  // namespace

bool JsonScanner::TakeString(absl::string_view* text) {
  if (!Take('"')) return false;
  const char* begin = next_;  // of what is not in unescaped_ yet
  bool escaped = false;
  while (true) {
    if (!SkipCharacters(&next_, end_) || next_ == end_) return false;
    if (*next_ == '"') break;
    if (!escaped) unescaped_.clear();
    escaped = true;
    unescaped_.append(begin, next_);
    if (!TakeEscape()) return false;
    begin = next_;
  }
  *text = absl::string_view(begin, static_cast<size_t>(next_ - begin));
  if (escaped) {
    unescaped_.append(begin, next_);
    *text = unescaped_;
  }
  ++next_;
  return true;
}

bool JsonScanner::TakeEscape() {
  if (!Take('\\')) return false;
  const char kind = Peek();
  if (kind == 'u') {
    --next_;
    return TakeUnicodeEscape();
  }
  constexpr absl::string_view kKinds = "\"\\/bfnrt";
  constexpr absl::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t found = kKinds.find(kind);
  if (found == absl::string_view::npos) return false;
  unescaped_.push_back(kMeanings[found]);
  ++next_;
  return true;
}

bool JsonScanner::TakeUnicodeEscape() {
  unsigned code_point = 0;
  if (!TakeCodeUnit(&code_point)) return false;
  if (code_point >= 0xD800 && code_point <= 0xDFFF) {
    unsigned low = 0;
    if (code_point > 0xDBFF || !TakeCodeUnit(&low) || low < 0xDC00 || low > 0xDFFF) return false;
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  }
  AppendUtf8(code_point, &unescaped_);
  return true;
}

bool JsonScanner::TakeCodeUnit(unsigned* unit) {
  if (!TakeWord("\\u")) return false;
  *unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = Peek();
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return false;
    *unit = *unit * 16 + Byte(static_cast<char>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10));
    ++next_;
  }
  return true;
}

bool JsonScanner::TakeDigits(uint64_t* value) {
  const char* const begin = next_;
  for (; next_ != end_ && Byte(*next_) - '0' <= 9; ++next_)
    *value = *value * 10 + (Byte(*next_) - '0');
  return next_ != begin;
}

bool JsonScanner::TakeNumber(ScannedNumber* number) {
  const char* const begin = next_;
  const bool negative = Take('-');
  uint64_t value = 0;  // wrong if it has more than 19 digits
  const char* const digits = next_;
  if (!Take('0') && !TakeDigits(&value)) return false;
  std::ptrdiff_t size = next_ - digits;
  const char* const point = next_;
  if (Take('.')) {
    if (!TakeDigits(&value)) return false;
    number->decimals = static_cast<int>(next_ - point - 1);
    size += number->decimals;
  }
  if (next_ - begin > kMaxNumberSize) return false;
  number->text = absl::string_view(begin, static_cast<size_t>(next_ - begin));
  number->short_enough = size <= kMaxShortDigits && value <= uint64_t{INT64_MAX};
  number->digits = static_cast<int64_t>(negative ? 0 - value : value);
  return true;
}

bool JsonScanner::SkipValue(size_t depth) {
  absl::string_view text;
  ScannedNumber number;
  switch (Peek()) {
    case '"':
      return TakeString(&text);
    case 'n':
      return TakeWord("null");
    case 't':
      return TakeWord("true");
    case 'f':
      return TakeWord("false");
    case '{':
      return depth > 0 && SkipMembers(depth - 1);
    case '[':
      return depth > 0 && SkipElements(depth - 1);
    default:
      return TakeNumber(&number);
  }
}

bool JsonScanner::SkipMembers(size_t depth) {
  Take('{');
  SkipSpace();
  if (Take('}')) return true;
  do {
    SkipSpace();
    absl::string_view key;
    if (!TakeString(&key)) return false;
    SkipSpace();
    if (!Take(':')) return false;
    SkipSpace();
    if (!SkipValue(depth)) return false;
    SkipSpace();
  } while (Take(','));
  return Take('}');
}

bool JsonScanner::SkipElements(size_t depth) {
  Take('[');
  SkipSpace();
  if (Take(']')) return true;
  do {
    SkipSpace();
    if (!SkipValue(depth)) return false;
    SkipSpace();
  } while (Take(','));
  return Take(']');
}

}  // namespace order1688
