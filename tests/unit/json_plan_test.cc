#include "common/json_plan.h"

#include <functional>
#include <string>

#include "common/fen_fields.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "order1688/v1/order_batch.pb.h"
#include "order1688/wire/v1/batch_create_answer.pb.h"

namespace order1688 {
namespace {

using ::google::protobuf::DescriptorPool;
using ::google::protobuf::DescriptorProto;
using ::google::protobuf::FieldDescriptorProto;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::FileDescriptorProto;
using ::testing::AllOf;
using ::testing::HasSubstr;

FieldDescriptorProto* AddField(DescriptorProto* message, const std::string& name,
                               FieldDescriptorProto::Type type) {
  FieldDescriptorProto* field = message->add_field();
  field->set_name(name);
  field->set_number(message->field_size());
  field->set_label(FieldDescriptorProto::LABEL_OPTIONAL);
  field->set_type(type);
  return field;
}

// Compiles a message `Wire` of package order1688.v1 that `fill` has given its fields.
absl::Status CompileOf(const std::string& name,
                       const std::function<void(FileDescriptorProto*, DescriptorProto*)>& fill) {
  FileDescriptorProto file;
  file.set_name("plan_test.proto");
  file.set_package("order1688.v1");
  file.set_syntax("proto3");
  DescriptorProto* message = file.add_message_type();
  message->set_name(name);
  fill(&file, message);
  DescriptorPool pool;
  const FileDescriptor* built = pool.BuildFile(file);
  EXPECT_NE(built, nullptr);
  if (built == nullptr) return absl::OkStatus();
  return JsonPlan::Compile(built->FindMessageTypeByName(name)).status();
}

TEST(JsonPlanTest, FieldsOutOfTheOrderOfTheirNumbersAreRefused) {
  const absl::Status status = CompileOf("Wire", [](FileDescriptorProto*, DescriptorProto* message) {
    AddField(message, "late", FieldDescriptorProto::TYPE_STRING)->set_number(2);
    AddField(message, "early", FieldDescriptorProto::TYPE_STRING)->set_number(1);
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("Wire"), HasSubstr("early")));
}

TEST(JsonPlanTest, CompilesTheRequestAndTheAnswer) {
  EXPECT_TRUE(JsonPlan::Compile(v1::OrderBatch::descriptor()).ok());
  const absl::StatusOr<JsonPlan> answer =
      JsonPlan::Compile(wire::v1::BatchCreateAnswer::descriptor());
  ASSERT_TRUE(answer.ok()) << answer.status();
  const FieldPlan* data = answer->root().Find("data", 0);
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->kind, JsonKind::kMessage);
  EXPECT_TRUE(data->repeated);
  const FieldPlan* base_info = data->child->Find("baseInfo", 0);
  ASSERT_NE(base_info, nullptr);
  EXPECT_EQ(base_info->child->Find("createTime", 0)->kind, JsonKind::kTimestamp);
  EXPECT_EQ(base_info->child->Find("totalAmount", 0)->kind, JsonKind::kMoney);
  EXPECT_EQ(base_info->child->Find("idOfStr", 0)->kind, JsonKind::kString);
}

TEST(JsonPlanTest, FindsKeysByJsonNameOnlyWhateverTheHint) {
  const absl::StatusOr<JsonPlan> plan = JsonPlan::Compile(v1::OrderBatch::descriptor());
  ASSERT_TRUE(plan.ok());
  for (const size_t hint : {size_t{0}, size_t{1}, size_t{5}, size_t{1000}}) {
    const FieldPlan* address = plan->root().Find("addressParam", hint);
    ASSERT_NE(address, nullptr);
    EXPECT_EQ(address->json_name, "addressParam");
    EXPECT_EQ(plan->root().Find("address", hint), nullptr);
    EXPECT_EQ(plan->root().Find("addressparam", hint), nullptr);
  }
}

TEST(JsonPlanTest, EveryFenFieldExistsAndIsMarked) {
  const DescriptorPool* pool = wire::v1::BatchCreateAnswer::descriptor()->file()->pool();
  for (const absl::string_view name : kFenFields) {
    SCOPED_TRACE(name);
    const auto* field = pool->FindFieldByName(std::string(name));
    ASSERT_NE(field, nullptr);
    const absl::StatusOr<JsonPlan> plan = JsonPlan::Compile(field->containing_type());
    ASSERT_TRUE(plan.ok()) << plan.status();
    const FieldPlan& compiled = plan->root().fields[static_cast<size_t>(field->index())];
    EXPECT_EQ(compiled.kind, JsonKind::kMoney);
    EXPECT_TRUE(compiled.fen);
  }
}

TEST(JsonPlanTest, AMissingFenFieldIsRefused) {
  const absl::Status status = CompileOf("OrderInvoice", [](auto*, DescriptorProto* message) {
    AddField(message, "total", FieldDescriptorProto::TYPE_STRING);
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("order1688.v1.OrderInvoice"), HasSubstr("amount")));
}

TEST(JsonPlanTest, AFenFieldThatIsNoMoneyIsRefused) {
  const absl::Status status = CompileOf("OrderInvoice", [](auto*, DescriptorProto* message) {
    AddField(message, "amount", FieldDescriptorProto::TYPE_INT64);
  });
  EXPECT_THAT(std::string(status.message()), HasSubstr("not a Money"));
}

TEST(JsonPlanTest, FieldTypesWithoutAMappingAreRefusedByName) {
  for (const FieldDescriptorProto::Type type :
       {FieldDescriptorProto::TYPE_BYTES, FieldDescriptorProto::TYPE_FLOAT,
        FieldDescriptorProto::TYPE_UINT32, FieldDescriptorProto::TYPE_UINT64,
        FieldDescriptorProto::TYPE_SINT64, FieldDescriptorProto::TYPE_FIXED64}) {
    const absl::Status status = CompileOf("Wire", [type](auto*, DescriptorProto* message) {
      AddField(message, "good", FieldDescriptorProto::TYPE_STRING);
      AddField(message, "odd", type);
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("order1688.v1.Wire"), HasSubstr("odd")));
  }
}

TEST(JsonPlanTest, AnUnmappableFieldBelowTheRootIsFound) {
  const absl::Status status =
      CompileOf("Wire", [](FileDescriptorProto* file, DescriptorProto* message) {
        AddField(message, "child", FieldDescriptorProto::TYPE_MESSAGE)
            ->set_type_name(".order1688.v1.Child");
        DescriptorProto* child = file->add_message_type();
        child->set_name("Child");
        AddField(child, "odd", FieldDescriptorProto::TYPE_BYTES);
      });
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("order1688.v1.Child"), HasSubstr("odd")));
}

