#include "common/json_leaf.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <system_error>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "order1688/v1/money.pb.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

// Up to 2^53 no two integers are the same double.
constexpr double kLargestPlainInteger = 9007199254740992;

std::optional<LeafValue> ReadBool(const JsonToken& token) {
  if (token.type == JsonTokenType::kBool) return token.text == "true";
  if (token.text == "1" || absl::EqualsIgnoreCase(token.text, "true")) return true;
  if (token.text == "0" || absl::EqualsIgnoreCase(token.text, "false")) return false;
  return std::nullopt;
}

std::optional<LeafValue> ReadDouble(absl::string_view text) {
  if (!IsJsonNumber(text)) return std::nullopt;
  double value = 0;
  const std::from_chars_result read =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc()) return std::nullopt;
  return value;
}

std::optional<LeafValue> ReadInteger(absl::string_view text, bool only_int32) {
  const absl::StatusOr<int64_t> value = ParseInteger(text);
  if (!value.ok()) return std::nullopt;
  if (!only_int32) return *value;
  if (*value < std::numeric_limits<int32_t>::min() ||
      *value > std::numeric_limits<int32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<int32_t>(*value);
}

DecimalAmount MoneyIn(const Message& part, const FieldPlan& field) {
  const Reflection* reflection = part.GetReflection();
  return {reflection->GetInt64(part, field.whole), reflection->GetInt32(part, field.nanos)};
}

WireInstant InstantIn(const Message& part, const FieldPlan& field) {
  const Reflection* reflection = part.GetReflection();
  return {reflection->GetInt64(part, field.whole), reflection->GetInt32(part, field.nanos)};
}

const Message& PartOf(const Message& message, const FieldPlan& field, int element) {
  const Reflection* reflection = message.GetReflection();
  if (field.repeated) return reflection->GetRepeatedMessage(message, field.field, element);
  return reflection->GetMessage(message, field.field);
}

absl::Status AppendDouble(double value, std::string* json) {
  if (!std::isfinite(value)) return absl::InvalidArgumentError("not a finite number");
  // The same text, sooner.
  if (value >= 1 && value <= kLargestPlainInteger &&
      value == static_cast<double>(static_cast<int64_t>(value))) {
    absl::StrAppend(json, static_cast<int64_t>(value));
    return absl::OkStatus();
  }
  std::array<char, 512> text;  // the longest double in fixed notation has about 350 characters
  const std::to_chars_result end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  json->append(text.data(), end.ptr);
  return absl::OkStatus();
}

absl::Status CannotBeRead() { return absl::InvalidArgumentError("cannot be read"); }

absl::Status AppendText(const absl::StatusOr<std::string>& text, std::string* json) {
  if (text.ok()) json->append(*text);
  return text.status();
}

// Stores one alternative of LeafValue.
class LeafStore {
 public:
  LeafStore(Message* message, const FieldPlan& field)
      : message_(message), field_(field), reflection_(message->GetReflection()) {}

  void operator()(absl::string_view value) const {
    std::string text(value);
    if (field_.repeated) return reflection_->AddString(message_, field_.field, std::move(text));
    reflection_->SetString(message_, field_.field, std::move(text));
  }
  void operator()(int32_t value) const {
    if (field_.repeated) return reflection_->AddInt32(message_, field_.field, value);
    reflection_->SetInt32(message_, field_.field, value);
  }
  void operator()(int64_t value) const {
    if (field_.repeated) return reflection_->AddInt64(message_, field_.field, value);
    reflection_->SetInt64(message_, field_.field, value);
  }
  void operator()(bool value) const {
    if (field_.repeated) return reflection_->AddBool(message_, field_.field, value);
    reflection_->SetBool(message_, field_.field, value);
  }
  void operator()(double value) const {
    if (field_.repeated) return reflection_->AddDouble(message_, field_.field, value);
    reflection_->SetDouble(message_, field_.field, value);
  }
  void operator()(DecimalAmount value) const {
    Message* part = Part();
    part->GetReflection()->SetString(part, field_.currency_code, kJsonCurrency);
    SetNumbers(part, value.units, value.nanos);
  }
  void operator()(WireInstant value) const { SetNumbers(Part(), value.seconds, value.nanos); }

 private:
  Message* Part() const {
    if (field_.repeated) return reflection_->AddMessage(message_, field_.field);
    return reflection_->MutableMessage(message_, field_.field);
  }

  void SetNumbers(Message* part, int64_t whole, int32_t nanos) const {
    const Reflection* reflection = part->GetReflection();
    reflection->SetInt64(part, field_.whole, whole);
    reflection->SetInt32(part, field_.nanos, nanos);
  }

  Message* message_;
  const FieldPlan& field_;
  const Reflection* reflection_;
};

}  // namespace

