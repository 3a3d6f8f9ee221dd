#include "server/inbound/request_normalizer.h"

#include <cstdint>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "common/json_plan.h"
#include "common/wire_reader.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"
#include "google/protobuf/wire_format_lite.h"

namespace order1688 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::internal::WireFormatLite;

bool IsMessage(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

// How many messages the field holds.
int CountOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (field.is_repeated()) return reflection.FieldSize(message, &field);
  return reflection.HasField(message, &field) ? 1 : 0;
}

const Message& ChildOf(const Message& message, const FieldDescriptor& field, int i) {
  const Reflection& reflection = *message.GetReflection();
  return field.is_repeated() ? reflection.GetRepeatedMessage(message, &field, i)
                             : reflection.GetMessage(message, &field);
}

Message* MutableChildOf(Message* message, const FieldDescriptor& field, int i) {
  const Reflection& reflection = *message->GetReflection();
  return field.is_repeated() ? reflection.MutableRepeatedMessage(message, &field, i)
                             : reflection.MutableMessage(message, &field);
}

bool IsEmptyOptional(const Message& message, const FieldDescriptor& field) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING || !field.has_presence()) return false;
  const Reflection& reflection = *message.GetReflection();
  std::string scratch;
  return reflection.HasField(message, &field) &&
         reflection.GetStringReference(message, &field, &scratch).empty();
}

bool HasUnknownFields(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsMessage(field)) continue;
    for (int child = CountOf(message, field); child > 0; --child) {
      if (HasUnknownFields(ChildOf(message, field, child - 1))) return true;
    }
  }
  return false;
}

void AddUnknownFields(const Message& message, const std::string& prefix,
                      std::vector<std::string>* paths) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  absl::btree_set<int> numbers;
  for (int i = 0; i < unknown.field_count(); ++i) numbers.insert(unknown.field(i).number());
  for (int number : numbers) paths->push_back(absl::StrCat(prefix, number));

  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsMessage(field)) continue;
    for (int child = 0; child < CountOf(message, field); ++child) {
      const std::string index = field.is_repeated() ? absl::StrCat("[", child, "]") : "";
      AddUnknownFields(ChildOf(message, field, child),
                       absl::StrCat(prefix, field.name(), index, "."), paths);
    }
  }
}

// Whether a serialised message holds known fields only, and no text that is set but empty. Protobuf
// writes an empty text only if it is optional, and what it does not know behind all else.
bool IsNormal(const MessagePlan& plan, absl::string_view wire) {
  WireReader reader(wire);
  for (const FieldPlan& field : plan.fields) {
    while (reader.tag() == field.tag) {
      uint64_t number = 0;
      absl::string_view bytes;
      if (field.kind == JsonKind::kMessage) {
        if (!reader.TakeBytes(&bytes) || !IsNormal(*field.child, bytes)) return false;
      } else if (field.kind == JsonKind::kString) {
        if (!reader.TakeBytes(&bytes) || (bytes.empty() && !field.repeated)) return false;
      } else if (!reader.TakeNumber(&number)) {
        return false;
      }
    }
  }
  return reader.tag() == 0;
}

}  // namespace

NormalForm Normalize(v1::PlaceOrdersRequest* request) {
  static const JsonPlan kPlan = *JsonPlan::Compile(v1::PlaceOrdersRequest::descriptor());
  NormalForm form;
  form.wire = request->SerializeAsString();
  // Most requests are in it already, which their bytes show sooner than reflection.
  if (IsNormal(kPlan.root(), form.wire)) return form;
  ClearEmptyOptionals(request);
  form.unknown_fields = UnknownFieldPaths(*request);
  form.wire = request->SerializeAsString();
  return form;
}

absl::string_view BatchOf(absl::string_view wire) {
  constexpr uint32_t kTag = WireFormatLite::MakeTag(v1::PlaceOrdersRequest::kBatchFieldNumber,
                                                    WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  return FirstField(wire, kTag);
}

void ClearEmptyOptionals(Message* message) {
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsMessage(field)) {
      for (int child = 0; child < CountOf(*message, field); ++child) {
        ClearEmptyOptionals(MutableChildOf(message, field, child));
      }
    } else if (IsEmptyOptional(*message, field)) {
      message->GetReflection()->ClearField(message, &field);
    }
  }
}

std::vector<std::string> UnknownFieldPaths(const Message& message) {
  std::vector<std::string> paths;
  if (HasUnknownFields(message)) AddUnknownFields(message, "", &paths);
  return paths;
}

}  // namespace order1688
