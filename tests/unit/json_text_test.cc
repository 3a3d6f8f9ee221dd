#include "common/json_text.h"

#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace order1688 {
namespace {

using CheckingWriter =
    rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                      rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

std::string RandomText(std::mt19937* random) {
  static const auto* const kPieces = new std::vector<std::string>{"a",
                                                                  "0123456789abcdef",
                                                                  "\"",
                                                                  "\\",
                                                                  "\n",
                                                                  "\x01",
                                                                  "\x1F",
                                                                  "\x7F",
                                                                  "转",
                                                                  "“",
                                                                  "é",
                                                                  "😀",
                                                                  "\xE0\xA0\x80",
                                                                  "\xED\x9F\xBF",
                                                                  "\xE2\x82",
                                                                  "\xED\xA0\x80",
                                                                  "\xE0\x80\x80",
                                                                  "\xFF",
                                                                  "\x80",
                                                                  std::string(1, '\0')};
  // Half of the texts have only good pieces.
  const size_t pieces = (*random)() % 2 == 0 ? 14 : kPieces->size();
  std::string text;
  for (size_t i = (*random)() % 12; i > 0; --i) text += (*kPieces)[(*random)() % pieces];
  return text;
}

TEST(JsonTextTest, WritesStringsAsRapidJsonDoes) {
  std::mt19937 random(1688);
  int valid = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = RandomText(&random);
    // No byte stands behind it, so that the sanitizer sees one that is read too many.
    const std::vector<char> exact(text.begin(), text.end());
    std::string json = "x";
    const bool good = AppendJsonString(absl::string_view(exact.data(), exact.size()), &json);
    rapidjson::StringBuffer buffer;
    CheckingWriter writer(buffer);
    ASSERT_EQ(good, writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size())));
    if (!good) continue;
    ++valid;
    ASSERT_EQ(json, "x" + std::string(buffer.GetString(), buffer.GetSize()));
  }
  EXPECT_GT(valid, 8'000);
  EXPECT_LT(valid, 18'000);
}

TEST(JsonTextTest, WritesAnEmptyViewOfNothing) {
  std::string json;
  EXPECT_TRUE(AppendJsonString(absl::string_view(), &json));
  EXPECT_EQ(json, "\"\"");
}

TEST(JsonTextTest, FindsEverySpecialByteAtEveryPlace) {
  for (int special = 0; special < 256; ++special) {
    const char c = static_cast<char>(special);
    const bool plain = special >= 0x20 && special < 0x80 && c != '"' && c != '\\';
    for (size_t size = 1; size < 40; ++size) {
      for (size_t at = 0; at < size; ++at) {
        std::vector<char> text(size, 'a');
        text[at] = c;
        const char* const found = SkipPlain(text.data(), text.data() + size);
        ASSERT_EQ(found - text.data(), static_cast<std::ptrdiff_t>(plain ? size : at)) << special;
      }
    }
  }
}

TEST(JsonTextTest, ComparesBytesAsMemcmpDoes) {
  for (size_t size = 0; size < 40; ++size) {
    const std::vector<char> a(size, 'a');
    EXPECT_TRUE(EqualBytes(a.data(), std::vector<char>(a).data(), size));
    for (size_t at = 0; at < size; ++at) {
      std::vector<char> b = a;
      b[at] = 'b';
      EXPECT_FALSE(EqualBytes(a.data(), b.data(), size)) << size << " " << at;
    }
  }
}

}  // namespace
}  // namespace order1688
