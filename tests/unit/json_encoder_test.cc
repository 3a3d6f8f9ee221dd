#include "common/json_encoder.h"

#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>

#include "common/json_decoder.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "order1688/v1/order.pb.h"
#include "order1688/v1/order_batch.pb.h"
#include "rapidjson/document.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string SampleRequest() {
  std::ifstream file(SourceFile("tests/vectors/order-batch-create.request.json"));
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// The same JSON without spaces; keys keep their order, numbers their text.
std::string WithoutSpaces(const std::string& json) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  struct Copy : rapidjson::BaseReaderHandler<rapidjson::UTF8<>, Copy> {
    explicit Copy(rapidjson::Writer<rapidjson::StringBuffer>* w) : writer(w) {}
    bool Null() { return writer->Null(); }
    bool Bool(bool b) { return writer->Bool(b); }
    bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
      return writer->RawValue(s, n, rapidjson::kNumberType);
    }
    bool String(const char* s, rapidjson::SizeType n, bool) { return writer->String(s, n); }
    bool Key(const char* s, rapidjson::SizeType n, bool) { return writer->Key(s, n); }
    bool StartObject() { return writer->StartObject(); }
    bool EndObject(rapidjson::SizeType) { return writer->EndObject(); }
    bool StartArray() { return writer->StartArray(); }
    bool EndArray(rapidjson::SizeType) { return writer->EndArray(); }
    rapidjson::Writer<rapidjson::StringBuffer>* writer;
  } copy(&writer);
  rapidjson::Reader reader;
  rapidjson::StringStream stream(json.c_str());
  EXPECT_FALSE(reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, copy).IsError());
  return buffer.GetString();
}

class JsonEncoderTest : public ::testing::Test {
 protected:
  JsonPlan plan_ = *JsonPlan::Compile(v1::OrderBatch::descriptor());
};

TEST_F(JsonEncoderTest, SampleRequestIsEqualToTheDocumentedOneInKeyOrderToo) {
  // Filled field by field, so that the decoder cannot hide a mistake of the encoder.
  v1::OrderBatch batch;
  batch.set_flow("general");
  v1::Address* address = batch.mutable_address();
  address->set_full_name("li");
  address->set_mobile("13800000001");
  address->set_phone("13800000001");
  address->set_post_code("100000");
  address->set_city_text("杭州市");
  address->set_province_text("浙江省");
  address->set_area_text("西湖区");
  address->set_town_text("转塘");
  address->set_address("xxxxxxx");
  v1::Cargo* cargo = batch.add_cargo_lines();
  cargo->set_offer_map_id("L0PTnwSnx_dWNZWCtgK7Gg");
  cargo->set_spec_id("e61a85a671bb3d0301d0412b51641c6b");
  cargo->set_quantity(1);
  cargo->set_seller_open_id("BBBgGWh2O6JFI6v1aQuZVgRIA");
  const absl::StatusOr<std::string> json = EncodeJson(plan_, batch);
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_EQ(*json, WithoutSpaces(SampleRequest()));
}

TEST_F(JsonEncoderTest, DocumentedBodyReadAsProtobufJsonIsSentAsDocumented) {
  v1::OrderBatch batch;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(SampleRequest(), &batch).ok());
  EXPECT_EQ(*EncodeJson(plan_, batch), WithoutSpaces(SampleRequest()));
}

TEST_F(JsonEncoderTest, AbsentFieldsAreNotWritten) {
  v1::OrderBatch batch;
  EXPECT_EQ(*EncodeJson(plan_, batch), "{}");
  batch.add_cargo_lines();
  batch.mutable_address();
  EXPECT_EQ(*EncodeJson(plan_, batch), R"({"addressParam":{},"cargoParamList":[{}]})");
}

TEST_F(JsonEncoderTest, AnOptionalFieldThatIsSetIsWrittenEvenIfEmpty) {
  v1::OrderBatch batch;
  batch.set_message("");
  batch.set_platform_order(0);
  EXPECT_EQ(*EncodeJson(plan_, batch), R"({"message":"","platformOrder":0})");
}

