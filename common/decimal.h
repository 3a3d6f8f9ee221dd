// Exact decimal numbers between text and integers. No amount and no id passes through a double.
// Called by the JSON mapper and by whoever prints an amount; calls nothing of ours.

#ifndef ORDER1688_COMMON_DECIMAL_H_
#define ORDER1688_COMMON_DECIMAL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace order1688 {

// An amount as google.type.Money splits it: units + nanos / 10^9. `nanos` lies in [-999999999,
// 999999999] and never has the opposite sign of `units`.
struct DecimalAmount {
  int64_t units = 0;
  int32_t nanos = 0;

  friend bool operator==(const DecimalAmount&, const DecimalAmount&) = default;
};

// True if `text` is a number as JSON writes one: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
bool IsJsonNumber(absl::string_view text);

// Reads a JSON number, times 10^`power_of_ten`, exactly: "23.10" is {23, 100000000}, "1E2" is {100,
// 0}, "1999" with power -2 (fen to yuan) is {19, 990000000}. INVALID_ARGUMENT: not a number.
// OUT_OF_RANGE: the units do not fit int64, or digits other than 0 are left after the ninth
// decimal. The messages never repeat the text.
absl::StatusOr<DecimalAmount> ParseDecimal(absl::string_view text, int power_of_ten = 0);

// `digits` / 10^`decimals`, exactly. `decimals` is 0 to 9.
DecimalAmount ShiftDecimal(int64_t digits, int decimals);

// Reads a JSON number that is an integer in value: "5", "5.0" and "5E0" are 5.
// INVALID_ARGUMENT: not a number. OUT_OF_RANGE: a fraction is left, or it does not fit int64.
absl::StatusOr<int64_t> ParseInteger(absl::string_view text);

// Writes `amount` times 10^`power_of_ten` as plain digits, no exponent, no zeros at the end:
// "23.1", "-0.05", "0". INVALID_ARGUMENT: `amount` breaks the rules of DecimalAmount.
absl::StatusOr<std::string> FormatDecimal(DecimalAmount amount, int power_of_ten = 0);

}  // namespace order1688

#endif  // ORDER1688_COMMON_DECIMAL_H_
