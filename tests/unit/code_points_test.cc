#include "common/code_points.h"

#include <string>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

TEST(CodePointsTest, CountsCharactersNotBytes) {
  EXPECT_EQ(CountCodePoints(""), 0U);
  EXPECT_EQ(CountCodePoints("abc"), 3U);
  EXPECT_EQ(CountCodePoints("转塘"), 2U);
  EXPECT_EQ(CountCodePoints("a𠮷é"), 3U);
}

TEST(CodePointsTest, FirstCodePointsNeverCutsACharacter) {
  EXPECT_EQ(FirstCodePoints("转塘街道", 2), "转塘");
  EXPECT_EQ(FirstCodePoints("a𠮷b", 2), "a𠮷");
  EXPECT_EQ(FirstCodePoints("转塘", 2), "转塘");
  EXPECT_EQ(FirstCodePoints("转塘", 9), "转塘");
  EXPECT_EQ(FirstCodePoints("转塘", 0), "");
  EXPECT_EQ(FirstCodePoints("", 3), "");
}

TEST(CodePointsTest, FirstBytesNeverCutsACharacter) {
  const std::string text = "a转塘";
  const char* const expected[] = {"", "a", "a", "a", "a转", "a转", "a转", "a转塘", "a转塘"};
  for (size_t most = 0; most < std::size(expected); ++most) {
    EXPECT_EQ(FirstBytes(text, most), expected[most]) << most;
  }
}

}  // namespace
}  // namespace order1688
