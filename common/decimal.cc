#include "common/decimal.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr int kNanoDigits = 9;
constexpr int32_t kNanosPerUnit = 1'000'000'000;
// Beyond it an exponent's exact value changes nothing: the number is out of range, too precise or
// zero.
constexpr int64_t kMaxExponent = 1'000'000'000;

// The value is 0.d1d2d3... times 10^point, where d are the digits of `whole` and then of
// `fraction`.
struct NumberText {
  bool negative = false;
  absl::string_view whole;
  absl::string_view fraction;
  int64_t point = 0;
};

absl::string_view TakeDigits(absl::string_view* text) {
  const auto end = std::find_if_not(text->begin(), text->end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
  const absl::string_view digits = text->substr(0, static_cast<size_t>(end - text->begin()));
  text->remove_prefix(digits.size());
  return digits;
}

bool TakeOne(absl::string_view* text, char wanted) {
  if (text->empty() || text->front() != wanted) return false;
  text->remove_prefix(1);
  return true;
}

std::optional<int64_t> TakeExponent(absl::string_view* text) {
  const bool negative = TakeOne(text, '-');
  if (!negative) TakeOne(text, '+');
  const absl::string_view digits = TakeDigits(text);
  if (digits.empty()) return std::nullopt;
  int64_t exponent = 0;
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kMaxExponent);
  return negative ? -exponent : exponent;
}

std::optional<NumberText> SplitNumber(absl::string_view text) {
  NumberText number;
  number.negative = TakeOne(&text, '-');
  number.whole = TakeDigits(&text);
  if (number.whole.empty()) return std::nullopt;
  if (number.whole.size() > 1 && number.whole.front() == '0') return std::nullopt;
  if (TakeOne(&text, '.')) {
    number.fraction = TakeDigits(&text);
    if (number.fraction.empty()) return std::nullopt;
  }
  number.point = static_cast<int64_t>(number.whole.size());
  if (TakeOne(&text, 'e') || TakeOne(&text, 'E')) {
    const std::optional<int64_t> exponent = TakeExponent(&text);
    if (!exponent) return std::nullopt;
    number.point += *exponent;
  }
  if (!text.empty()) return std::nullopt;
  return number;
}

// Whole units and nine decimals, still without the sign. No value: they do not fit, or more
// decimals are left.
struct Magnitude {
  uint64_t units = 0;
  uint32_t nanos = 0;
};

std::optional<Magnitude> ReadMagnitude(const NumberText& number) {
  constexpr uint64_t kMaxBeforeDigit = std::numeric_limits<uint64_t>::max() / 10 - 1;
  Magnitude magnitude;
  int64_t position = 0;  // of the digit that is read next
  for (const absl::string_view digits : {number.whole, number.fraction}) {
    for (const char c : digits) {
      const auto digit = static_cast<uint64_t>(c - '0');
      if (position < number.point) {
        if (magnitude.units > kMaxBeforeDigit) return std::nullopt;
        magnitude.units = magnitude.units * 10 + digit;
      } else if (position < number.point + kNanoDigits) {
        uint64_t nanos = digit;
        for (int64_t i = position + 1; i < number.point + kNanoDigits; ++i) nanos *= 10;
        magnitude.nanos += static_cast<uint32_t>(nanos);
      } else if (digit != 0) {
        return std::nullopt;
      }
      ++position;
    }
  }
  for (; position < number.point && magnitude.units != 0; ++position) {
    if (magnitude.units > kMaxBeforeDigit) return std::nullopt;
    magnitude.units *= 10;
  }
  return magnitude;
}

}  // namespace

bool IsJsonNumber(absl::string_view text) { return SplitNumber(text).has_value(); }

absl::StatusOr<DecimalAmount> ParseDecimal(absl::string_view text, int power_of_ten) {
  std::optional<NumberText> number = SplitNumber(text);
  if (!number) return absl::InvalidArgumentError("not a decimal number");
  number->point += power_of_ten;
  const std::optional<Magnitude> magnitude = ReadMagnitude(*number);
  if (!magnitude) return absl::OutOfRangeError("too large, or more than nine decimals");
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  // The most negative int64 exists only without nanos: -2^63 - 0.1 is not an int64 and a fraction
  // of one sign.
  const uint64_t limit = number->negative && magnitude->nanos == 0 ? kMax + 1 : kMax;
  if (magnitude->units > limit) return absl::OutOfRangeError("too large");
  DecimalAmount amount;
  const uint64_t units = number->negative ? uint64_t{0} - magnitude->units : magnitude->units;
  amount.units = static_cast<int64_t>(units);
  const auto nanos = static_cast<int32_t>(magnitude->nanos);
  amount.nanos = number->negative ? -nanos : nanos;
  return amount;
}

DecimalAmount ShiftDecimal(int64_t digits, int decimals) {
  int32_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  // The remainder has the sign of `digits`.
  return {digits / unit, static_cast<int32_t>(digits % unit) * (kNanosPerUnit / unit)};
}

absl::StatusOr<int64_t> ParseInteger(absl::string_view text) {
  const absl::StatusOr<DecimalAmount> amount = ParseDecimal(text);
  if (!amount.ok()) return amount.status();
  if (amount->nanos != 0) return absl::OutOfRangeError("not an integer");
  return amount->units;
}

absl::StatusOr<std::string> FormatDecimal(DecimalAmount amount, int power_of_ten) {
  if (amount.nanos <= -kNanosPerUnit || amount.nanos >= kNanosPerUnit) {
    return absl::InvalidArgumentError("nanos out of range");
  }
  if ((amount.units > 0 && amount.nanos < 0) || (amount.units < 0 && amount.nanos > 0)) {
    return absl::InvalidArgumentError("units and nanos have opposite signs");
  }
  const bool negative = amount.units < 0 || amount.nanos < 0;
  const auto bits = static_cast<uint64_t>(amount.units);
  const uint64_t units = amount.units < 0 ? uint64_t{0} - bits : bits;
  const int32_t nanos = amount.nanos < 0 ? -amount.nanos : amount.nanos;
  std::string digits = absl::StrCat(units, absl::Dec(nanos, absl::kZeroPad9));
  const int64_t decimals = kNanoDigits - power_of_ten;
  if (decimals < 0) digits.append(static_cast<size_t>(-decimals), '0');
  const auto fraction = static_cast<size_t>(std::max<int64_t>(decimals, 0));
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  std::string whole = digits.substr(0, digits.size() - fraction);
  std::string decimal_part = digits.substr(digits.size() - fraction);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size() - 1));
  decimal_part.erase(decimal_part.find_last_not_of('0') + 1);
  return absl::StrCat(negative ? "-" : "", whole, decimal_part.empty() ? "" : ".", decimal_part);
}

}  // namespace order1688