bool MeansNothing(const FieldPlan& field, const JsonToken& token) {
  return token.type == JsonTokenType::kString && token.text.empty() &&
         field.kind != JsonKind::kString;
}

std::optional<LeafValue> ReadLeaf(const FieldPlan& field, const JsonToken& token) {
  if (field.kind == JsonKind::kString) return token.text;
  if (field.kind == JsonKind::kBool) return ReadBool(token);
  if (token.type == JsonTokenType::kBool) return std::nullopt;
  switch (field.kind) {
    case JsonKind::kInt32:
      return ReadInteger(token.text, /*only_int32=*/true);
    case JsonKind::kInt64:
      return ReadInteger(token.text, /*only_int32=*/false);
    case JsonKind::kDouble:
      return ReadDouble(token.text);
    case JsonKind::kMoney: {
      const absl::StatusOr<DecimalAmount> amount =
          ParseDecimal(token.text, field.fen ? -kFenExponent : 0);
      if (!amount.ok()) return std::nullopt;
      return *amount;
    }
    case JsonKind::kTimestamp: {
      const absl::StatusOr<WireInstant> instant = ParseWireTime(token.text);
      if (!instant.ok()) return std::nullopt;
      return *instant;
    }
    default:
      return std::nullopt;
  }
}

bool HoldsLeaf(const Message& message, const FieldPlan& field, const LeafValue& value) {
  const Reflection* reflection = message.GetReflection();
  if (!reflection->HasField(message, field.field) && field.field->has_presence()) return false;
  switch (field.kind) {
    case JsonKind::kString: {
      std::string scratch;
      return reflection->GetStringReference(message, field.field, &scratch) ==
             std::get<absl::string_view>(value);
    }
    case JsonKind::kInt32:
      return reflection->GetInt32(message, field.field) == std::get<int32_t>(value);
    case JsonKind::kInt64:
      return reflection->GetInt64(message, field.field) == std::get<int64_t>(value);
    case JsonKind::kBool:
      return reflection->GetBool(message, field.field) == std::get<bool>(value);
    case JsonKind::kDouble:
      return reflection->GetDouble(message, field.field) == std::get<double>(value);
    case JsonKind::kMoney:
      return MoneyIn(PartOf(message, field, 0), field) == std::get<DecimalAmount>(value);
    case JsonKind::kTimestamp:
      return InstantIn(PartOf(message, field, 0), field) == std::get<WireInstant>(value);
    default:
      return false;
  }
}

void StoreLeaf(Message* message, const FieldPlan& field, const LeafValue& value) {
  std::visit(LeafStore(message, field), value);
}

absl::Status AppendNumber(const FieldPlan& field, uint64_t wire, std::string* json) {
  switch (field.kind) {
    case JsonKind::kInt32:
      absl::StrAppend(json, static_cast<int32_t>(wire));
      return absl::OkStatus();
    case JsonKind::kInt64:
      absl::StrAppend(json, static_cast<int64_t>(wire));
      return absl::OkStatus();
    case JsonKind::kBool:
      json->append(wire != 0 ? "true" : "false");
      return absl::OkStatus();
    case JsonKind::kDouble:
      return AppendDouble(std::bit_cast<double>(wire), json);
    default:
      return absl::InternalError("not a number");
  }
}

absl::Status AppendPart(const FieldPlan& field, absl::string_view wire, std::string* json) {
  const auto size = static_cast<int>(wire.size());
  if (field.kind == JsonKind::kMoney) {
    v1::Money money;
    if (!money.ParseFromArray(wire.data(), size)) return CannotBeRead();
    return AppendText(FormatDecimal({money.units(), money.nanos()}, field.fen ? kFenExponent : 0),
                      json);
  }
  google::protobuf::Timestamp time;
  if (!time.ParseFromArray(wire.data(), size)) return CannotBeRead();
  json->push_back('"');
  absl::Status status = AppendText(FormatWireTime({time.seconds(), time.nanos()}), json);
  json->push_back('"');
  return status;
}

}  // namespace order1688
