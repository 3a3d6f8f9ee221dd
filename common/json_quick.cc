#include "common/json_quick.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/decimal.h"
#include "common/field_setters.h"
#include "common/json_leaf.h"
#include "common/json_report.h"
#include "common/json_scan.h"
#include "google/protobuf/timestamp.pb.h"
#include "order1688/v1/money.pb.h"

namespace order1688 {
namespace {

using ::google::protobuf::Message;

constexpr int kNanoDigits = 9;

// The fields of one object that have had their key.
class SeenFields {
 public:
  static constexpr size_t kMost = 256;

  bool Add(size_t field) {
    uint64_t& word = words_[field / 64];
    const uint64_t bit = uint64_t{1} << (field % 64);
    const bool fresh = (word & bit) == 0;
    word |= bit;
    return fresh;
  }

 private:
  std::array<uint64_t, kMost / 64> words_{};
};

// Stores one alternative of LeafValue.
class LeafSetter {
 public:
  LeafSetter(const FieldSetter& setter, Message* message) : setter_(setter), message_(message) {}

  void operator()(absl::string_view value) const { setter_.text(message_, value); }
  void operator()(int32_t value) const { setter_.int32(message_, value); }
  void operator()(int64_t value) const { setter_.int64(message_, value); }
  void operator()(bool value) const { setter_.boolean(message_, value); }
  void operator()(double value) const { setter_.real(message_, value); }
  void operator()(DecimalAmount value) const {
    auto* money = static_cast<v1::Money*>(setter_.message(message_));
    money->set_currency_code(kJsonCurrency);
    money->set_units(value.units);
    money->set_nanos(value.nanos);
  }
  void operator()(WireInstant value) const {
    auto* time = static_cast<google::protobuf::Timestamp*>(setter_.message(message_));
    time->set_seconds(value.seconds);
    time->set_nanos(value.nanos);
  }

 private:
  const FieldSetter& setter_;
  Message* message_;
};

// Where an object stands, kept on the call stack; its text is made only for a list.
struct Place {
  const Place* parent = nullptr;
  const FieldPlan* field = nullptr;
  int64_t index = -1;  // of an element of an array

  std::string Path() const {
    std::string path = parent == nullptr ? "" : parent->Path();
    absl::StrAppend(&path, path.empty() ? "" : ".", field->json_name);
    if (index >= 0) absl::StrAppend(&path, "[", index, "]");
    return path;
  }
};

class QuickReader {
 public:
  QuickReader(absl::string_view json, DecodeReport* report) : scanner_(json), report_(report) {}

  bool ReadDocument(const MessagePlan& plan, Message* message) {
    scanner_.SkipSpace();
    if (!ReadObject(plan, message, nullptr, 1)) return false;
    scanner_.SkipSpace();
    return scanner_.AtEnd();
  }

 private:
  // `depth` counts the open objects and arrays, with this one.
  bool ReadObject(const MessagePlan& plan, Message* message, const Place* place, size_t depth) {
    if (plan.fields.size() > SeenFields::kMost || !scanner_.Take('{')) return false;
    scanner_.SkipSpace();
    if (scanner_.Take('}')) return true;
    SeenFields seen;
    const FieldPlan* next = plan.fields.data();
    do {
      scanner_.SkipSpace();
      const FieldPlan* field = nullptr;
      if (!ReadKey(plan, next, place, &field)) return false;
      scanner_.SkipSpace();
      if (field == nullptr) {
        if (!scanner_.SkipValue(kMaxJsonDepth - depth)) return false;
      } else {
        if (!seen.Add(field->index) || !ReadField(*field, message, place, depth)) return false;
        next = field + 1;
      }
    } while (scanner_.TakeAfterSpace(','));
    return scanner_.Take('}');
  }

  // With its colon. Keys mostly come in the order of declaration: the field `next` is tried first.
  // An unknown key leaves `field` as it is.
  bool ReadKey(const MessagePlan& plan, const FieldPlan* next, const Place* place,
               const FieldPlan** field) {
    if (next != plan.fields.data() + plan.fields.size() && scanner_.TakeWord(next->key_text)) {
      *field = next;
      return true;
    }
    absl::string_view key;
    if (!scanner_.TakeString(&key)) return false;
    *field = plan.Find(key, 0);
    if (*field == nullptr) {
      ListUnmapped([place] { return place == nullptr ? "" : place->Path(); }, key, report_);
    }
    scanner_.SkipSpace();
    return scanner_.Take(':');
  }

