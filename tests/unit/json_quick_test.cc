// The decoder's quick way against its thorough way, which stays the reference: wherever the quick
// way reads a document, message and report must be the same.

#include "common/json_quick.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/json_decoder.h"
#include "common/json_plan.h"
#include "common/json_thorough.h"
#include "google/protobuf/dynamic_message.h"
#include "gtest/gtest.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"
#include "order1688/wire/v1/order_page_answer.pb.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::order1688::wire::v1::BatchCreateAnswer;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string Sample() {
  return ReadText(SourceFile("tests/vectors/order-batch-create.response.json"));
}

// What a gateway may put where a value stands, good and bad.
const std::vector<std::string>& Values() {
  static const auto* const kValues = new std::vector<std::string>{
      "null",
      "true",
      "false",
      "0",
      "-0",
      "1",
      "-1",
      "5.0",
      "19.99",
      "-0.05",
      "1999",
      "0.123456789",
      "0.1234567891",
      "1e2",
      "1E400",
      "NaN",
      "01",
      "+1",
      "1.",
      "-",
      "999999999999999999",
      "9223372036854775807",
      "9223372036854775808",
      "-9223372036854775807",
      "-9223372036854775808",
      "9999999999999999999",
      "99999999999999999.99",
      "92233720368547758.07",
      "18446744073709551617",
      "2147483648",
      std::string(100, '7'),
      std::string(101, '7'),
      "0." + std::string(98, '1'),
      "\"\"",
      "\"5\"",
      "\"5.50\"",
      "\"true\"",
      "\"TRUE\"",
      "\"text\"",
      "\"中文，“引号”\"",
      R"("\u4e2d\"\\\/\b\f\n\r\t")",
      R"("\ud83d\ude00 \u0000")",
      R"("\ud83d")",
      R"("\x")",
      "\"\xF0\x9F\x98\x80\"",
      "\"\xED\xA0\x80\"",
      "\"\xE0\x80\x80\"",
      "\"\xD5\\\"",
      "\"a\tb\"",
      "\"2025-04-23T14:13:44.000+08:00\"",
      "\"2025-04-23 14:13:44\"",
      "\"2025-02-30 14:13:44\"",
      "1745388824000",
      "{}",
      "[]",
      "[1]",
      "[null, \"a\", 2]",
      "[[]]",
      "{\"a\": {\"b\": [1, {}]}}",
      R"({"success": "true", "success": true})",
      R"({"newKey": [1.5, "x"], "13800000001": null, "baseInfo": {"id": 1}})",
      "[" + std::string(28, '[') + std::string(28, ']') + "]",
      "[" + std::string(29, '[') + std::string(29, ']') + "]",
  };
  return *kValues;
}

class JsonQuickTest : public ::testing::Test {
 protected:
  // True if the quick way read the document.
  bool Compare(const std::string& text) {
    SCOPED_TRACE(text.substr(0, 400));
    // No byte stands behind it, so that the sanitizer sees one that is read too many.
    const std::vector<char> exact(text.begin(), text.end());
    const absl::string_view json(exact.data(), exact.size());
    BatchCreateAnswer quick;
    DecodeReport report;
    if (!DecodeCleanJson(plan_, json, &quick, &report)) return false;
    BatchCreateAnswer expected;
    const DecodeReport reference = DecodeAnyJson(plan_, json, &expected);
    EXPECT_EQ(quick.SerializeAsString(), expected.SerializeAsString());
    EXPECT_EQ(report.complete, reference.complete);
    EXPECT_EQ(report.problem, reference.problem);
    EXPECT_EQ(report.unmapped, reference.unmapped);
    EXPECT_EQ(report.unreadable, reference.unreadable);
    EXPECT_EQ(report.total_unmapped, reference.total_unmapped);
    EXPECT_EQ(report.total_unreadable, reference.total_unreadable);
    return true;
  }

  // Every value in every field of the message whose JSON stands between `before` and `behind`, and
  // of the messages below it.
  void CompareFields(const MessagePlan& plan, const std::string& before,
                     const std::string& behind) {
    for (const FieldPlan& field : plan.fields) {
      const std::string key = absl::StrCat(before, "\"", field.json_name, "\": ");
      for (const std::string& value : Values()) {
        quick_ += Compare(absl::StrCat(key, value, behind));
        ++compared_;
      }
      if (field.kind == JsonKind::kMessage) CompareFields(*field.child, key + "{", "}" + behind);
    }
  }

  size_t Random(size_t below) {
    return std::uniform_int_distribution<size_t>(0, below - 1)(random_);
  }

  // `text` with one value replaced by one of Values().
  std::string WithAnotherValue(std::string text) {
    std::vector<size_t> colons;
    for (size_t i = 0; i + 2 < text.size(); ++i) {
      if (text[i] == '"' && text[i + 1] == ':') colons.push_back(i + 2);
    }
    if (colons.empty()) return text;
    const size_t begin = colons[Random(colons.size())];
    size_t end = text.find_first_not_of(' ', begin);
    end = text.find_first_of(",}\n", end);
    return text.replace(begin, end == std::string::npos ? end : end - begin,
                        Values()[Random(Values().size())]);
  }

