// A plugin of protoc: writes field_setters.cc, the definition of common/field_setters.h, for the
// messages of the .proto files that protoc is called with and for all messages below them.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/compiler/code_generator.h"
#include "google/protobuf/compiler/cpp/names.h"
#include "google/protobuf/compiler/plugin.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/printer.h"
#include "google/protobuf/io/zero_copy_stream.h"

namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::compiler::GeneratorContext;
using ::google::protobuf::compiler::cpp::FieldName;
using ::google::protobuf::compiler::cpp::QualifiedClassName;
using ::google::protobuf::io::Printer;

// The member of FieldSetter that sets the field, or an empty text.
std::string SetterOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
      return "text";
    case FieldDescriptor::TYPE_MESSAGE:
      return field.is_map() ? "" : "message";
    case FieldDescriptor::TYPE_INT32:
      return "int32";
    case FieldDescriptor::TYPE_INT64:
      return "int64";
    case FieldDescriptor::TYPE_BOOL:
      return "boolean";
    case FieldDescriptor::TYPE_DOUBLE:
      return "real";
    default:
      return "";
  }
}

const char* ParameterOf(const std::string& setter) {
  if (setter == "int32") return "int32_t";
  if (setter == "int64") return "int64_t";
  return setter == "boolean" ? "bool" : "double";
}

std::string Begin(const FieldDescriptor& field, const char* singular) {
  return (field.is_repeated() ? "add_" : singular) + FieldName(&field);
}

void PrintField(const FieldDescriptor& field, Printer* printer) {
  const std::string setter = SetterOf(field);
  const std::string to = "static_cast<" + QualifiedClassName(field.containing_type()) + "*>(to)";
  if (setter == "message") {
    printer->Print("{.message = [](Message* to) -> Message* { return $to$->$name$(); }},\n", "to",
                   to, "name", Begin(field, "mutable_"));
  } else if (setter == "text") {
    printer->Print(
        "{.text = [](Message* to, absl::string_view value) {\n"
        "   $to$->$name$(std::string(value));\n"
        " }},\n",
        "to", to, "name", Begin(field, "set_"));
  } else {
    printer->Print("{.$setter$ = [](Message* to, $type$ value) { $to$->$name$(value); }},\n",
                   "setter", setter, "type", ParameterOf(setter), "to", to, "name",
                   Begin(field, "set_"));
  }
}

using Messages = std::map<std::string, const Descriptor*>;  // by their full names

void Collect(const Descriptor& message, Messages* found) {
  if (!found->emplace(message.full_name(), &message).second) return;
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor& field = *message.field(i);
    if (SetterOf(field) == "message") Collect(*field.message_type(), found);
  }
}

bool HasAllSetters(const Descriptor& message) {
  for (int i = 0; i < message.field_count(); ++i) {
    if (SetterOf(*message.field(i)).empty()) return false;
  }
  return message.field_count() > 0;
}

void PrintIncludes(const Messages& messages, Printer* printer) {
  std::set<std::string> headers;
  for (const auto& [name, message] : messages) {
    const std::string& proto = message->file()->name();
    headers.insert(proto.substr(0, proto.rfind('.')) + ".pb.h");
  }
  for (const std::string& header : headers) printer->Print("#include \"$h$\"\n", "h", header);
}

void PrintTables(const Messages& messages, Printer* printer) {
  int table = 0;
  for (const auto& [name, message] : messages) {
    printer->Print("constexpr FieldSetter kSetters$n$[] = {\n", "n", std::to_string(table++));
    for (int i = 0; i < message->field_count(); ++i) PrintField(*message->field(i), printer);
    printer->Print("};\n\n");
  }
}

void PrintFind(const Messages& messages, Printer* printer) {
  printer->Print(
      "}  // namespace\n\n"
      "const FieldSetter* FindFieldSetters(absl::string_view message_full_name) {\n");
  int table = 0;
  for (const auto& [name, message] : messages) {
    printer->Print("  if (message_full_name == \"$name$\") return kSetters$n$;\n", "name", name,
                   "n", std::to_string(table++));
  }
  printer->Print("  return nullptr;\n}\n\n}  // namespace order1688\n");
}

class FieldSettersGenerator : public google::protobuf::compiler::CodeGenerator {
 public:
  bool GenerateAll(const std::vector<const FileDescriptor*>& files, const std::string&,
                   GeneratorContext* context, std::string*) const override {
    Messages messages;
    for (const FileDescriptor* file : files) {
      for (int i = 0; i < file->message_type_count(); ++i)
        Collect(*file->message_type(i), &messages);
    }
    std::erase_if(messages, [](const auto& entry) { return !HasAllSetters(*entry.second); });
    const std::unique_ptr<google::protobuf::io::ZeroCopyOutputStream> out(
        context->Open("field_setters.cc"));
    Printer printer(out.get(), '$');
    printer.Print("#include \"common/field_setters.h\"\n\n#include <string>\n\n");
    PrintIncludes(messages, &printer);
    printer.Print("\nnamespace order1688 {\nnamespace {\n\nusing ::google::protobuf::Message;\n\n");
    PrintTables(messages, &printer);
    PrintFind(messages, &printer);
    return true;
  }

  bool Generate(const FileDescriptor* file, const std::string& parameter, GeneratorContext* context,
                std::string* error) const override {
    return GenerateAll({file}, parameter, context, error);
  }

  uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace

int main(int argc, char** argv) {
  const FieldSettersGenerator generator;
  return google::protobuf::compiler::PluginMain(argc, argv, &generator);
}
