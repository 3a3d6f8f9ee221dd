// The gateway's four ways to write an instant. Called by the JSON mapper; bytes in, bytes out.

#ifndef ORDER1688_COMMON_WIRE_TIME_H_
#define ORDER1688_COMMON_WIRE_TIME_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// An instant as google.protobuf.Timestamp holds it: `seconds` since 1970-01-01T00:00:00Z, `nanos`
// in [0, 999999999].
struct WireInstant {
  int64_t seconds = 0;
  int32_t nanos = 0;

  friend bool operator==(const WireInstant&, const WireInstant&) = default;
};

// Reads one of these, and nothing else (no spaces around, no other separators):
//   2025-04-23T14:13:44.000+08:00   the fraction (1 to 9 digits) may be missing; the zone may be Z
//   20180614101942000+0800          milliseconds always; any zone
//   2025-04-23 14:13:44             no zone: Shanghai, +08:00
//   1745388824000                   milliseconds since 1970, exactly 13 digits
// INVALID_ARGUMENT: another form, or a date or time of day that does not exist. OUT_OF_RANGE:
// outside the years 0001 to 9999 of UTC. The messages never repeat the text.
absl::StatusOr<WireInstant> ParseWireTime(absl::string_view text);

// Writes the first form in Shanghai's zone with 3, 6 or 9 decimals, as the gateway does:
// 2025-04-23T14:13:44.000+08:00. The last eight hours of the year 9999 are written in UTC (Z).
// ParseWireTime gives the same instant back. OUT_OF_RANGE: outside the years 0001 to 9999 of UTC,
// or nanos out of range.
absl::StatusOr<std::string> FormatWireTime(WireInstant instant);

}  // namespace order1688

#endif  // ORDER1688_COMMON_WIRE_TIME_H_
