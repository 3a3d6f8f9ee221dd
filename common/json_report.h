// What the two readers of a JSON document, json_fill.h and json_quick.h, have in common: their
// limits, and how they name a key of which the schema knows nothing.

#ifndef ORDER1688_COMMON_JSON_REPORT_H_
#define ORDER1688_COMMON_JSON_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "common/json_decoder.h"

namespace order1688 {

inline constexpr size_t kMaxJsonDepth = 32;
// An empty object takes 3 bytes of text and up to 1 KB of memory. A real answer has about 15
// objects per order.
inline constexpr int64_t kMaxJsonObjects = 20'000;
inline constexpr int64_t kMaxListedPaths = 100;

// Counts an unknown key and lists it if the list has room; only then `object`, the path of the
// object that it stands in, is called.
void ListUnmapped(absl::FunctionRef<std::string()> object, absl::string_view key,
                  DecodeReport* report);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_REPORT_H_
