#include "server/inbound/request_normalizer.h"

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"

namespace order1688 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

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
  if (!message.GetReflection()->GetUnknownFields(message).empty()) return true;
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

}  // namespace

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
