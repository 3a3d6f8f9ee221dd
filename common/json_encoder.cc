#include "common/json_encoder.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/json_leaf.h"
#include "common/json_text.h"
#include "google/protobuf/message.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

constexpr int kMaxDepth = 32;
constexpr size_t kUsualSize = 1024;  // a body of one or two lines

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
  Encoder() { json_.reserve(kUsualSize); }

  absl::Status WriteObject(const MessagePlan& plan, const Message& message, const Place* parent,
                           int depth) {
    if (depth > kMaxDepth) return Refuse(*parent, "nested too deeply");
    const Reflection* reflection = message.GetReflection();
    json_.push_back('{');
    bool first = true;
    for (const FieldPlan& field : plan.fields) {
      const bool written = field.repeated ? reflection->FieldSize(message, field.field) > 0
                                          : reflection->HasField(message, field.field);
      if (!written) continue;
      if (!first) json_.push_back(',');
      first = false;
      json_.append(field.key_text.data(), field.key_text.size());
      absl::Status status = field.repeated ? WriteArray(field, message, parent, depth)
                                           : WriteValue(field, message, {parent, &field, 0}, depth);
      if (!status.ok()) return status;
    }
    json_.push_back('}');
    return absl::OkStatus();
  }

  std::string Text() && { return std::move(json_); }

 private:
  static absl::Status Refuse(const Place& place, absl::string_view why) {
    return absl::InvalidArgumentError(absl::StrCat(place.Path(), ": ", why));
  }

  absl::Status WriteArray(const FieldPlan& field, const Message& message, const Place* parent,
                          int depth) {
    const int size = message.GetReflection()->FieldSize(message, field.field);
    json_.push_back('[');
    for (int i = 0; i < size; ++i) {
      if (i > 0) json_.push_back(',');
      if (absl::Status status = WriteValue(field, message, {parent, &field, i}, depth);
          !status.ok())
        return status;
    }
    json_.push_back(']');
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
    const bool quoted = field.kind == JsonKind::kTimestamp;
    if (quoted) json_.push_back('"');
    const absl::Status status = AppendLeaf(message, field, place.element, &json_);
    if (!status.ok()) return Refuse(place, status.message());
    if (quoted) json_.push_back('"');
    return absl::OkStatus();
  }

  absl::Status WriteString(const std::string& text, const Place& place) {
    if (AppendJsonString(text, &json_)) return absl::OkStatus();
    return Refuse(place, "not valid UTF-8");
  }

  std::string json_;
};

}  // namespace

absl::StatusOr<std::string> EncodeJson(const JsonPlan& plan, const Message& message) {
  if (message.GetDescriptor() != plan.descriptor()) {
    return absl::InvalidArgumentError("the message is not of the plan's type");
  }
  Encoder encoder;
  if (absl::Status status = encoder.WriteObject(plan.root(), message, nullptr, 1); !status.ok())
    return status;
  return std::move(encoder).Text();
}

}  // namespace order1688
