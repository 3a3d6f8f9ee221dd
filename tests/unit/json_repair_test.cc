#include "common/json_repair.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

RepairedJson Repair(absl::string_view json) {
  return RepairJson(json, BackslashAfterInvalidByte::kBeginsEscape);
}

TEST(JsonRepairTest, GoodTextStaysAsItIs) {
  const char* text =
      R"({"a": "杭州 \" \\ \/ \b\f\n\r\t \u00e9 \ud83d\ude00 😀", "b": [1, -2.50, 1E2, 1e300, true, false, null]})";
  const RepairedJson repaired = Repair(text);
  EXPECT_EQ(repaired.text, text);
  EXPECT_TRUE(repaired.changed.empty());
  EXPECT_EQ(repaired.shift_at_begin, 0);
}

TEST(JsonRepairTest, DropsAByteOrderMark) {
  const RepairedJson repaired = Repair("\xEF\xBB\xBF{}");
  EXPECT_EQ(repaired.text, "{}");
  EXPECT_EQ(repaired.OriginalOffset(0), 3u);
}

struct InvalidCase {
  const char* name;
  absl::string_view content;
  absl::string_view repaired;
};

TEST(JsonRepairTest, InvalidUtf8NeverSwallowsAnAsciiByte) {
  const InvalidCase cases[] = {
      {"lone continuation", "a\x80z", "a\xEF\xBF\xBDz"},
      {"cut two byte", "a\xC3z", "a\xEF\xBF\xBDz"},
      {"cut three byte", "a\xE6\x9Dz", "a\xEF\xBF\xBDz"},
      {"cut four byte", "a\xF0\x9F\x98z", "a\xEF\xBF\xBDz"},
      {"too long form", "\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"too long three byte form", "\xE0\x80\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"surrogate", "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"behind the last character", "\xF4\x90\x80\x80",
       "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"FF", "\xFF", "\xEF\xBF\xBD"},
      {"GBK", "\xC4\xE3\xBA\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"bad escape", R"(a\xz)", "a\xEF\xBF\xBDxz"},
      {"cut unicode escape", R"(\u12)", "\xEF\xBF\xBDu12"},
      {"bad hex digit", R"(\u12g4)", "\xEF\xBF\xBDu12g4"},
      {"high surrogate alone", R"(\ud83dx)", "\xEF\xBF\xBDx"},
      {"low surrogate alone", R"(\ude00x)", "\xEF\xBF\xBDx"},
      {"two high surrogates", R"(\ud83d\ud83d)", "\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const InvalidCase& c : cases) {
    SCOPED_TRACE(c.name);
    const RepairedJson repaired = Repair(absl::StrCat(R"(["ok",")", c.content, R"(","ok"])"));
    EXPECT_EQ(repaired.text, absl::StrCat(R"(["ok",")", c.repaired, R"(","ok"])"));
    ASSERT_EQ(repaired.changed.size(), 1u);
    EXPECT_EQ(repaired.changed[0].begin, 6u);
    EXPECT_TRUE(repaired.changed[0].damaged);
  }
}

TEST(JsonRepairTest, BadTokensBecomeStrings) {
  for (const char* token :
       {"NaN", "Infinity", "-Infinity", "undefined", "None",   "True",    "+1",
        "01",  "-01",      "0x1F",      "1e400",     "1e301",  "-1E+400", ".5",
        "5.",  "1e",       "nul",       "truee",     "'text'", "\x01",    "杭"}) {
    SCOPED_TRACE(token);
    const RepairedJson repaired = Repair(absl::StrCat("{\"a\": ", token, ", \"b\":", token, "}"));
    EXPECT_EQ(repaired.text, "{\"a\": \"\xEF\xBF\xBD\", \"b\":\"\xEF\xBF\xBD\"}");
    EXPECT_EQ(repaired.changed.size(), 2u);
  }
  EXPECT_EQ(Repair("[" + std::string(101, '1') + "]").text, "[\"\xEF\xBF\xBD\"]");
  EXPECT_EQ(Repair("[" + std::string(100, '1') + "]").changed.size(), 0u);
}

TEST(JsonRepairTest, ATokenThatMayBeCutStays) {
  for (const char* text : {"[1e", "[tru", "[-", "[12"}) EXPECT_EQ(Repair(text).text, text);
}

TEST(JsonRepairTest, RawControlCharactersAreKeptAsEscapes) {
  const RepairedJson repaired = Repair(absl::string_view("[\"a\nb\tc\0d\"]", 11));
  EXPECT_EQ(repaired.text, R"(["a\u000ab\u0009c\u0000d"])");
  ASSERT_EQ(repaired.changed.size(), 1u);
  EXPECT_FALSE(repaired.changed[0].damaged);
}

TEST(JsonRepairTest, ResultNeverHoldsANulByteOrInvalidUtf8) {
  const std::string bytes("\0{\0\"\0\xFF\0\"\0\xC4", 10);
  const RepairedJson repaired = Repair(bytes);
  EXPECT_EQ(repaired.text.find('\0'), std::string::npos);
  for (absl::string_view rest = repaired.text; !rest.empty();) {
    const size_t length = Utf8CharacterLength(rest);
    ASSERT_GT(length, 0u);
    rest.remove_prefix(length);
  }
}

TEST(JsonRepairTest, OffsetsLeadBackToTheOriginalText) {
  const std::string text = "\xEF\xBB\xBF{\"a\":\"\xFF\",\"b\":NaN,\"c\":\"\n\",\"d\"}";
  const RepairedJson repaired = Repair(text);
  for (const char* key : {"\"a\"", "\"b\"", "\"c\"", "\"d\"", "}"}) {
    SCOPED_TRACE(key);
    EXPECT_EQ(repaired.OriginalOffset(repaired.text.find(key)), text.find(key));
  }
}

TEST(JsonRepairTest, ABackslashBehindAnInvalidByteHasTwoReadings) {
  const std::string text = "[\"\xD5\\\",\"b\"]";  // GBK: one character, then the closing quote
  const RepairedJson as_escape = Repair(text);
  EXPECT_TRUE(as_escape.ambiguous_backslash);
  EXPECT_EQ(as_escape.text.substr(0, 8), "[\"\xEF\xBF\xBD\\\",");
  const RepairedJson as_gbk = RepairJson(text, BackslashAfterInvalidByte::kBelongsToCharacter);
  EXPECT_EQ(as_gbk.text, "[\"\xEF\xBF\xBD\",\"b\"]");
  EXPECT_FALSE(Repair("[\"\\n\"]").ambiguous_backslash);
}

}  // namespace
}  // namespace order1688
