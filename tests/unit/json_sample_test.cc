// Walks the gateway's sample answer leaf by leaf and looks every one up in the decoded message, by
// descriptors and without the plan: what the mapper drops or bends shows here.

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/decimal.h"
#include "common/json_decoder.h"
#include "common/json_encoder.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"
#include "rapidjson/document.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::testing::IsEmpty;

// Leaves of the sample that need not be in the message: path -> reason. All of them are there
// today.
const std::map<std::string, std::string>& Reasons() {
  static const auto* const kReasons = new std::map<std::string, std::string>();
  return *kReasons;
}

std::string SampleAnswer() {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.response.json"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const FieldDescriptor* FieldOf(const Message& message, const std::string& key) {
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (descriptor->field(i)->json_name() == key) return descriptor->field(i);
  }
  return nullptr;
}

class SampleWalk {
 public:
  void Object(const rapidjson::Value& json, const Message* message, const std::string& path) {
    for (const auto& member : json.GetObject()) {
      const std::string key = member.name.GetString();
      const std::string below = path.empty() ? key : absl::StrCat(path, ".", key);
      const FieldDescriptor* field = message == nullptr ? nullptr : FieldOf(*message, key);
      if (field == nullptr) {
        Fail(below, "not in the schema");
      } else if (member.value.IsArray()) {
        Array(member.value, *message, field, below);
      } else {
        Value(member.value, *message, field, -1, below);
      }
    }
  }

  int leaves = 0;
  int filled = 0;
  std::vector<std::string> missing;

 private:
  void Fail(const std::string& path, const std::string& why) {
    if (Reasons().count(path) == 0) missing.push_back(absl::StrCat(path, ": ", why));
  }

  void Array(const rapidjson::Value& json, const Message& message, const FieldDescriptor* field,
             const std::string& path) {
    if (!field->is_repeated()) return Fail(path, "not repeated");
    const int size = message.GetReflection()->FieldSize(message, field);
    if (size != static_cast<int>(json.Size())) return Fail(path, "another number of elements");
    for (int i = 0; i < size; ++i)
      Value(json[i], message, field, i, absl::StrCat(path, "[", i, "]"));
  }

  void Value(const rapidjson::Value& json, const Message& message, const FieldDescriptor* field,
             int element, const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    if (json.IsObject()) {
      if (element < 0 && !reflection->HasField(message, field)) return Fail(path, "not set");
      return Object(json,
                    element < 0 ? &reflection->GetMessage(message, field)
                                : &reflection->GetRepeatedMessage(message, field, element),
                    path);
    }
    ++leaves;
    if (json.IsNull()) {
      const bool set = field->is_repeated() ? reflection->FieldSize(message, field) > 0
                                            : reflection->HasField(message, field);
      if (set) Fail(path, "null, but set");
      return;
    }
    ++filled;
    if (element < 0 && !reflection->HasField(message, field)) return Fail(path, "not set");
    const std::string expected =
        json.IsBool() ? (json.GetBool() ? "true" : "false") : json.GetString();
    const std::string actual = Text(message, field, element, expected);
    if (actual != expected) Fail(path, absl::StrCat("is ", actual, ", not ", expected));
  }

  // The field as the gateway would have written it.
  static std::string Text(const Message& message, const FieldDescriptor* field, int element,
                          const std::string& expected) {
    const Reflection* reflection = message.GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return element < 0 ? reflection->GetString(message, field)
                           : reflection->GetRepeatedString(message, field, element);
      case FieldDescriptor::CPPTYPE_INT32:
        return absl::StrCat(reflection->GetInt32(message, field));
      case FieldDescriptor::CPPTYPE_INT64:
        return absl::StrCat(reflection->GetInt64(message, field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection->GetBool(message, field) ? "true" : "false";
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return PartText(reflection->GetMessage(message, field), expected);
      default:
        return "?";
    }
  }

  static std::string PartText(const Message& part, const std::string& expected) {
    if (const auto* money = dynamic_cast<const v1::Money*>(&part)) {
      if (money->currency_code() != "CNY") return "not CNY";
      // Every amount of the sample in fen is 0, so fen and yuan look the same here.
      return *FormatDecimal({money->units(), money->nanos()});
    }
    const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&part);
    if (time == nullptr) return "a message";
    absl::Time instant;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, expected, &instant, &error)) return error;
    return absl::FromUnixSeconds(time->seconds()) + absl::Nanoseconds(time->nanos()) == instant
               ? expected
               : "other";
  }
};

class JsonSampleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    report_ = DecodeJson(plan_, sample_, &answer_);
    ASSERT_TRUE(report_.complete) << report_.problem;
  }

  const std::string sample_ = SampleAnswer();
  JsonPlan plan_ = *JsonPlan::Compile(wire::v1::BatchCreateAnswer::descriptor());
  wire::v1::BatchCreateAnswer answer_;
  DecodeReport report_;
};

TEST_F(JsonSampleTest, EveryLeafIsInTheMessageOrHasAReason) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseNumbersAsStringsFlag>(sample_.c_str());
  ASSERT_FALSE(json.HasParseError());
  SampleWalk walk;
  walk.Object(json, &answer_, "");
  EXPECT_EQ(walk.leaves, 216);
  EXPECT_EQ(walk.filled, 117);
  EXPECT_THAT(walk.missing, IsEmpty());
  EXPECT_THAT(report_.unmapped, IsEmpty());
  EXPECT_THAT(report_.unreadable, IsEmpty());
}

TEST_F(JsonSampleTest, TheExactIdsAndAmountsAreThere) {
  ASSERT_EQ(answer_.orders_size(), 1);
  const v1::OrderBaseInfo& info = answer_.orders(0).base_info();
  EXPECT_EQ(info.order_id(), "2540608320348880794");
  EXPECT_EQ(info.id_number(), 2540608320348881000);
  EXPECT_EQ(info.total_amount().units(), 23);
  EXPECT_EQ(info.create_time().seconds(), 1745388824);
  EXPECT_EQ(answer_.code(), "200");
}

TEST_F(JsonSampleTest, WhatWasDecodedIsEncodedAndDecodedToTheSameMessage) {
  const absl::StatusOr<std::string> json = EncodeJson(plan_, answer_);
  ASSERT_TRUE(json.ok()) << json.status();
  wire::v1::BatchCreateAnswer back;
  EXPECT_TRUE(DecodeJson(plan_, *json, &back).complete);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(answer_, back));
}

}  // namespace
}  // namespace order1688
