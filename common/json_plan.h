// What a message type looks like as the gateway's JSON: compiled once from its descriptor, at
// start, and then read by the decoder and the encoder for every document. The .proto is the
// mapping: a field's json_name is its JSON key.

#ifndef ORDER1688_COMMON_JSON_PLAN_H_
#define ORDER1688_COMMON_JSON_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/field_setters.h"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
class Reflection;
}  // namespace google::protobuf

namespace order1688 {

struct MessagePlan;

// How one field's value is written in JSON.
enum class JsonKind {
  kString,     // a string; a number or a boolean is taken as its text
  kInt32,      // an integer
  kInt64,      // an integer
  kBool,       // true or false
  kDouble,     // a number; no amount and no id has this kind
  kMoney,      // order1688.v1.Money: a decimal number of yuan, or of fen if FieldPlan::fen
  kTimestamp,  // google.protobuf.Timestamp: see common/wire_time.h
  kMessage,    // an object
};

// What the decoder asks for every key stands in the first 64 bytes, one line of the cache.
struct alignas(64) FieldPlan {
  absl::string_view key_text;           // the key as a JSON string, with the colon: "name":
  const FieldSetter* setter = nullptr;  // if the plan has setters
  const MessagePlan* child = nullptr;   // of kMessage
  size_t index = 0;                     // in MessagePlan::fields
  JsonKind kind = JsonKind::kString;
  bool repeated = false;
  bool fen = false;
  uint32_t tag = 0;  // of the field in a serialised message
  const google::protobuf::FieldDescriptor* field = nullptr;

  std::string json_name;
  // The parts of kMoney (currency_code, units, nanos) and of kTimestamp (none, seconds, nanos).
  const google::protobuf::FieldDescriptor* currency_code = nullptr;
  const google::protobuf::FieldDescriptor* whole = nullptr;
  const google::protobuf::FieldDescriptor* nanos = nullptr;
};

struct MessagePlan {
  std::string key_texts;          // of all fields, one behind the other
  std::vector<FieldPlan> fields;  // in the order of declaration
  absl::flat_hash_map<absl::string_view, const FieldPlan*> by_key;  // views into `fields`

  // The field of `key`, or nullptr. `hint` is the index to try first: keys mostly come in the order
  // of declaration.
  const FieldPlan* Find(absl::string_view key, size_t hint) const;
};

// Immutable after Compile, so any thread may read it. Movable; a moved-from plan may only be
// destroyed or assigned. The descriptor must outlive the plan.
class JsonPlan {
 public:
  // Compiles `root` and every message type below it.
  // FAILED_PRECONDITION, naming the message and the field: a field type without a mapping (enum,
  // bytes, float, unsigned, map, member of a oneof), two fields of one message with the same JSON
  // key, fields that are not declared in the order of their numbers, or an entry of kFenFields that
  // is missing in its message or no Money. That is a mistake in the .proto: the program should not
  // start.
  static absl::StatusOr<JsonPlan> Compile(const google::protobuf::Descriptor* root);

  const google::protobuf::Descriptor* descriptor() const { return descriptor_; }
  const MessagePlan& root() const { return *messages_.front(); }
  // Every field has a setter, and `message` is of the generated class that the setters know.
  bool HasSettersFor(const google::protobuf::Message& message) const;

 private:
  JsonPlan() = default;

  const google::protobuf::Descriptor* descriptor_ = nullptr;
  std::vector<std::unique_ptr<MessagePlan>> messages_;       // the root first
  const google::protobuf::Reflection* generated_ = nullptr;  // if every field has a setter
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_PLAN_H_
