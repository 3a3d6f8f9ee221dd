#include "common/wire_time.h"

#include <cstddef>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace order1688 {
namespace {

constexpr int64_t kMinSeconds = -62135596800;  // 0001-01-01T00:00:00Z
constexpr int64_t kMaxSeconds = 253402300799;  // 9999-12-31T23:59:59Z
// China has had no summer time since 1991, and 1688 is younger: a fixed offset needs no zone
// database.
constexpr int64_t kShanghaiOffset = 8 * 3600;
constexpr int32_t kNanosPerMillisecond = 1'000'000;
constexpr size_t kEpochMillisecondDigits = 13;

// Reads a text from left to right; after the first mismatch everything fails.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : text_(text) {}

  int64_t Digits(size_t count) {
    int64_t value = 0;
    if (text_.size() < count) return Fail();
    for (size_t i = 0; i < count; ++i) {
      if (!NextIsDigit()) return Fail();
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return value;
  }

  void Literal(char wanted) {
    if (!Accept(wanted)) Fail();
  }

  bool Accept(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }

  // 1 to 9 digits after the point, as nanoseconds.
  int32_t Fraction() {
    int32_t nanos = 0;
    int digits = 0;
    for (; digits < 9 && NextIsDigit(); ++digits)
      nanos = nanos * 10 + static_cast<int32_t>(Digits(1));
    if (digits == 0) Fail();
    for (; digits < 9; ++digits) nanos *= 10;
    return nanos;
  }

  // +08:00 or, without the colon, +0800. In seconds.
  int64_t Offset(bool with_colon) {
    const bool negative = Accept('-');
    if (!negative) Literal('+');
    const int64_t hours = Digits(2);
    if (with_colon) Literal(':');
    const int64_t minutes = Digits(2);
    if (hours > 23 || minutes > 59) Fail();
    const int64_t offset = hours * 3600 + minutes * 60;
    return negative ? -offset : offset;
  }

  bool Done() const { return !failed_ && text_.empty(); }

 private:
  bool NextIsDigit() const {
    return !text_.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text_.front()));
  }

  int64_t Fail() {
    failed_ = true;
    text_ = absl::string_view();
    return 0;
  }

  absl::string_view text_;
  bool failed_ = false;
};

struct LocalTime {
  int64_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  int32_t nanos = 0;
  int64_t offset = kShanghaiOffset;  // seconds east of UTC
};

absl::StatusOr<WireInstant> ToInstant(const LocalTime& local) {
  const absl::CivilSecond civil(local.year, static_cast<int>(local.month),
                                static_cast<int>(local.day), static_cast<int>(local.hour),
                                static_cast<int>(local.minute), static_cast<int>(local.second));
  // CivilSecond turns 02-30 into 03-02 instead of refusing it.
  const bool exists = civil.year() == local.year && civil.month() == local.month &&
                      civil.day() == local.day && civil.hour() == local.hour &&
                      civil.minute() == local.minute && civil.second() == local.second;
  if (!exists) return absl::InvalidArgumentError("no such date or time of day");
  const int64_t seconds = (civil - absl::CivilSecond(1970)) - local.offset;
  if (seconds < kMinSeconds || seconds > kMaxSeconds)
    return absl::OutOfRangeError("outside the years 1 to 9999");
  return WireInstant{seconds, local.nanos};
}

// 2025-04-23T14:13:44.000+08:00 and 2025-04-23 14:13:44
std::optional<LocalTime> ReadDashed(absl::string_view text) {
  LocalTime local;
  Scanner scanner(text);
  local.year = scanner.Digits(4);
  scanner.Literal('-');
  local.month = scanner.Digits(2);
  scanner.Literal('-');
  local.day = scanner.Digits(2);
  const bool zoned = scanner.Accept('T');
  if (!zoned) scanner.Literal(' ');
  local.hour = scanner.Digits(2);
  scanner.Literal(':');
  local.minute = scanner.Digits(2);
  scanner.Literal(':');
  local.second = scanner.Digits(2);
  if (zoned) {
    if (scanner.Accept('.')) local.nanos = scanner.Fraction();
    local.offset = scanner.Accept('Z') ? 0 : scanner.Offset(/*with_colon=*/true);
  }
  if (!scanner.Done()) return std::nullopt;
  return local;
}

// 20180614101942000+0800
std::optional<LocalTime> ReadCompact(absl::string_view text) {
  LocalTime local;
  Scanner scanner(text);
  local.year = scanner.Digits(4);
  local.month = scanner.Digits(2);
  local.day = scanner.Digits(2);
  local.hour = scanner.Digits(2);
  local.minute = scanner.Digits(2);
  local.second = scanner.Digits(2);
  local.nanos = static_cast<int32_t>(scanner.Digits(3)) * kNanosPerMillisecond;
  local.offset = scanner.Offset(/*with_colon=*/false);
  if (!scanner.Done()) return std::nullopt;
  return local;
}

std::optional<WireInstant> ReadEpochMilliseconds(absl::string_view text) {
  Scanner scanner(text);
  const int64_t milliseconds = scanner.Digits(kEpochMillisecondDigits);
  if (!scanner.Done()) return std::nullopt;
  return WireInstant{milliseconds / 1000,
                     static_cast<int32_t>(milliseconds % 1000) * kNanosPerMillisecond};
}

}  // namespace

absl::StatusOr<WireInstant> ParseWireTime(absl::string_view text) {
  if (const std::optional<WireInstant> instant = ReadEpochMilliseconds(text)) return *instant;
  if (const std::optional<LocalTime> local = ReadDashed(text)) return ToInstant(*local);
  if (const std::optional<LocalTime> local = ReadCompact(text)) return ToInstant(*local);
  return absl::InvalidArgumentError("not one of the four forms of a time");
}

absl::StatusOr<std::string> FormatWireTime(WireInstant instant) {
  if (instant.seconds < kMinSeconds || instant.seconds > kMaxSeconds || instant.nanos < 0 ||
      instant.nanos > 999'999'999) {
    return absl::OutOfRangeError("outside the years 1 to 9999");
  }
  const bool shanghai = instant.seconds + kShanghaiOffset <= kMaxSeconds;
  const absl::CivilSecond civil =
      absl::CivilSecond(1970) + (instant.seconds + (shanghai ? kShanghaiOffset : 0));
  std::string fraction = absl::StrFormat("%09d", instant.nanos);
  if (instant.nanos % 1'000 == 0) fraction.resize(6);
  if (instant.nanos % 1'000'000 == 0) fraction.resize(3);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%s%s", civil.year(), civil.month(),
                         civil.day(), civil.hour(), civil.minute(), civil.second(), fraction,
                         shanghai ? "+08:00" : "Z");
}

}  // namespace order1688
