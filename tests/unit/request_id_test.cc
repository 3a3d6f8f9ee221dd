#include "common/request_id.h"

#include <string>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

TEST(RequestIdTest, TakesUuidsAndPlainNames) {
  for (const char* id :
       {"6e4c1f0e-9a52-4b3c-8f0e-0d7a2b1c9e11", "a", "Z9", "basket.7_line-2", "...", "-"})
    EXPECT_TRUE(IsRequestId(id)) << id;
}

TEST(RequestIdTest, TakesUpTo64Characters) {
  EXPECT_TRUE(IsRequestId(std::string(64, 'x')));
  EXPECT_FALSE(IsRequestId(std::string(65, 'x')));
  EXPECT_FALSE(IsRequestId(""));
}

TEST(RequestIdTest, RefusesEveryOtherCharacter) {
  for (int c = 0; c < 256; ++c) {
    const char character = static_cast<char>(c);
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    EXPECT_EQ(IsRequestId(std::string("id") + character), allowed) << c;
  }
}

}  // namespace
}  // namespace order1688
