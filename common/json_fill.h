// The SAX handler behind DecodeAnyJson: it hears the tokens of one document and fills one message.
// Used by json_thorough.cc only.

#ifndef ORDER1688_COMMON_JSON_FILL_H_
#define ORDER1688_COMMON_JSON_FILL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/json_decoder.h"
#include "common/json_leaf.h"
#include "common/json_plan.h"
#include "common/json_repair.h"
#include "google/protobuf/message.h"
#include "rapidjson/reader.h"

namespace order1688 {

// One use for one document. `source`, whose text is parsed in place, `message` and `report` must
// outlive it. A method that returns false ends the parsing; StopReason() then says why.
class JsonFill : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonFill> {
 public:
  JsonFill(const MessagePlan& plan, const RepairedJson& source, google::protobuf::Message* message,
           DecodeReport* report);

  bool Null();
  bool Bool(bool value);
  bool RawNumber(const char* text, rapidjson::SizeType size, bool copy);
  bool String(const char* text, rapidjson::SizeType size, bool copy);
  bool Key(const char* text, rapidjson::SizeType size, bool copy);
  bool StartObject();
  bool EndObject(rapidjson::SizeType count);
  bool StartArray();
  bool EndArray(rapidjson::SizeType count);

  // Why the handler itself ended the parsing; empty if it did not.
  absl::string_view StopReason() const { return stop_reason_; }
  // Where the reading stands: the path of the key that was read last. Empty before the first key.
  std::string Path() const;

 private:
  // What happened to a field of the object that is being read.
  enum class FieldState : uint8_t { kUnseen, kSet, kUnreadable };

  struct Frame {
    bool is_array = false;
    const MessagePlan* plan = nullptr;  // of an object
    google::protobuf::Message* message = nullptr;
    const FieldPlan* field =
        nullptr;             // of the current key, nullptr if it is unknown; or of the array
    int64_t index = -1;      // of the current element
    size_t first_state = 0;  // in states_, of an object
  };

  bool Stop(absl::string_view reason);
  // Begins a value; true if nobody wants it.
  bool IsIgnored();
  bool Leaf(const JsonToken& token, bool damaged);
  void StoreFieldLeaf(Frame* frame, const LeafValue& value);
  bool StartMessage(const FieldPlan& field);
  // Ignores the object or array that has just begun. An array that turns out not to be empty is
  // then listed.
  bool Skip(bool list_if_not_empty);
  bool IsTooDeep() const;
  // True if the string token whose text begins at `text` was damaged. Call once per string, in
  // their order.
  bool IsDamaged(const char* text);
  FieldState& StateOf(const Frame& frame, const FieldPlan& field);
  void MarkUnreadable();
  void ListUnreadable();

  const RepairedJson& source_;
  DecodeReport* report_;
  const MessagePlan& root_plan_;
  google::protobuf::Message* root_;
  std::vector<Frame> frames_;
  std::vector<FieldState> states_;  // of the open objects' fields, innermost last
  size_t next_changed_ = 0;         // in source_.changed
  int64_t objects_ = 0;
  int skip_depth_ = 0;
  bool list_skipped_ = false;
  absl::string_view stop_reason_;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_JSON_FILL_H_
