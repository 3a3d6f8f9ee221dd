#include "common/json_plan.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/fen_fields.h"
#include "common/json_text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/protobuf/wire_format.h"

namespace order1688 {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::DescriptorPool;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::MessageFactory;
using ::google::protobuf::internal::WireFormat;

constexpr char kMoneyType[] = "order1688.v1.Money";
constexpr char kTimestampType[] = "google.protobuf.Timestamp";

absl::Status Refuse(const FieldDescriptor& field, absl::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "message ", field.containing_type()->full_name(), ", field ", field.name(), ": ", why));
}

JsonKind MessageKind(const Descriptor& type) {
  if (type.full_name() == kMoneyType) return JsonKind::kMoney;
  if (type.full_name() == kTimestampType) return JsonKind::kTimestamp;
  return JsonKind::kMessage;
}

std::optional<JsonKind> KindOf(const FieldDescriptor& field) {
  switch (field.type()) {
    case FieldDescriptor::TYPE_STRING:
      return JsonKind::kString;
    case FieldDescriptor::TYPE_INT32:
      return JsonKind::kInt32;
    case FieldDescriptor::TYPE_INT64:
      return JsonKind::kInt64;
    case FieldDescriptor::TYPE_BOOL:
      return JsonKind::kBool;
    case FieldDescriptor::TYPE_DOUBLE:
      return JsonKind::kDouble;
    case FieldDescriptor::TYPE_MESSAGE:
      return MessageKind(*field.message_type());
    default:
      return std::nullopt;
  }
}

bool IsFen(const FieldDescriptor& field) {
  for (const absl::string_view name : kFenFields) {
    if (field.full_name() == name) return true;
  }
  return false;
}

// A renamed field must not turn fen into yuan silently.
absl::Status CheckFenFields(const Descriptor& message) {
  for (const absl::string_view name : kFenFields) {
    const size_t dot = name.rfind('.');
    if (message.full_name() != name.substr(0, dot)) continue;
    const FieldDescriptor* field = message.FindFieldByName(std::string(name.substr(dot + 1)));
    if (field == nullptr) {
      return absl::FailedPreconditionError(absl::StrCat("message ", message.full_name(), ", field ",
                                                        name.substr(dot + 1),
                                                        ": listed as fen, but missing"));
    }
    if (KindOf(*field) != JsonKind::kMoney) return Refuse(*field, "listed as fen, but not a Money");
  }
  return absl::OkStatus();
}

absl::Status SetParts(FieldPlan* plan) {
  const Descriptor& type = *plan->field->message_type();
  const bool money = plan->kind == JsonKind::kMoney;
  plan->whole = type.FindFieldByName(money ? "units" : "seconds");
  plan->nanos = type.FindFieldByName("nanos");
  plan->currency_code = money ? type.FindFieldByName("currency_code") : nullptr;
  const bool found = plan->whole != nullptr && plan->whole->type() == FieldDescriptor::TYPE_INT64 &&
                     plan->nanos != nullptr && plan->nanos->type() == FieldDescriptor::TYPE_INT32;
  const bool currency_found =
      !money || (plan->currency_code != nullptr &&
                 plan->currency_code->type() == FieldDescriptor::TYPE_STRING);
  if (!found || !currency_found)
    return Refuse(*plan->field, "its type lacks the parts of a Money or Timestamp");
  return absl::OkStatus();
}

absl::StatusOr<FieldPlan> PlanField(const FieldDescriptor& field) {
  if (field.is_map()) return Refuse(field, "a map has no mapping to JSON");
  if (field.real_containing_oneof() != nullptr)
    return Refuse(field, "a oneof has no mapping to JSON");
  const std::optional<JsonKind> kind = KindOf(field);
  if (!kind)
    return Refuse(field, absl::StrCat("type ", field.type_name(), " has no mapping to JSON"));
  FieldPlan plan;
  plan.field = &field;
  plan.json_name = field.json_name();
  plan.kind = *kind;
  plan.repeated = field.is_repeated();
  plan.fen = IsFen(field);
  plan.tag = WireFormat::MakeTag(&field);
  plan.index = static_cast<size_t>(field.index());
  if (plan.kind == JsonKind::kMoney || plan.kind == JsonKind::kTimestamp) {
    if (absl::Status status = SetParts(&plan); !status.ok()) return status;
  }
  return plan;
}

