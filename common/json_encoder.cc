#include "common/json_encoder.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/json_leaf.h"
#include "common/json_text.h"
#include "common/wire_reader.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/message.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;
using ::google::protobuf::io::CodedInputStream;

constexpr int kMaxDepth = 32;
// Room that is mostly enough, in bytes.
constexpr size_t kJsonPerWire = 2;
constexpr size_t kLeastRoom = 256;
constexpr absl::string_view kUnreadable = "cannot be read";

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

// Whether the serialised field is written as its bytes, not as a number.
bool IsBytes(JsonKind kind) {
  return kind == JsonKind::kString || kind == JsonKind::kMessage || kind == JsonKind::kMoney ||
         kind == JsonKind::kTimestamp;
}

class Encoder {
 public:
  explicit Encoder(size_t wire_size) { json_.reserve(kJsonPerWire * wire_size + kLeastRoom); }

  absl::Status WriteObject(const MessagePlan& plan, absl::string_view wire, const Place* parent,
                           int depth) {
    if (depth > kMaxDepth) return Refuse(*parent, "nested too deeply");
    WireReader reader(wire);
    json_.push_back('{');
    bool first = true;
    for (const FieldPlan& field : plan.fields) {
      if (reader.tag() != field.tag) continue;
      if (!first) json_.push_back(',');
      first = false;
      json_.append(field.key_text.data(), field.key_text.size());
      absl::Status status = field.repeated ? WriteArray(field, &reader, parent, depth)
                                           : WriteValue(field, &reader, {parent, &field, 0}, depth);
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

  static absl::Status Placed(const absl::Status& status, const Place& place) {
    return status.ok() ? status : Refuse(place, status.message());
  }

  absl::Status WriteArray(const FieldPlan& field, WireReader* reader, const Place* parent,
                          int depth) {
    json_.push_back('[');
    Place place{parent, &field, 0};
    if (!IsBytes(field.kind)) {
      if (absl::Status status = WriteNumbers(reader, &place); !status.ok()) return status;
    } else {
      for (; reader->tag() == field.tag; ++place.element) {
        if (place.element > 0) json_.push_back(',');
        if (absl::Status status = WriteValue(field, reader, place, depth); !status.ok())
          return status;
      }
    }
    json_.push_back(']');
    return absl::OkStatus();
  }

  // All of a repeated number stand in one field.
  absl::Status WriteNumbers(WireReader* reader, Place* place) {
    absl::string_view packed;
    if (!reader->TakeBytes(&packed)) return Refuse(*place, kUnreadable);
    const auto size = static_cast<int>(packed.size());
    CodedInputStream numbers(reinterpret_cast<const uint8_t*>(packed.data()), size);
    for (; numbers.CurrentPosition() < size; ++place->element) {
      if (place->element > 0) json_.push_back(',');
      uint64_t number = 0;
      const bool taken = place->field->kind == JsonKind::kDouble
                             ? numbers.ReadLittleEndian64(&number)
                             : numbers.ReadVarint64(&number);
      if (!taken) return Refuse(*place, kUnreadable);
      absl::Status status = Placed(AppendNumber(*place->field, number, &json_), *place);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status WriteValue(const FieldPlan& field, WireReader* reader, const Place& place,
                          int depth) {
    if (!IsBytes(field.kind)) {
      uint64_t number = 0;
      if (!reader->TakeNumber(&number)) return Refuse(place, kUnreadable);
      return Placed(AppendNumber(field, number, &json_), place);
    }
    absl::string_view bytes;
    if (!reader->TakeBytes(&bytes)) return Refuse(place, kUnreadable);
    if (field.kind == JsonKind::kMessage)
      return WriteObject(*field.child, bytes, &place, depth + 1);
    if (field.kind != JsonKind::kString) return Placed(AppendPart(field, bytes, &json_), place);
    return AppendJsonString(bytes, &json_) ? absl::OkStatus() : Refuse(place, "not valid UTF-8");
  }

  std::string json_;
};

}  // namespace

absl::StatusOr<std::string> EncodeJson(const JsonPlan& plan, const Message& message) {
  if (message.GetDescriptor() != plan.descriptor()) {
    return absl::InvalidArgumentError("the message is not of the plan's type");
  }
  return EncodeJson(plan, message.SerializeAsString());
}

absl::StatusOr<std::string> EncodeJson(const JsonPlan& plan, absl::string_view wire) {
  Encoder encoder(wire.size());
  if (absl::Status status = encoder.WriteObject(plan.root(), wire, nullptr, 1); !status.ok())
    return status;
  return std::move(encoder).Text();
}

}  // namespace order1688
