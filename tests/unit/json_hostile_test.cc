// What the decoder does with text that is broken, cut or malicious: it ends, it says where, and it
// loses no order that can still be read.

#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/json_decoder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

std::string SampleAnswer() {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.response.json"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Repeat(absl::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) absl::StrAppend(&result, text);
  return result;
}

class JsonHostileTest : public ::testing::Test {
 protected:
  void Decode(absl::string_view json) {
    report_ = DecodeJson(plan_, json, &answer_);
    EXPECT_EQ(report_.complete, report_.problem.empty());
    // What is not UTF-8 is serialized, but parsed by nobody.
    wire::v1::BatchCreateAnswer back;
    EXPECT_TRUE(back.ParseFromString(answer_.SerializeAsString()));
  }

  std::string FirstOrderId() const {
    return answer_.orders_size() == 0 ? "" : answer_.orders(0).base_info().order_id();
  }

  JsonPlan plan_ = *JsonPlan::Compile(wire::v1::BatchCreateAnswer::descriptor());
  wire::v1::BatchCreateAnswer answer_;
  DecodeReport report_;
};

TEST_F(JsonHostileTest, CutAtAnyByteEverythingCompleteStays) {
  const std::string sample = SampleAnswer();
  const struct {
    std::string text;
    std::string (*read)(const wire::v1::BatchCreateAnswer&);
    std::string value;
  } leaves[] = {
      {R"("idOfStr": "2540608320348880794")",
       [](const auto& a) { return a.orders_size() ? a.orders(0).base_info().order_id() : ""; },
       "2540608320348880794"},
      {R"("subItemIDString": "2540608320348880794")",
       [](const auto& a) {
         return a.orders_size() && a.orders(0).product_items_size()
                    ? a.orders(0).product_items(0).sub_item_id()
                    : "";
       },
       "2540608320348880794"},
      {R"("requestId": "1a4cc8ca912144eb92e77ccfcf74fbe8")",
       [](const auto& a) { return a.gateway_request_id(); }, "1a4cc8ca912144eb92e77ccfcf74fbe8"},
  };
  const size_t end_of_document = sample.rfind('}') + 1;
  for (size_t size = 0; size <= sample.size(); ++size) {
    SCOPED_TRACE(size);
    Decode(absl::string_view(sample).substr(0, size));
    ASSERT_EQ(report_.complete, size >= end_of_document);
    ASSERT_THAT(report_.unreadable, IsEmpty());
    for (const auto& leaf : leaves) {
      const bool whole = size >= sample.find(leaf.text) + leaf.text.size();
      ASSERT_EQ(leaf.read(answer_), whole ? leaf.value : "");
    }
  }
}

TEST_F(JsonHostileTest, ACutNumberOrStringIsNeverDelivered) {
  Decode(R"({"code":200,"data":[{"baseInfo":{"totalAmount":19)");
  EXPECT_FALSE(report_.complete);
  EXPECT_EQ(answer_.code(), "200");
  EXPECT_FALSE(answer_.orders(0).base_info().has_total_amount());
  Decode(R"({"code":20)");
  EXPECT_FALSE(answer_.has_code());
  Decode(R"({"code":"20)");
  EXPECT_FALSE(answer_.has_code());
  Decode(R"({"code":"20")");
  EXPECT_EQ(answer_.code(), "20");
}

TEST_F(JsonHostileTest, TheProblemSaysWhatAndWhereWithoutTheContent) {
  Decode(R"({"data":[{"baseInfo":{"status":"secret" "x"}}]})");
  EXPECT_EQ(report_.problem, "syntax error at byte 40 after data[0].baseInfo.status");
  Decode(R"({"data":[{"baseInfo":{"status":"secret")");
  EXPECT_EQ(report_.problem, "the text ends too early at byte 39 after data[0].baseInfo.status");
  Decode("");
  EXPECT_EQ(report_.problem, "no text at byte 0");
  Decode("<html><body>secret</body></html>");
  EXPECT_EQ(report_.problem, "syntax error at byte 0");
  Decode("<html lang=zh>\n<body>");
  EXPECT_THAT(report_.problem, StartsWith("not a JSON object at byte "));
  for (const char* text : {"[]", "null", "true", R"("text")", "[{\"data\":1}]", "12 "}) {
    Decode(text);
    EXPECT_THAT(report_.problem, StartsWith("not a JSON object")) << text;
  }
}

