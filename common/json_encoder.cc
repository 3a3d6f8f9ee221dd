#include "common/json_encoder.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/json_leaf.h"
#include "google/protobuf/message.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

constexpr int kMaxDepth = 32;

using JsonWriter =
    rapidjson::Writer<rapidjson::StringBuffer, rapidjson::UTF8<>, rapidjson::UTF8<>,
                      rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

// Where a value stands, kept on the call stack; its text is made only for an error.
struct Place {
  const Place* parent = nullptr;
  const FieldPlan* field = nullptr;
  int element = 0;

  std::string Path() const {
    std::string path = parent == nullptr ? "" : parent->Path();
    if (!path.empty()) path += '.';
    path += field->json_name;
    if (field->repeated) absl::StrAppend(&path, "[", element, "]");
    return path;
  }
};

class Encoder {
 public:
  absl::Status WriteObject(const MessagePlan& plan, const Message& message, const Place* parent,
                           int depth) {
    if (depth > kMaxDepth) return Refuse(*parent, "nested too deeply");
    const Reflection* reflection = message.GetReflection();
    writer_.StartObject();
    for (const FieldPlan& field : plan.fields) {
      const bool written = field.repeated ? reflection->FieldSize(message, field.field) > 0
                                          : reflection->HasField(message, field.field);
      if (!written) continue;
      writer_.Key(field.json_name.data(), static_cast<rapidjson::SizeType>(field.json_name.size()));
      absl::Status status = field.repeated ? WriteArray(field, message, parent, depth)
                                           : WriteValue(field, message, {parent, &field, 0}, depth);
      if (!status.ok()) return status;
    }
    writer_.EndObject();
    return absl::OkStatus();
  }

  std::string Text() const { return std::string(buffer_.GetString(), buffer_.GetSize()); }

 private:
  static absl::Status Refuse(const Place& place, absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(place.Path(), ": ", why));
  }

  absl::Status WriteArray(const FieldPlan& field, const Message& message, const Place* parent,
                          int depth) {
    const int size = message.GetReflection()->FieldSize(message, field.field);
    writer_.StartArray();
    for (int i = 0; i < size; ++i) {
      if (absl::Status status = WriteValue(field, message, {parent, &field, i}, depth);
          !status.ok())
        return status;
    }
    writer_.EndArray();
    return absl::OkStatus();
  }

  absl::Status WriteValue(const FieldPlan& field, const Message& message, const Place& place,
                          int depth) {
    const Reflection* reflection = message.GetReflection();
    if (field.kind == JsonKind::kMessage) {
      const Message& child =
          field.repeated ? reflection->GetRepeatedMessage(message, field.field, place.element)
                         : reflection->GetMessage(message, field.field);
      return WriteObject(*field.child, child, &place, depth + 1);
    }
    if (field.kind == JsonKind::kString) {
      std::string scratch;
      const std::string& text =
          field.repeated ? reflection->GetRepeatedStringReference(message, field.field,
                                                                  place.element, &scratch)
                         : reflection->GetStringReference(message, field.field, &scratch);
      return WriteString(text, place);
    }
    const absl::StatusOr<std::string> text = FormatLeaf(message, field, place.element);
    if (!text.ok()) return Refuse(place, text.status().message());
    if (field.kind == JsonKind::kTimestamp) return WriteString(*text, place);
    writer_.RawValue(text->data(), text->size(), rapidjson::kNumberType);
    return absl::OkStatus();
  }

  absl::Status WriteString(const std::string& text, const Place& place) {
    if (writer_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())))
      return absl::OkStatus();
    return Refuse(place, "not valid UTF-8");
  }

  rapidjson::StringBuffer buffer_;
  JsonWriter writer_{buffer_};
};

}  // namespace

absl::StatusOr<std::string> EncodeJson(const JsonPlan& plan, const Message& message) {
  if (message.GetDescriptor() != plan.descriptor()) {
    return absl::InvalidArgumentError("the message is not of the plan's type");
  }
  Encoder encoder;
  if (absl::Status status = encoder.WriteObject(plan.root(), message, nullptr, 1); !status.ok())
    return status;
  return encoder.Text();
}

}  // namespace order1688
