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

std::vector<const FieldDescriptor*> SetFields(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  return fields;
}

void AddUnknownFields(const Message& message, const std::string& prefix,
                      std::vector<std::string>* paths) {
  const Reflection& reflection = *message.GetReflection();
  const google::protobuf::UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  absl::btree_set<int> numbers;
  for (int i = 0; i < unknown.field_count(); ++i) numbers.insert(unknown.field(i).number());
  for (int number : numbers) paths->push_back(absl::StrCat(prefix, number));

  for (const FieldDescriptor* field : SetFields(message)) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string path = absl::StrCat(prefix, field->name());
    if (!field->is_repeated()) {
      AddUnknownFields(reflection.GetMessage(message, field), path + ".", paths);
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      AddUnknownFields(reflection.GetRepeatedMessage(message, field, i),
                       absl::StrCat(path, "[", i, "]."), paths);
    }
  }
}

}  // namespace

void ClearEmptyOptionals(Message* message) {
  const Reflection& reflection = *message->GetReflection();
  for (const FieldDescriptor* field : SetFields(*message)) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      if (!field->is_repeated()) {
        ClearEmptyOptionals(reflection.MutableMessage(message, field));
        continue;
      }
      for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
        ClearEmptyOptionals(reflection.MutableRepeatedMessage(message, field, i));
      }
      continue;
    }
    const bool empty_text = field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                            !field->is_repeated() && reflection.GetString(*message, field).empty();
    if (empty_text) reflection.ClearField(message, field);
  }
}

std::vector<std::string> UnknownFieldPaths(const Message& message) {
  std::vector<std::string> paths;
  AddUnknownFields(message, "", &paths);
  return paths;
}

}  // namespace order1688
