// Makes the gateway's text readable for RapidJSON without losing what stands after a bad leaf:
// RapidJSON gives up on the whole document at the first bad byte, and an order may follow it.
// Called by the JSON decoder only.

#ifndef ORDER1688_COMMON_JSON_REPAIR_H_
#define ORDER1688_COMMON_JSON_REPAIR_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace order1688 {

// How a backslash right after an invalid byte inside a string is read. In UTF-8 text it begins an
// escape; in GBK text it may be the second byte of a character (誠 is D5 5C), and then the quote
// after it ends the string.
enum class BackslashAfterInvalidByte { kBeginsEscape, kBelongsToCharacter };

// One string token of the repaired text that is written differently from the original one.
struct ChangedString {
  size_t begin = 0;      // offset of its opening quote in the repaired text
  bool damaged = false;  // its content, too, is not what the gateway sent
  // Add it to an offset behind this token to get the offset in the original text.
  std::ptrdiff_t shift_behind = 0;
};

struct RepairedJson {
  std::string text;                    // valid UTF-8, without a NUL byte
  std::vector<ChangedString> changed;  // by ascending `begin`
  std::ptrdiff_t shift_at_begin = 0;   // 3 if a byte order mark was cut off
  bool ambiguous_backslash = false;    // the two readings of BackslashAfterInvalidByte differ

  // The place in the original text of an offset in `text`; exact outside changed tokens.
  size_t OriginalOffset(size_t offset) const;
};

// Repairs, and nothing else:
//  - a UTF-8 byte order mark at the begin is dropped;
//  - inside strings every invalid UTF-8 sequence and every backslash that begins no valid escape
//  (an unpaired
//    surrogate \ud800 counts) becomes U+FFFD; an ASCII byte is never swallowed, so the closing
//    quote stays;
//  - a raw control character inside a string becomes its escape: nothing is lost, the string is
//  changed but not damaged;
//  - outside strings a token that is neither a JSON literal nor a number that fits (NaN, Infinity,
//  undefined, +1, 01,
//    0x1F, 1e400, more than 100 characters) becomes the string "U+FFFD". A token that touches the
//    end of the text stays as it is: it may have been cut.
// The structure is not touched: a missing comma stays missing. Linear in time; the result is at
// most 6 times as long.
RepairedJson RepairJson(absl::string_view json, BackslashAfterInvalidByte reading);

// The length of the valid UTF-8 character at the begin of `text`, or 0 if there is none.
size_t Utf8CharacterLength(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_REPAIR_H_