TEST_F(JsonHostileTest, TextBehindTheDocumentIsAProblemButNothingIsLost) {
  for (const char* tail : {"x", "{}", ",", "]", "\xFF"}) {
    Decode(absl::StrCat(R"({"data":[{"baseInfo":{"idOfStr":"7"}}]} )", tail));
    EXPECT_FALSE(report_.complete) << tail;
    EXPECT_EQ(FirstOrderId(), "7");
  }
  Decode(absl::string_view("{\"msg\":\"ok\"}\0", 13));
  EXPECT_FALSE(report_.complete);
  EXPECT_EQ(answer_.msg(), "ok");
}

TEST_F(JsonHostileTest, ABadLeafNeverHidesTheOrderBehindIt) {
  for (const char* leaf :
       {"NaN", "-Infinity", "1e400", "undefined", "01", "+1", "0x10", "\"\xC4\xE3\xBA\xC3\"",
        "\"\\x\"", "\"\\ud800\"", "\"\x01\"", "\"a\nb\"", "{\"deep\":[1,{}]}", "[[[]]]"}) {
    SCOPED_TRACE(leaf);
    Decode(absl::StrCat(R"({"msg":)", leaf, R"(,"data":[{"baseInfo":{"id":)", leaf, R"(,"status":)",
                        leaf, R"(,"idOfStr":"7"}},{"baseInfo":{"idOfStr":"8"}}]})"));
    EXPECT_TRUE(report_.complete) << report_.problem;
    ASSERT_EQ(answer_.orders_size(), 2);
    EXPECT_EQ(answer_.orders(0).base_info().order_id(), "7");
    EXPECT_EQ(answer_.orders(1).base_info().order_id(), "8");
    EXPECT_FALSE(answer_.orders(0).base_info().has_id_number());
  }
}

