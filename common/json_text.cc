#include "common/json_text.h"

#include <array>
#include <bit>

#include "common/json_repair.h"

namespace order1688 {
namespace {

constexpr std::array<unsigned char, 4> kThreeByteMaskBytes = {0xF0, 0xC0, 0xC0, 0};
constexpr std::array<unsigned char, 4> kThreeByteMarkBytes = {0xE0, 0x80, 0x80, 0};
constexpr auto kThreeByteMask = std::bit_cast<uint32_t>(kThreeByteMaskBytes);
constexpr auto kThreeByteMarks = std::bit_cast<uint32_t>(kThreeByteMarkBytes);

unsigned Byte(char c) { return static_cast<unsigned char>(c); }

// Most characters of Chinese text: three bytes, the first of which leaves no doubt about too long
// forms (0xE0) and surrogates (0xED). Reads four bytes.
bool IsThreeByteCharacter(const char* text) {
  const std::array<char, 4> bytes = LoadWord<std::array<char, 4>>(text);
  const unsigned lead = Byte(bytes[0]);
  const bool marks = (std::bit_cast<uint32_t>(bytes) & kThreeByteMask) == kThreeByteMarks;
  return marks && lead != 0xE0 && lead != 0xED;
}

bool SkipNonAscii(const char** next, const char* end) {
  const char* at = *next;
  while (at != end && Byte(*at) >= 0x80) {
    const auto left = static_cast<size_t>(end - at);
    if (left >= 4 && IsThreeByteCharacter(at)) {
      at += 3;
      continue;
    }
    const size_t length = Utf8CharacterLength(absl::string_view(at, left));
    if (length == 0) return false;
    at += length;
  }
  *next = at;
  return true;
}

void AppendEscape(char c, std::string* json) {
  constexpr absl::string_view kMeanings = "\"\\\b\f\n\r\t";
  constexpr absl::string_view kKinds = "\"\\bfnrt";
  constexpr absl::string_view kHexDigits = "0123456789ABCDEF";
  json->push_back('\\');
  const size_t found = kMeanings.find(c);
  if (found != absl::string_view::npos) return json->push_back(kKinds[found]);
  json->append("u00");
  json->push_back(kHexDigits[Byte(c) >> 4]);
  json->push_back(kHexDigits[Byte(c) & 0xF]);
}

}  // namespace

bool SkipCharacters(const char** next, const char* end) {
  while (true) {
    *next = SkipPlain(*next, end);
    if (*next == end || Byte(**next) < 0x80) return true;
    if (!SkipNonAscii(next, end)) return false;
  }
}

bool AppendJsonString(absl::string_view text, std::string* json) {
  json->push_back('"');
  const char* next = text.data();
  const char* const end = next + text.size();
  while (true) {
    const char* const good = next;
    if (!SkipCharacters(&next, end)) return false;
    json->append(good, next);
    if (next == end) break;
    AppendEscape(*next++, json);
  }
  json->push_back('"');
  return true;
}

}  // namespace order1688