TEST_F(JsonEncoderTest, IntegersAreBareNumbers) {
  v1::OrderBatch batch;
  batch.set_platform_order(-7);
  batch.add_cargo_lines()->set_offer_id(std::numeric_limits<int64_t>::max());
  batch.add_cargo_lines()->set_offer_id(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(
      *EncodeJson(plan_, batch),
      R"({"cargoParamList":[{"offerId":9223372036854775807},{"offerId":-9223372036854775808}],"platformOrder":-7})");
}

TEST_F(JsonEncoderTest, QuantitiesAreShortestAndNeverHaveAnExponent) {
  const struct {
    double quantity;
    const char* text;
  } cases[] = {{1, "1"},
               {0.125, "0.125"},
               {0.1, "0.1"},
               {120, "120"},
               {9007199254740991, "9007199254740991"},
               {9007199254740994, "9007199254740994"},
               {1e21, "1000000000000000000000"},
               {1e-7, "0.0000001"},
               {1234567.5, "1234567.5"}};
  for (const auto& c : cases) {
    v1::OrderBatch batch;
    batch.add_cargo_lines()->set_quantity(c.quantity);
    EXPECT_EQ(*EncodeJson(plan_, batch),
              absl::StrCat(R"({"cargoParamList":[{"quantity":)", c.text, "}]}"));
  }
  v1::OrderBatch smallest;
  smallest.add_cargo_lines()->set_quantity(-std::numeric_limits<double>::denorm_min());
  EXPECT_TRUE(EncodeJson(plan_, smallest).ok());
}

TEST_F(JsonEncoderTest, ANumberThatIsNotFiniteIsRefusedByPath) {
  for (const double quantity :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    v1::OrderBatch batch;
    batch.add_cargo_lines();
    batch.add_cargo_lines()->set_quantity(quantity);
    const absl::Status status = EncodeJson(plan_, batch).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("cargoParamList[1].quantity"));
  }
}