TEST_F(JsonHostileTest, ANumberLongerThanAnyNumberIsOneBadLeaf) {
  Decode(absl::StrCat(R"({"data":[{"baseInfo":{"id":)", std::string(500'000, '9'),
                      R"(,"idOfStr":"7"}}]})"));
  EXPECT_TRUE(report_.complete);
  EXPECT_EQ(FirstOrderId(), "7");
  EXPECT_THAT(report_.unreadable, ElementsAre("data[0].baseInfo.id"));
}

TEST_F(JsonHostileTest, RawControlCharactersKeepTheLeaf) {
  Decode("{\"msg\":\"a\nb\tc\"}");
  EXPECT_TRUE(report_.complete);
  EXPECT_EQ(answer_.msg(), "a\nb\tc");
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonHostileTest, GbkTextLosesItsLeavesAndNothingElse) {
  // 你好 in GBK; then 誠, whose second byte is a backslash, right before the closing quote.
  Decode(
      "{\"msg\":\"\xC4\xE3\xBA\xC3\",\"data\":[{\"errorMsg\":\"\xD5\\\",\"baseInfo\":{\"idOfStr\":"
      "\"7\"}}]}");
  EXPECT_TRUE(report_.complete) << report_.problem;
  EXPECT_EQ(FirstOrderId(), "7");
  EXPECT_THAT(report_.unreadable, ElementsAre("msg", "data[0].errorMsg"));
}

TEST_F(JsonHostileTest, ACutCharacterBeforeARealEscapeLosesItsLeafOnly) {
  Decode("{\"msg\":\"\xE6\x9D\\n\\\"\",\"data\":[{\"baseInfo\":{\"idOfStr\":\"7\"}}]}");
  EXPECT_TRUE(report_.complete) << report_.problem;
  EXPECT_EQ(FirstOrderId(), "7");
  EXPECT_THAT(report_.unreadable, ElementsAre("msg"));
}

TEST_F(JsonHostileTest, AReplacementCharacterOfTheGatewayIsText) {
  Decode(R"({"msg":"a�b"})");
  EXPECT_EQ(answer_.msg(), "a�b");
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonHostileTest, AByteOrderMarkIsSkipped) {
  Decode("\xEF\xBB\xBF{\"msg\":\"ok\"}");
  EXPECT_TRUE(report_.complete);
  EXPECT_EQ(answer_.msg(), "ok");
}

TEST_F(JsonHostileTest, DepthIsCappedAtThirtyTwo) {
  const std::string before = R"({"data":[{"baseInfo":{"idOfStr":"7"},"new":)";
  // The root, data and its element are three levels.
  Decode(absl::StrCat(before, Repeat("[", 29), Repeat("]", 29), "}]}"));
  EXPECT_TRUE(report_.complete) << report_.problem;
  Decode(absl::StrCat(before, Repeat("[", 30), Repeat("]", 30), "}]}"));
  EXPECT_FALSE(report_.complete);
  EXPECT_THAT(report_.problem, StartsWith("nested deeper than 32 at byte"));
  EXPECT_EQ(FirstOrderId(), "7");
}

TEST_F(JsonHostileTest, EndlessNestingEndsQuickly) {
  for (const char* open :
       {"[", "{\"data\":", "{\"data\":[", "{\"x\":", "{\"data\":{\"baseInfo\":"}) {
    Decode(Repeat(open, 200'000));
    EXPECT_FALSE(report_.complete);
  }
}

TEST_F(JsonHostileTest, AFloodOfObjectsIsCutAndTheFirstOrdersStay) {
  Decode(absl::StrCat(R"({"data":[{"baseInfo":{"idOfStr":"7"}})", Repeat(",{}", 100'000), "]}"));
  EXPECT_FALSE(report_.complete);
  EXPECT_THAT(report_.problem, HasSubstr("more than 20000 objects"));
  EXPECT_EQ(FirstOrderId(), "7");
}

TEST_F(JsonHostileTest, AFloodOfKeysIsCountedNotKept) {
  Decode(absl::StrCat("{", Repeat(R"("k":[],"msg":NaN,)", 50'000), R"("code":1})"));
  EXPECT_TRUE(report_.complete);
  EXPECT_EQ(report_.total_unmapped, 50'000);
  EXPECT_EQ(report_.unmapped.size(), 100u);
  EXPECT_EQ(report_.total_unreadable, 1);
}

TEST_F(JsonHostileTest, FlippedBytesNeverCrashAndNeverInventAnOrder) {
  const std::string sample = SampleAnswer();
  std::mt19937 random(1688);
  std::uniform_int_distribution<size_t> position(0, sample.size() - 1);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 2'000; ++round) {
    std::string text = sample;
    for (int flips = 1 + round % 4; flips > 0; --flips)
      text[position(random)] = static_cast<char>(byte(random));
    SCOPED_TRACE(round);
    Decode(text);
    ASSERT_LE(answer_.orders_size(), 1);
  }
}

TEST_F(JsonHostileTest, RandomTokensNeverCrash) {
  const char* const tokens[] = {"{",
                                "}",
                                "[",
                                "]",
                                ",",
                                ":",
                                "\"data\"",
                                "\"baseInfo\"",
                                "\"id\"",
                                "\"totalAmount\"",
                                "\"createTime\"",
                                "1",
                                "-0.5",
                                "null",
                                "true",
                                "\"\"",
                                "\"7\"",
                                "NaN",
                                "\xFF",
                                " ",
                                "\\",
                                "\""};
  std::mt19937 random(20250423);
  std::uniform_int_distribution<size_t> pick(0, std::size(tokens) - 1);
  for (int round = 0; round < 10'000; ++round) {
    std::string text = "{\"data\":[{";
    for (int i = round % 30; i > 0; --i) text += tokens[pick(random)];
    SCOPED_TRACE(text);
    Decode(text);
  }
}

}  // namespace
}  // namespace order1688
