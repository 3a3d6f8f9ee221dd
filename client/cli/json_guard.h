// Checks JSON text more strictly than protobuf's parser, which joins two `cargoParamList` keys into
// one order twice as large, and takes "NaN" for a quantity.
#ifndef ORDER1688_CLIENT_CLI_JSON_GUARD_H_
#define ORDER1688_CLIENT_CLI_JSON_GUARD_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace order1688 {

// Deepest nesting of objects and arrays.
inline constexpr int kDeepestJson = 32;

// OK if `text` is one JSON object of strict JSON (RFC 8259) in valid UTF-8 whose keys are fields of
// `message`. Refused, each with line, byte and path: syntax errors, invalid UTF-8, a byte order
// mark, nesting deeper than kDeepestJson, an unknown key, two keys of one object that mean the same
// field (json_name and proto name do), null in a list, an object or list where the field is none,
// and for numbers with a fraction: NaN, Infinity, and more than 15 digits (they would be rounded).
absl::Status CheckJson(absl::string_view text, const google::protobuf::Descriptor& message);

// The keys of the outermost object, with the checks of CheckJson that need no message.
absl::StatusOr<std::vector<std::string>> TopLevelKeys(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_JSON_GUARD_H_