TEST_F(JsonEncoderTest, InvalidUtf8IsRefusedByPathWithoutTheValue) {
  for (const char* bad :
       {"secret\xC4\xE3", "secret\xE6\x9D", "secret\xED\xA0\x80", "secret\xC0\xAF"}) {
    v1::OrderBatch batch;
    batch.mutable_address()->set_full_name(bad);
    const absl::Status status = EncodeJson(plan_, batch).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("addressParam.fullName"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
}

TEST_F(JsonEncoderTest, StringsAreEscapedAndReadBack) {
  v1::OrderBatch batch;
  batch.set_message("\"\\/\b\f\n\r\t\x01\x7F 转塘 😀 </script>");
  batch.mutable_message()->push_back('\0');
  const absl::StatusOr<std::string> json = EncodeJson(plan_, batch);
  ASSERT_TRUE(json.ok());
  EXPECT_THAT(*json, HasSubstr("转塘 😀"));
  v1::OrderBatch back;
  EXPECT_TRUE(DecodeJson(plan_, *json, &back).complete);
  EXPECT_EQ(back.message(), batch.message());
}

TEST_F(JsonEncoderTest, BytesThatEndTooSoonAreRefusedByPath) {
  v1::OrderBatch batch;
  batch.add_cargo_lines()->set_quantity(1);
  batch.mutable_cargo_lines(0)->set_seller_open_id("secret");
  std::string wire = batch.SerializeAsString();
  EXPECT_EQ(*EncodeJson(plan_, wire), *EncodeJson(plan_, batch));
  // The line says that it is one byte shorter than the seller in it.
  --wire[1];
  wire.pop_back();
  const absl::Status status = EncodeJson(plan_, wire).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "cargoParamList[0].sellerOpenId: cannot be read");
}

TEST_F(JsonEncoderTest, UnknownFieldsAreNotWritten) {
  v1::OrderBatch batch;
  batch.set_flow("general");
  v1::Cargo* line = batch.add_cargo_lines();
  line->set_seller_open_id("s");
  for (google::protobuf::Message* message : {static_cast<google::protobuf::Message*>(&batch),
                                             static_cast<google::protobuf::Message*>(line)}) {
    auto* unknown = message->GetReflection()->MutableUnknownFields(message);
    unknown->AddVarint(1, 1);  // a known number with another type
    unknown->AddGroup(998)->AddVarint(1, 1);
    unknown->AddLengthDelimited(999, "x");
  }
  EXPECT_EQ(*EncodeJson(plan_, batch),
            R"({"flow":"general","cargoParamList":[{"sellerOpenId":"s"}]})");
}

// No message of the gateway has one yet.
TEST(JsonEncoderNumbersTest, RepeatedNumbersAreArrays) {
  google::protobuf::FileDescriptorProto file;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(name: "numbers.proto" syntax: "proto3" message_type {
           name: "Numbers"
           field { name: "whole" number: 1 type: TYPE_INT64 label: LABEL_REPEATED json_name: "whole" }
           field { name: "real" number: 2 type: TYPE_DOUBLE label: LABEL_REPEATED json_name: "real" }
           field { name: "flag" number: 3 type: TYPE_BOOL label: LABEL_REPEATED json_name: "flag" }
         })",
      &file));
  google::protobuf::DescriptorPool pool;
  const auto* type = pool.BuildFile(file)->message_type(0);
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> numbers(factory.GetPrototype(type)->New());
  const JsonPlan plan = *JsonPlan::Compile(type);
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "whole: 1 whole: -2 whole: 0 real: 0.5 real: 0 flag: false flag: true", numbers.get()));
  EXPECT_EQ(*EncodeJson(plan, *numbers),
            R"({"whole":[1,-2,0],"real":[0.5,0],"flag":[false,true]})");
  const auto* real = type->FindFieldByName("real");
  numbers->GetReflection()->SetRepeatedDouble(numbers.get(), real, 1,
                                              std::numeric_limits<double>::infinity());
  EXPECT_THAT(std::string(EncodeJson(plan, *numbers).status().message()), HasSubstr("real[1]"));
}

TEST_F(JsonEncoderTest, AMessageOfAnotherTypeIsRefused) {
  EXPECT_EQ(EncodeJson(plan_, v1::Address()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(JsonEncoderAmountTest, AmountsAndTimesGoBackToTheGatewaysForm) {
  const JsonPlan plan = *JsonPlan::Compile(v1::OrderBaseInfo::descriptor());
  v1::OrderBaseInfo info;
  info.mutable_create_time()->set_seconds(1745388824);
  info.mutable_total_amount()->set_units(23);
  info.mutable_total_amount()->set_nanos(100'000'000);
  info.mutable_discount()->set_units(-1);
  info.mutable_discount()->set_nanos(-500'000'000);
  info.set_step_pay_all(false);
  EXPECT_EQ(
      *EncodeJson(plan, info),
      R"({"createTime":"2025-04-23T14:13:44.000+08:00","totalAmount":23.1,"discount":-150,"stepPayAll":false})");
}

TEST(JsonEncoderAmountTest, BrokenAmountsAndTimesAreRefusedByPath) {
  const JsonPlan plan = *JsonPlan::Compile(v1::OrderBaseInfo::descriptor());
  v1::OrderBaseInfo amount;
  amount.mutable_refund()->set_nanos(1'000'000'000);
  EXPECT_THAT(std::string(EncodeJson(plan, amount).status().message()), HasSubstr("refund"));
  v1::OrderBaseInfo time;
  time.mutable_pay_time()->set_nanos(-1);
  EXPECT_THAT(std::string(EncodeJson(plan, time).status().message()), HasSubstr("payTime"));
}

}  // namespace
}  // namespace order1688