TEST(JsonPlanTest, TwoFieldsWithOneJsonKeyAreRefused) {
  // The descriptor pool itself refuses this in proto3, so the same two names come in proto2.
  const absl::Status status =
      CompileOf("Wire", [](FileDescriptorProto* file, DescriptorProto* message) {
        file->clear_syntax();
        AddField(message, "one", FieldDescriptorProto::TYPE_STRING)->set_json_name("same");
        AddField(message, "two", FieldDescriptorProto::TYPE_STRING)->set_json_name("same");
      });
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("order1688.v1.Wire"), HasSubstr("two"), HasSubstr("same")));
}

TEST(JsonPlanTest, AMemberOfAOneofIsRefused) {
  const absl::Status status = CompileOf("Wire", [](auto*, DescriptorProto* message) {
    message->add_oneof_decl()->set_name("choice");
    AddField(message, "one", FieldDescriptorProto::TYPE_STRING)->set_oneof_index(0);
  });
  EXPECT_THAT(std::string(status.message()), HasSubstr("oneof"));
}

TEST(JsonPlanTest, AMessageMayContainItself) {
  EXPECT_TRUE(CompileOf("Wire", [](auto*, DescriptorProto* message) {
                AddField(message, "child", FieldDescriptorProto::TYPE_MESSAGE)
                    ->set_type_name(".order1688.v1.Wire");
              }).ok());
}

}  // namespace
}  // namespace order1688