  bool ReadField(const FieldPlan& field, Message* message, const Place* place, size_t depth) {
    const char begin = scanner_.Peek();
    if (begin == 'n') return scanner_.TakeWord("null");
    if (begin == '"' && field.kind == JsonKind::kString) return ReadText(field, message);
    if (begin == '[') return ReadArray(field, message, place, depth + 1);
    const Place value{.parent = place, .field = &field};
    return ReadValue(field, message, value, depth);
  }

  bool ReadText(const FieldPlan& field, Message* message) {
    absl::string_view text;
    if (!scanner_.TakeString(&text)) return false;
    field.setter->text(message, text);
    return true;
  }

  bool ReadArray(const FieldPlan& field, Message* message, const Place* place, size_t depth) {
    if (depth > kMaxJsonDepth) return false;
    scanner_.Take('[');
    scanner_.SkipSpace();
    if (scanner_.Take(']')) return true;
    if (!field.repeated) return false;
    Place element{.parent = place, .field = &field};
    do {
      scanner_.SkipSpace();
      ++element.index;
      if (!ReadValue(field, message, element, depth)) return false;
    } while (scanner_.TakeAfterSpace(','));
    return scanner_.Take(']');
  }

  // Anything but an array. `depth` counts what is open around it.
  bool ReadValue(const FieldPlan& field, Message* message, const Place& place, size_t depth) {
    JsonToken token;
    switch (scanner_.Peek()) {
      case 'n':
        return scanner_.TakeWord("null");
      case '{':
        return ReadMessage(field, message, place, depth + 1);
      case '"':
        if (field.kind == JsonKind::kString) return ReadText(field, message);
        if (!scanner_.TakeString(&token.text)) return false;
        token.type = JsonTokenType::kString;
        break;
      case 't':
      case 'f':
        token.type = JsonTokenType::kBool;
        token.text = scanner_.Peek() == 't' ? "true" : "false";
        if (!scanner_.TakeWord(token.text)) return false;
        break;
      default:
        return ReadNumber(field, message);
    }
    return StoreToken(field, token, message);
  }

  bool StoreToken(const FieldPlan& field, const JsonToken& token, Message* message) {
    if (MeansNothing(field, token)) return true;
    const std::optional<LeafValue> value = ReadLeaf(field, token);
    if (!value) return false;
    std::visit(LeafSetter(*field.setter, message), *value);
    return true;
  }

  bool ReadNumber(const FieldPlan& field, Message* message) {
    ScannedNumber number;
    if (!scanner_.TakeNumber(&number)) return false;
    if (number.short_enough) {
      const LeafSetter setter(*field.setter, message);
      if (field.kind == JsonKind::kInt64 && number.decimals == 0) {
        setter(number.digits);
        return true;
      }
      const int decimals = number.decimals + (field.fen ? kFenExponent : 0);
      if (field.kind == JsonKind::kMoney && decimals <= kNanoDigits) {
        setter(ShiftDecimal(number.digits, decimals));
        return true;
      }
    }
    return StoreToken(field, {JsonTokenType::kNumber, number.text}, message);
  }

  bool ReadMessage(const FieldPlan& field, Message* message, const Place& place, size_t depth) {
    if (field.kind != JsonKind::kMessage || depth > kMaxJsonDepth) return false;
    if (++objects_ > kMaxJsonObjects) return false;
    return ReadObject(*field.child, field.setter->message(message), &place, depth);
  }

  JsonScanner scanner_;
  DecodeReport* report_;
  int64_t objects_ = 0;
};

}  // namespace

bool DecodeCleanJson(const JsonPlan& plan, absl::string_view json, Message* message,
                     DecodeReport* report) {
  if (!plan.HasSettersFor(*message)) return false;
  report->complete = QuickReader(json, report).ReadDocument(plan.root(), message);
  return report->complete;
}

}  // namespace order1688