  // `text` with some bytes taken away, doubled, moved or replaced.
  std::string Damaged(std::string text) {
    constexpr absl::string_view kBytes("\"\\{}[]:,0-.ent \n\t\xE4\xB8\xAD\xFF\x80\0", 23);
    const size_t begin = Random(text.size());
    const std::string piece = text.substr(begin, Random(40));
    switch (Random(4)) {
      case 0:
        return text.erase(begin, piece.size());
      case 1:
        return text.insert(begin, piece);
      case 2:
        return text.insert(Random(text.size()), piece);
      default:
        text[begin] = kBytes[Random(kBytes.size())];
        return text;
    }
  }

  JsonPlan plan_ = *JsonPlan::Compile(BatchCreateAnswer::descriptor());
  std::mt19937 random_{1688};
  int compared_ = 0;
  int quick_ = 0;
};

TEST_F(JsonQuickTest, ReadsTheSample) { EXPECT_TRUE(Compare(Sample())); }

TEST_F(JsonQuickTest, ReadsEveryDocumentAsTheThoroughWayDoes) {
  int files = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(SourceFile("tests/fuzz/corpus/json_decoder"))) {
    Compare(ReadText(file.path()));
    ++files;
  }
  EXPECT_GE(files, 18);
}

TEST_F(JsonQuickTest, ReadsEveryValueOfEveryFieldAsTheThoroughWayDoes) {
  CompareFields(plan_.root(), "{", "}");
  EXPECT_GT(compared_, 20'000);
  EXPECT_GT(quick_, compared_ / 4);
  EXPECT_LT(quick_, compared_);
}

TEST_F(JsonQuickTest, ReadsTheMutatedSampleAsTheThoroughWayDoes) {
  const std::string sample = Sample();
  int quick = 0;
  for (int i = 0; i < 6000; ++i) {
    std::string text = sample;
    for (size_t changes = 1 + Random(3); changes > 0; --changes) text = WithAnotherValue(text);
    if (i % 3 == 0) text = Damaged(text);
    quick += Compare(text);
  }
  EXPECT_GT(quick, 1000);
  EXPECT_LT(quick, 5000);
}

TEST_F(JsonQuickTest, ListsUnknownKeysByTheirPaths) {
  EXPECT_TRUE(Compare(R"({"new": {"a": 1}, "data": [null, {"baseInfo": {"newKey": ["x"]}},
                          {"productItems": {"gift of li": null}, "\u006eew": 0}], "x-y": 1.0})"));
  std::string many = "{";
  for (int i = 0; i < 150; ++i) absl::StrAppend(&many, "\"key", i, "\": ", i, ", ");
  EXPECT_TRUE(Compare(many + "\"code\": 1}"));
}

TEST_F(JsonQuickTest, ReadsKeysInAnyOrder) {
  EXPECT_TRUE(Compare(R"({"msg": "b", "data": [{"success": 1, "errorCode": "x", "baseInfo": {
                          "totalAmount": 1.5, "idOfStr": "1"}}], "code": 2, "requestId": "r"})"));
}

TEST_F(JsonQuickTest, LeavesToTheThoroughWayWhatNeedsASecondThought) {
  for (const std::string& json : std::vector<std::string>{
           "",
           "null",
           "[]",
           "{",
           "{}x",
           R"({"code": 1,})",
           R"({"code" 1})",
           R"({"code": 1, "code": 1})",
           R"({"code": null, "code": 1})",
           R"({"code": {}})",
           R"({"data": [{"success": "perhaps"}]})",
           "\xEF\xBB\xBF{}",
           "{\"msg\": \"\xD5\"}",
           std::string("{}\0", 3),
       }) {
    EXPECT_FALSE(Compare(json)) << json;
  }
}

TEST_F(JsonQuickTest, KeepsTheLimits) {
  const auto nested = [](int open) {
    return absl::StrCat(R"({"new": )", std::string(open, '['), std::string(open, ']'), "}");
  };
  EXPECT_TRUE(Compare(nested(31)));
  EXPECT_FALSE(Compare(nested(32)));
  const auto orders = [](int count) {
    std::string json = R"({"data": [{})";
    for (int i = 1; i < count; ++i) json += ", {}";
    return json + "]}";
  };
  EXPECT_TRUE(Compare(orders(20'000)));
  EXPECT_FALSE(Compare(orders(20'001)));
}

TEST_F(JsonQuickTest, NeedsTheGeneratedClasses) {
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> dynamic(
      factory.GetPrototype(BatchCreateAnswer::descriptor())->New());
  DecodeReport report;
  EXPECT_FALSE(DecodeCleanJson(plan_, "{}", dynamic.get(), &report));
  EXPECT_TRUE(DecodeJson(plan_, R"({"code": 200})", dynamic.get()).complete);
}

TEST_F(JsonQuickTest, EveryWireAnswerHasSettersAndOthersNeedNone) {
  EXPECT_TRUE(plan_.HasSettersFor(BatchCreateAnswer()));
  const auto* page = wire::v1::OrderPageAnswer::descriptor();
  EXPECT_TRUE(JsonPlan::Compile(page)->HasSettersFor(wire::v1::OrderPageAnswer()));
  EXPECT_FALSE(JsonPlan::Compile(v1::OrderBatch::descriptor())->HasSettersFor(v1::OrderBatch()));
}

}  // namespace
}  // namespace order1688