void AddKeyTexts(MessagePlan* plan) {
  std::vector<size_t> ends;
  for (const FieldPlan& field : plan->fields) {
    AppendJsonString(field.json_name, &plan->key_texts);
    plan->key_texts += ':';
    ends.push_back(plan->key_texts.size());
  }
  size_t begin = 0;
  for (FieldPlan& field : plan->fields) {
    const size_t end = ends[field.index];
    field.key_text = absl::string_view(plan->key_texts).substr(begin, end - begin);
    begin = end;
  }
}

absl::Status PlanMessage(const Descriptor& message, MessagePlan* plan) {
  if (absl::Status status = CheckFenFields(message); !status.ok()) return status;
  plan->fields.reserve(static_cast<size_t>(message.field_count()));
  for (int i = 0; i < message.field_count(); ++i) {
    absl::StatusOr<FieldPlan> field = PlanField(*message.field(i));
    if (!field.ok()) return field.status();
    if (!plan->fields.empty() && field->tag < plan->fields.back().tag)
      return Refuse(*field->field, "its number is less than that of the field before it");
    plan->fields.push_back(*std::move(field));
  }
  for (const FieldPlan& field : plan->fields) {
    if (plan->by_key.emplace(field.json_name, &field).second) continue;
    return Refuse(*field.field,
                  absl::StrCat("JSON key ", field.json_name, " belongs to another field, too"));
  }
  AddKeyTexts(plan);
  return absl::OkStatus();
}

// False if there are none for this message.
bool AddSetters(const Descriptor& message, MessagePlan* plan) {
  if (message.file()->pool() != DescriptorPool::generated_pool()) return false;
  const FieldSetter* setters = FindFieldSetters(message.full_name());
  if (setters == nullptr) return false;
  for (FieldPlan& field : plan->fields) field.setter = &setters[field.index];
  return true;
}

}  // namespace

const FieldPlan* MessagePlan::Find(absl::string_view key, size_t hint) const {
  if (hint < fields.size() && fields[hint].json_name == key) return &fields[hint];
  const auto found = by_key.find(key);
  return found == by_key.end() ? nullptr : found->second;
}

absl::StatusOr<JsonPlan> JsonPlan::Compile(const Descriptor* root) {
  JsonPlan plan;
  plan.descriptor_ = root;
  absl::flat_hash_map<const Descriptor*, MessagePlan*> known;
  std::vector<const Descriptor*> found;  // the descriptors of plan.messages_
  const auto plan_of = [&](const Descriptor* message) {
    MessagePlan*& known_plan = known[message];
    if (known_plan == nullptr) {
      plan.messages_.push_back(std::make_unique<MessagePlan>());
      found.push_back(message);
      known_plan = plan.messages_.back().get();
    }
    return known_plan;
  };
  plan_of(root);
  bool has_setters = true;
  for (size_t i = 0; i < found.size(); ++i) {
    MessagePlan* message = plan.messages_[i].get();
    if (absl::Status status = PlanMessage(*found[i], message); !status.ok()) return status;
    has_setters = AddSetters(*found[i], message) && has_setters;
    for (FieldPlan& field : message->fields) {
      if (field.kind == JsonKind::kMessage) field.child = plan_of(field.field->message_type());
    }
  }
  if (has_setters) {
    plan.generated_ = MessageFactory::generated_factory()->GetPrototype(root)->GetReflection();
  }
  return plan;
}

bool JsonPlan::HasSettersFor(const google::protobuf::Message& message) const {
  return generated_ != nullptr && message.GetReflection() == generated_;
}

}  // namespace order1688
