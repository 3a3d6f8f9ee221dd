// One JSON leaf and one message field: the conversions between them, without any knowledge of
// documents or paths. Called by the JSON decoder (read, compare, store) and the JSON encoder
// (write).

#ifndef ORDER1688_COMMON_JSON_LEAF_H_
#define ORDER1688_COMMON_JSON_LEAF_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/decimal.h"
#include "common/json_plan.h"
#include "common/wire_time.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace order1688 {

// The gateway's `currency` is null for 1688 trades: they are in yuan.
inline constexpr char kJsonCurrency[] = "CNY";
inline constexpr int kFenExponent = 2;

enum class JsonTokenType { kString, kNumber, kBool };

// A leaf as it stands in the text; a boolean's text is "true" or "false".
struct JsonToken {
  JsonTokenType type = JsonTokenType::kString;
  absl::string_view text;
};

// What a leaf means for its field. Strings are views into the token's text.
using LeafValue =
    std::variant<absl::string_view, int32_t, int64_t, bool, double, DecimalAmount, WireInstant>;

// True if the leaf means "nothing" for the field: an empty string where the field is no string.
bool MeansNothing(const FieldPlan& field, const JsonToken& token);

// The value of `token` for a field of any kind but kMessage. No value: the token cannot be read as
// that kind, exactly.
std::optional<LeafValue> ReadLeaf(const FieldPlan& field, const JsonToken& token);

// The field must be singular. True if `message` holds exactly `value` in it.
bool HoldsLeaf(const google::protobuf::Message& message, const FieldPlan& field,
               const LeafValue& value);

// Sets a singular field, or adds to a repeated one. `value` must come from ReadLeaf for this field.
void StoreLeaf(google::protobuf::Message* message, const FieldPlan& field, const LeafValue& value);

// Appends the JSON text of a number or boolean, given as the serialised message has it: a varint,
// or the bits of a double. INVALID_ARGUMENT: a NaN or an infinity.
absl::Status AppendNumber(const FieldPlan& field, uint64_t wire, std::string* json);

// Appends the JSON text of a kMoney or kTimestamp, given as a serialised Money or Timestamp.
// INVALID_ARGUMENT: it breaks its type's rules.
absl::Status AppendPart(const FieldPlan& field, absl::string_view wire, std::string* json);

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_LEAF_H_
