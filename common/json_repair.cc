#include "common/json_repair.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "common/decimal.h"

namespace order1688 {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr size_t kMaxTokenSize = 100;
// RapidJSON fails the document on a number beyond a double, although it only hands the text on.
constexpr int kMaxExponent = 300;
constexpr size_t kUnicodeEscapeSize = 6;  // \u0041

unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

// A table, because every byte of every answer is asked.
struct ByteClass {
  bool plain = false;       // inside a string it stands for itself
  bool ends_token = false;  // outside strings: white space, structure or a quote
};

constexpr std::array<ByteClass, 256> MakeByteClasses() {
  std::array<ByteClass, 256> classes{};
  for (size_t c = 0x20; c < 0x80; ++c) classes[c].plain = c != '"' && c != '\\';
  for (const unsigned char c : {' ', '\n', '\r', '\t', '"', ',', ':', '{', '}', '[', ']'}) {
    classes[c].ends_token = true;
  }
  return classes;
}

constexpr std::array<ByteClass, 256> kByteClasses = MakeByteClasses();

bool IsPlain(char c) { return kByteClasses[Byte(c)].plain; }

bool EndsToken(char c) { return kByteClasses[Byte(c)].ends_token; }

struct Utf8Prefix {
  size_t length = 0;      // bytes of the longest prefix that could begin a character, at least 1
  bool complete = false;  // they are a whole character
};

Utf8Prefix ReadUtf8(absl::string_view text) {
  const unsigned char lead = Byte(text.front());
  if (lead < 0x80) return {1, true};
  if (lead < 0xC2 || lead > 0xF4) return {1, false};
  const size_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // Too long forms, surrogates and what lies behind U+10FFFF show in the second byte.
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (size_t i = 1; i < size; ++i) {
    if (i >= text.size() || Byte(text[i]) < low || Byte(text[i]) > high) return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {size, true};
}

bool FitsRapidJson(absl::string_view token) {
  if (token == "true" || token == "false" || token == "null") return true;
  if (token.size() > kMaxTokenSize || !IsJsonNumber(token)) return false;
  const size_t e = token.find_first_of("eE");
  if (e == absl::string_view::npos || token[e + 1] == '-') return true;
  int exponent = 0;
  for (const char c : token.substr(e + 1)) {
    if (c != '+') exponent = std::min(exponent * 10 + (c - '0'), kMaxExponent + 1);
  }
  return exponent <= kMaxExponent;
}

// The code unit of \uXXXX at the begin of `text`, or -1.
int UnicodeEscape(absl::string_view text) {
  if (text.size() < kUnicodeEscapeSize || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    if (!absl::ascii_isxdigit(Byte(c))) return -1;
    unit = unit * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return unit;
}

// What is good is not looked at twice: it is copied in long pieces, when something bad or the end
// is reached.
class Repairer {
 public:
  Repairer(absl::string_view json, BackslashAfterInvalidByte reading)
      : json_(json), reading_(reading) {
    if (absl::StartsWith(json, kByteOrderMark)) {
      position_ = copied_ = kByteOrderMark.size();
      result_.shift_at_begin = static_cast<std::ptrdiff_t>(kByteOrderMark.size());
    }
    result_.text.reserve(json.size());
  }

  RepairedJson Run() && {
    while (position_ < json_.size()) {
      const char c = json_[position_];
      if (c == '"') {
        RepairString();
      } else if (EndsToken(c)) {
        ++position_;
      } else {
        RepairToken();
      }
    }
    CopyGood();
    return std::move(result_);
  }

 private:
  absl::string_view Rest() const { return json_.substr(position_); }

  void CopyGood() {
    result_.text.append(json_.data() + copied_, position_ - copied_);
    copied_ = position_;
  }

  void Replace(size_t count, absl::string_view replacement) {
    CopyGood();
    result_.text.append(replacement.data(), replacement.size());
    position_ += count;
    copied_ = position_;
    changed_ = true;
  }

  void ReplaceDamaged(size_t count) {
    Replace(count, kReplacement);
    damaged_ = true;
  }

  void BeginString() {
    begin_ = result_.text.size() + (position_ - copied_);
    changed_ = false;
    damaged_ = false;
  }

  void EndString() {
    if (!changed_) return;
    CopyGood();
    const auto written = static_cast<std::ptrdiff_t>(result_.text.size());
    result_.changed.push_back({begin_, damaged_, static_cast<std::ptrdiff_t>(position_) - written});
  }

  void RepairToken() {
    size_t end = position_;
    while (end < json_.size() && !EndsToken(json_[end])) ++end;
    const absl::string_view token = json_.substr(position_, end - position_);
    if (end == json_.size()) return KeepCutToken(token);
    if (FitsRapidJson(token)) {
      position_ = end;
      return;
    }
    BeginString();
    Replace(0, "\"");
    ReplaceDamaged(token.size());
    Replace(0, "\"");
    EndString();
  }

  void KeepCutToken(absl::string_view token) {
    // A NUL byte would end RapidJSON's stream early and hide that something stands behind the
    // document.
    std::string kept(token);
    std::replace_if(
        kept.begin(), kept.end(), [](char c) { return c == '\0' || Byte(c) >= 0x80; }, '?');
    Replace(token.size(), kept);
  }

  void RepairString() {
    BeginString();
    ++position_;
    while (position_ < json_.size() && json_[position_] != '"') {
      const char c = json_[position_];
      if (IsPlain(c)) {
        ++position_;
      } else if (c == '\\') {
        RepairEscape();
      } else if (Byte(c) < 0x20) {
        Replace(1, absl::StrFormat("\\u%04x", static_cast<unsigned>(Byte(c))));
      } else {
        RepairCharacter();
      }
    }
    if (position_ < json_.size()) ++position_;
    EndString();
  }

  void RepairCharacter() {
    const Utf8Prefix prefix = ReadUtf8(Rest());
    if (prefix.complete) {
      position_ += prefix.length;
      return;
    }
    ReplaceDamaged(prefix.length);
    if (position_ == json_.size() || json_[position_] != '\\') return;
    result_.ambiguous_backslash = true;
    if (reading_ == BackslashAfterInvalidByte::kBelongsToCharacter) Replace(1, "");
  }

  void RepairEscape() {
    const absl::string_view rest = Rest();
    const size_t good = GoodEscapeLength(rest);
    if (good > 0) {
      position_ += good;
      return;
    }
    // Of an unpaired surrogate all six bytes go, of anything else only the backslash.
    ReplaceDamaged(UnicodeEscape(rest) < 0 ? 1 : kUnicodeEscapeSize);
  }

  // The length of the valid escape (or pair of surrogates) at the begin of `rest`, or 0.
  static size_t GoodEscapeLength(absl::string_view rest) {
    if (rest.size() < 2) return 0;
    if (rest[1] != 'u') return absl::StrContains("\"\\/bfnrt", rest[1]) ? 2 : 0;
    const int unit = UnicodeEscape(rest);
    if (unit < 0) return 0;
    if (unit < 0xD800 || unit > 0xDFFF) return kUnicodeEscapeSize;
    const int next = UnicodeEscape(rest.substr(kUnicodeEscapeSize));
    return unit <= 0xDBFF && next >= 0xDC00 && next <= 0xDFFF ? 2 * kUnicodeEscapeSize : 0;
  }

  absl::string_view json_;
  BackslashAfterInvalidByte reading_;
  size_t position_ = 0;  // of the next byte to read
  size_t copied_ = 0;    // everything before it is in result_
  RepairedJson result_;
  // Of the string token that is being read:
  size_t begin_ = 0;
  bool changed_ = false;
  bool damaged_ = false;
};

}  // namespace

size_t RepairedJson::OriginalOffset(size_t offset) const {
  const auto behind =
      std::partition_point(changed.begin(), changed.end(),
                           [offset](const ChangedString& token) { return token.begin < offset; });
  const std::ptrdiff_t shift =
      behind == changed.begin() ? shift_at_begin : std::prev(behind)->shift_behind;
  return static_cast<size_t>(static_cast<std::ptrdiff_t>(offset) + shift);
}

RepairedJson RepairJson(absl::string_view json, BackslashAfterInvalidByte reading) {
  return Repairer(json, reading).Run();
}

size_t Utf8CharacterLength(absl::string_view text) {
  if (text.empty()) return 0;
  const Utf8Prefix prefix = ReadUtf8(text);
  return prefix.complete ? prefix.length : 0;
}

}  // namespace order1688
