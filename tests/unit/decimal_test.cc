#include "common/decimal.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

struct ExactCase {
  const char* text;
  int power_of_ten;
  DecimalAmount amount;
};

TEST(DecimalTest, ReadsEveryJsonNumberExactly) {
  const ExactCase cases[] = {
      {"0", 0, {0, 0}},
      {"-0", 0, {0, 0}},
      {"23.10", 0, {23, 100'000'000}},
      {"19", 0, {19, 0}},
      {"19.0", 0, {19, 0}},
      {"0.1", 0, {0, 100'000'000}},
      {"-3175.97", 0, {-3175, -970'000'000}},
      {"-0.05", 0, {0, -50'000'000}},
      {"1E2", 0, {100, 0}},
      {"1e+2", 0, {100, 0}},
      {"1.5e1", 0, {15, 0}},
      {"125e-3", 0, {0, 125'000'000}},
      {"0E-400", 0, {0, 0}},
      {"0e999999999999999999999", 0, {0, 0}},
      {"0.000000001", 0, {0, 1}},
      {"0.1000000000000", 0, {0, 100'000'000}},
      {"9223372036854775807.999999999", 0, {kMax, 999'999'999}},
      {"-9223372036854775808", 0, {kMin, 0}},
      {"1999", -2, {19, 990'000'000}},
      {"-5", -2, {0, -50'000'000}},
      {"5.5", -2, {0, 55'000'000}},
      {"922337203685477580700", -2, {kMax, 0}},
      {"0.23", 2, {23, 0}},
  };
  for (const ExactCase& c : cases) {
    SCOPED_TRACE(c.text);
    const absl::StatusOr<DecimalAmount> amount = ParseDecimal(c.text, c.power_of_ten);
    ASSERT_TRUE(amount.ok()) << amount.status();
    EXPECT_EQ(amount->units, c.amount.units);
    EXPECT_EQ(amount->nanos, c.amount.nanos);
  }
}

TEST(DecimalTest, RefusesWhatIsNoJsonNumber) {
  for (const char* text : {"", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "NaN",
                           "Infinity", "1 ", " 1", "1,5", "1.2.3", "--1", "1e2e3", "１"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(IsJsonNumber(text));
    EXPECT_EQ(ParseDecimal(text).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ParseInteger(text).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(DecimalTest, RefusesWhatDoesNotFitInsteadOfRounding) {
  for (const char* text :
       {"0.0000000001", "1.0000000001", "9223372036854775808", "-9223372036854775809",
        "-9223372036854775808.1", "1e19", "1e400", "1e999999999999", "1e-400",
        "99999999999999999999999999", "184467440737095516160"}) {
    SCOPED_TRACE(text);
    EXPECT_TRUE(IsJsonNumber(text));
    EXPECT_EQ(ParseDecimal(text).status().code(), absl::StatusCode::kOutOfRange);
  }
}

TEST(DecimalTest, ErrorsDoNotRepeatTheText) {
  EXPECT_EQ(std::string(ParseDecimal("secret").status().message()).find("secret"),
            std::string::npos);
}

TEST(DecimalTest, LongTextIsReadInLinearTime) {
  const std::string zeros(1'000'000, '0');
  EXPECT_EQ(ParseDecimal("0." + zeros)->nanos, 0);
  EXPECT_EQ(ParseDecimal("1" + zeros + "e-1000000")->units, 1);
  EXPECT_FALSE(ParseDecimal("1" + zeros).ok());
}

TEST(DecimalTest, IntegersMayBeWrittenWithAZeroFraction) {
  EXPECT_EQ(*ParseInteger("5"), 5);
  EXPECT_EQ(*ParseInteger("5.0"), 5);
  EXPECT_EQ(*ParseInteger("-5.000"), -5);
  EXPECT_EQ(*ParseInteger("1E2"), 100);
  EXPECT_EQ(*ParseInteger("2540608320348880794"), 2540608320348880794);
  EXPECT_EQ(ParseInteger("5.5").status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(ParseInteger("9223372036854775808").status().code(), absl::StatusCode::kOutOfRange);
}

TEST(DecimalTest, WritesPlainDigits) {
  EXPECT_EQ(*FormatDecimal({23, 100'000'000}), "23.1");
  EXPECT_EQ(*FormatDecimal({0, 0}), "0");
  EXPECT_EQ(*FormatDecimal({0, -50'000'000}), "-0.05");
  EXPECT_EQ(*FormatDecimal({100, 0}), "100");
  EXPECT_EQ(*FormatDecimal({kMin, 0}), "-9223372036854775808");
  EXPECT_EQ(*FormatDecimal({kMax, 999'999'999}), "9223372036854775807.999999999");
}

TEST(DecimalTest, WritesShiftedByAPowerOfTen) {
  EXPECT_EQ(*FormatDecimal({19, 990'000'000}, 2), "1999");
  EXPECT_EQ(*FormatDecimal({0, 1}, 2), "0.0000001");
  EXPECT_EQ(*FormatDecimal({kMax, 0}, 2), "922337203685477580700");
  EXPECT_EQ(*FormatDecimal({7, 0}, 12), "7000000000000");
  EXPECT_EQ(*FormatDecimal({7, 0}, -2), "0.07");
}

TEST(DecimalTest, ShiftingIsExactAndKeepsTheSign) {
  EXPECT_EQ(ShiftDecimal(1999, 2), (DecimalAmount{19, 990000000}));
  EXPECT_EQ(ShiftDecimal(-5, 2), (DecimalAmount{0, -50000000}));
  EXPECT_EQ(ShiftDecimal(-123456789012, 9), (DecimalAmount{-123, -456789012}));
  EXPECT_EQ(ShiftDecimal(9223372036854775807, 0), (DecimalAmount{9223372036854775807, 0}));
  EXPECT_EQ(ShiftDecimal(9223372036854775807, 9), (DecimalAmount{9223372036, 854775807}));
}

TEST(DecimalTest, RefusesToWriteABrokenAmount) {
  EXPECT_FALSE(FormatDecimal({0, 1'000'000'000}).ok());
  EXPECT_FALSE(FormatDecimal({0, -1'000'000'000}).ok());
  EXPECT_FALSE(FormatDecimal({1, -1}).ok());
  EXPECT_FALSE(FormatDecimal({-1, 1}).ok());
}

TEST(DecimalTest, WhatIsWrittenIsReadBack) {
  for (const int power : {0, 2}) {
    for (const DecimalAmount amount :
         {DecimalAmount{0, 0}, DecimalAmount{0, 1}, DecimalAmount{-1, -999'999'999},
          DecimalAmount{kMax, 999'999'999}, DecimalAmount{kMin, 0}}) {
      EXPECT_EQ(*ParseDecimal(*FormatDecimal(amount, power), -power), amount);
    }
  }
}

}  // namespace
}  // namespace order1688
