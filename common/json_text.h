// The inside of JSON strings, fast: called for every string that the mapper reads or writes.

#ifndef ORDER1688_COMMON_JSON_TEXT_H_
#define ORDER1688_COMMON_JSON_TEXT_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"

#ifdef __SSE2__
#include <emmintrin.h>

#include <bit>
#endif

namespace order1688 {

template <typename Word>
Word LoadWord(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

// memcmp() == 0, inline: for short texts the call takes longer than the comparison. The last word
// may overlap the one before it.
inline bool EqualBytes(const char* a, const char* b, size_t size) {
  if (size < sizeof(uint64_t)) {
    if (size >= sizeof(uint32_t)) {
      const size_t last = size - sizeof(uint32_t);
      return LoadWord<uint32_t>(a) == LoadWord<uint32_t>(b) &&
             LoadWord<uint32_t>(a + last) == LoadWord<uint32_t>(b + last);
    }
    return std::equal(a, a + size, b);
  }
  const size_t last = size - sizeof(uint64_t);
  for (size_t i = 0; i < last; i += sizeof(uint64_t)) {
    if (LoadWord<uint64_t>(a + i) != LoadWord<uint64_t>(b + i)) return false;
  }
  return LoadWord<uint64_t>(a + last) == LoadWord<uint64_t>(b + last);
}

#ifdef __SSE2__
constexpr ptrdiff_t kPlainStride = 16;

// A bit for each of the kPlainStride bytes at which SkipPlain has to stop.
inline unsigned NotPlain(const char* from) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  // Compared as signed numbers, bytes that are not ASCII are less than a space, too.
  const __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(others, _mm_or_si128(quotes, backslashes))));
}
#endif

// The first byte in [begin, end) that does not stand for itself inside a JSON string (a quote, a
// backslash, a control character) or is not ASCII; or end.
inline const char* SkipPlain(const char* begin, const char* end) {
#ifdef __SSE2__
  if (end - begin >= kPlainStride) {
    const char* const last = end - kPlainStride;
    for (; begin < last; begin += kPlainStride) {
      if (const unsigned found = NotPlain(begin); found != 0)
        return begin + std::countr_zero(found);
    }
    // May overlap what was passed over, where it finds nothing.
    const unsigned found = NotPlain(last);
    return found == 0 ? end : last + std::countr_zero(found);
  }
#endif
  while (begin != end && static_cast<signed char>(*begin) >= ' ' && *begin != '"' &&
         *begin != '\\') {
    ++begin;
  }
  return begin;
}

// Moves `next` to the first byte before `end` that needs an escape inside a JSON string, or to
// `end`. False: what it would pass over is not valid UTF-8.
bool SkipCharacters(const char** next, const char* end);

// Appends `text` as a JSON string. False: it is not valid UTF-8; part of it may be there then.
bool AppendJsonString(absl::string_view text, std::string* json);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_TEXT_H_
