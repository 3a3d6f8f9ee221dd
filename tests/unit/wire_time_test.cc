#include "common/wire_time.h"

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

// What another reader of RFC 3339 makes of `text`.
WireInstant Reference(const char* text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  const int64_t seconds = absl::ToUnixSeconds(time);
  return {seconds,
          static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds)))};
}

struct FormCase {
  const char* text;
  const char* rfc3339;
};

TEST(WireTimeTest, ReadsTheFourForms) {
  const FormCase cases[] = {
      {"2025-04-23T14:13:44.000+08:00", "2025-04-23T06:13:44Z"},
      {"2025-04-23T14:13:44+08:00", "2025-04-23T06:13:44Z"},
      {"2025-04-23T14:13:44.123456789-07:30", "2025-04-23T21:43:44.123456789Z"},
      {"2025-04-23T14:13:44.5Z", "2025-04-23T14:13:44.5Z"},
      {"20180614101942000+0800", "2018-06-14T02:19:42Z"},
      {"20180614101942123-0700", "2018-06-14T17:19:42.123Z"},
      {"2025-04-23 14:13:44", "2025-04-23T06:13:44Z"},
      {"1745388824000", "2025-04-23T06:13:44Z"},
      {"1745388824789", "2025-04-23T06:13:44.789Z"},
      {"2024-02-29 00:00:00", "2024-02-28T16:00:00Z"},
      {"1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.9Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
  };
  for (const FormCase& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<WireInstant> instant = ParseWireTime(c.text);
    ASSERT_TRUE(instant.ok()) << instant.status();
    EXPECT_EQ(*instant, Reference(c.rfc3339));
  }
}

TEST(WireTimeTest, RefusesOtherForms) {
  for (const char* text : {"",
                           "2025-04-23",
                           "2025-04-23T14:13:44",
                           "2025-04-23T14:13:44.+08:00",
                           "2025-04-23T14:13:44.0000000001+08:00",
                           "2025-04-23T14:13:44.000+0800",
                           "20180614101942000",
                           "20180614101942000+08:00",
                           "20180614101942+0800",
                           "2025-04-23 14:13:44.000",
                           "2025-04-23 14:13:44+08:00",
                           "2025/04/23 14:13:44",
                           "174538882400",
                           "17453888240000",
                           "-745388824000",
                           "1.745388824e12",
                           " 2025-04-23 14:13:44",
                           "2025-04-23 14:13:44 ",
                           "2025-4-23 14:13:44",
                           "0",
                           "2025-04-23T14:13:44.000+8:00",
                           "2025-04-23T14:13:44z"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseWireTime(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(WireTimeTest, RefusesDatesAndTimesThatDoNotExist) {
  for (const char* text :
       {"2025-02-29 00:00:00", "2025-13-01 00:00:00", "2025-00-10 00:00:00", "2025-04-31 00:00:00",
        "2025-04-23 24:00:00", "2025-04-23 23:60:00", "2025-04-23 23:59:60",
        "2025-04-23T14:13:44.000+24:00", "20250423141344000+0860"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseWireTime(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(WireTimeTest, RefusesYearsThatProtobufCannotHold) {
  for (const char* text :
       {"0001-01-01 07:59:59", "0000-12-31T23:59:59Z", "9999-12-31T23:59:59.000-00:01"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(ParseWireTime(text).status().code(), absl::StatusCode::kOutOfRange);
  }
}

TEST(WireTimeTest, WritesTheGatewaysForm) {
  EXPECT_EQ(*FormatWireTime({1745388824, 0}), "2025-04-23T14:13:44.000+08:00");
  EXPECT_EQ(*FormatWireTime({1745388824, 120'000'000}), "2025-04-23T14:13:44.120+08:00");
  EXPECT_EQ(*FormatWireTime({1745388824, 1'000}), "2025-04-23T14:13:44.000001+08:00");
  EXPECT_EQ(*FormatWireTime({1745388824, 1}), "2025-04-23T14:13:44.000000001+08:00");
  EXPECT_EQ(*FormatWireTime({253402300799, 999'000'000}), "9999-12-31T23:59:59.999Z");
}

TEST(WireTimeTest, WhatIsWrittenIsReadBack) {
  for (const WireInstant instant :
       {WireInstant{-62135596800, 0}, WireInstant{-1, 999'999'999}, WireInstant{0, 0},
        WireInstant{1745388824, 5'000}, WireInstant{253402271999, 0}, WireInstant{253402272000, 0},
        WireInstant{253402300799, 999'999'999}}) {
    const absl::StatusOr<std::string> text = FormatWireTime(instant);
    ASSERT_TRUE(text.ok());
    SCOPED_TRACE(*text);
    EXPECT_EQ(*ParseWireTime(*text), instant);
  }
}

TEST(WireTimeTest, RefusesToWriteABrokenInstant) {
  EXPECT_FALSE(FormatWireTime({253402300800, 0}).ok());
  EXPECT_FALSE(FormatWireTime({-62135596801, 0}).ok());
  EXPECT_FALSE(FormatWireTime({0, -1}).ok());
  EXPECT_FALSE(FormatWireTime({0, 1'000'000'000}).ok());
}

}  // namespace
}  // namespace order1688
