#include "common/json_fill.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/json_report.h"

namespace order1688 {

using ::google::protobuf::Message;

JsonFill::JsonFill(const MessagePlan& plan, const RepairedJson& source, Message* message,
                   DecodeReport* report)
    : source_(source), report_(report), root_plan_(plan), root_(message) {
  frames_.reserve(kMaxJsonDepth);
}

bool JsonFill::Null() {
  if (frames_.empty()) return Stop("not a JSON object");
  IsIgnored();
  return true;
}

bool JsonFill::Bool(bool value) {
  return Leaf({JsonTokenType::kBool, value ? "true" : "false"}, false);
}

bool JsonFill::RawNumber(const char* text, rapidjson::SizeType size, bool) {
  // Without a character behind it the number may have been cut: 19 could be the begin of 1999.
  if (text + size == source_.text.data() + source_.text.size()) return true;
  return Leaf({JsonTokenType::kNumber, absl::string_view(text, size)}, false);
}

bool JsonFill::String(const char* text, rapidjson::SizeType size, bool) {
  const bool damaged = IsDamaged(text);
  return Leaf({JsonTokenType::kString, absl::string_view(text, size)}, damaged);
}

bool JsonFill::Key(const char* text, rapidjson::SizeType size, bool) {
  if (skip_depth_ > 0) return true;
  Frame& frame = frames_.back();
  const size_t next = frame.field == nullptr ? 0 : frame.field->index + 1;
  const absl::string_view key(text, size);
  frame.field = frame.plan->Find(key, next);
  if (frame.field == nullptr) ListUnmapped([this] { return Path(); }, key, report_);
  return true;
}

bool JsonFill::StartObject() {
  if (IsTooDeep()) return Stop("nested deeper than 32");
  if (frames_.empty()) {
    frames_.push_back({.plan = &root_plan_, .message = root_});
    states_.resize(root_plan_.fields.size());
    return true;
  }
  if (IsIgnored()) return Skip(false);
  const FieldPlan& field = *frames_.back().field;
  if (field.kind == JsonKind::kMessage) return StartMessage(field);
  MarkUnreadable();
  return Skip(false);
}

bool JsonFill::StartMessage(const FieldPlan& field) {
  const Frame& parent = frames_.back();
  if (!parent.is_array) {
    FieldState& state = StateOf(parent, field);
    if (state == FieldState::kSet) {
      ListUnreadable();
      return Skip(false);
    }
    state = FieldState::kSet;
  }
  if (++objects_ > kMaxJsonObjects) return Stop("more than 20000 objects");
  const auto* reflection = parent.message->GetReflection();
  Message* child = field.repeated ? reflection->AddMessage(parent.message, field.field)
                                  : reflection->MutableMessage(parent.message, field.field);
  frames_.push_back({.plan = field.child, .message = child, .first_state = states_.size()});
  states_.resize(states_.size() + field.child->fields.size());
  return true;
}

bool JsonFill::EndObject(rapidjson::SizeType) {
  if (skip_depth_ > 0) {
    --skip_depth_;
    return true;
  }
  states_.resize(frames_.back().first_state);
  frames_.pop_back();
  return true;
}

bool JsonFill::StartArray() {
  if (IsTooDeep()) return Stop("nested deeper than 32");
  if (frames_.empty()) return Stop("not a JSON object");
  if (IsIgnored()) return Skip(false);
  const Frame& frame = frames_.back();
  const FieldPlan& field = *frame.field;
  const bool wanted =
      field.repeated && !frame.is_array && StateOf(frame, field) != FieldState::kSet;
  if (!wanted) return Skip(true);
  frames_.push_back({.is_array = true, .message = frame.message, .field = &field});
  return true;
}

bool JsonFill::EndArray(rapidjson::SizeType count) {
  if (skip_depth_ == 0) {
    const FieldPlan& field = *frames_.back().field;
    frames_.pop_back();
    if (count > 0) StateOf(frames_.back(), field) = FieldState::kSet;
    return true;
  }
  if (--skip_depth_ == 0 && list_skipped_ && count > 0) MarkUnreadable();
  return true;
}

std::string JsonFill::Path() const {
  std::string path;
  for (const Frame& frame : frames_) {
    if (frame.is_array) {
      if (frame.index >= 0) absl::StrAppend(&path, "[", frame.index, "]");
    } else if (frame.field != nullptr) {
      absl::StrAppend(&path, path.empty() ? "" : ".", frame.field->json_name);
    }
  }
  return path;
}

bool JsonFill::Stop(absl::string_view reason) {
  stop_reason_ = reason;
  return false;
}

bool JsonFill::IsIgnored() {
  if (skip_depth_ > 0) return true;
  Frame& frame = frames_.back();
  if (frame.is_array) ++frame.index;
  return frame.field == nullptr;
}

bool JsonFill::Leaf(const JsonToken& token, bool damaged) {
  if (frames_.empty()) return Stop("not a JSON object");
  if (IsIgnored()) return true;
  Frame& frame = frames_.back();
  if (!damaged && MeansNothing(*frame.field, token)) return true;
  std::optional<LeafValue> value;
  if (!damaged) value = ReadLeaf(*frame.field, token);
  if (!value) {
    MarkUnreadable();
  } else if (frame.is_array) {
    StoreLeaf(frame.message, *frame.field, *value);
  } else {
    StoreFieldLeaf(&frame, *value);
  }
  return true;
}

void JsonFill::StoreFieldLeaf(Frame* frame, const LeafValue& value) {
  const FieldPlan& field = *frame->field;
  FieldState& state = StateOf(*frame, field);
  if (state == FieldState::kUnseen) {
    StoreLeaf(frame->message, field, value);
    state = FieldState::kSet;
  } else if (state == FieldState::kSet &&
             (field.repeated || !HoldsLeaf(*frame->message, field, value))) {
    MarkUnreadable();
  }
}

bool JsonFill::Skip(bool list_if_not_empty) {
  if (skip_depth_++ == 0) list_skipped_ = list_if_not_empty;
  return true;
}

bool JsonFill::IsTooDeep() const {
  return frames_.size() + static_cast<size_t>(skip_depth_) >= kMaxJsonDepth;
}

bool JsonFill::IsDamaged(const char* text) {
  const auto begin = static_cast<size_t>(text - source_.text.data()) - 1;  // of the quote
  const std::vector<ChangedString>& changed = source_.changed;
  while (next_changed_ < changed.size() && changed[next_changed_].begin < begin) ++next_changed_;
  return next_changed_ < changed.size() && changed[next_changed_].begin == begin &&
         changed[next_changed_].damaged;
}

JsonFill::FieldState& JsonFill::StateOf(const Frame& frame, const FieldPlan& field) {
  return states_[frame.first_state + field.index];
}

// The current value cannot be kept. Of two leaves under one key neither is: nobody knows which one
// is meant. Objects and arrays hold too much to throw the first one away.
void JsonFill::MarkUnreadable() {
  const Frame& frame = frames_.back();
  if (frame.is_array || frame.field->repeated || frame.field->kind == JsonKind::kMessage)
    return ListUnreadable();
  FieldState& state = StateOf(frame, *frame.field);
  if (state == FieldState::kUnreadable) return;
  if (state == FieldState::kSet)
    frame.message->GetReflection()->ClearField(frame.message, frame.field->field);
  state = FieldState::kUnreadable;
  ListUnreadable();
}

void JsonFill::ListUnreadable() {
  if (++report_->total_unreadable <= kMaxListedPaths) report_->unreadable.push_back(Path());
}

}  // namespace order1688
