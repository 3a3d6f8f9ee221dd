#include "client/cli/json_guard.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text_width.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"

namespace order1688 {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

constexpr size_t kMostExactDigits = 15;  // of a double

const FieldDescriptor* FindField(const Descriptor& message, const std::string& key) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* field = message.field(i);
    if (field->json_name() == key || field->name() == key) return field;
  }
  return nullptr;
}

size_t CountDigits(absl::string_view number) {
  const absl::string_view mantissa = number.substr(0, number.find_first_of("eE"));
  return std::count_if(mantissa.begin(), mantissa.end(),
                       [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); });
}

bool IsFraction(const FieldDescriptor* field) {
  return field != nullptr && (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE ||
                              field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT);
}

// RapidJSON's events, checked against the message. Every method returns false to stop; `problem`
// then says why.
class Guard {
 public:
  explicit Guard(const Descriptor* message) : root_(message) {}

  const std::string& problem() const { return problem_; }
  const std::vector<std::string>& top_level_keys() const { return top_level_keys_; }

  bool Null() {
    if (frames_.empty()) return Refuse("the outermost value must be an object");
    if (InArray()) return BeginValue() && Refuse(absl::StrCat(Path(), " is null"));
    return BeginValue();
  }
  bool Bool(bool) { return Scalar(); }
  bool Int(int) { return Scalar(); }
  bool Uint(unsigned) { return Scalar(); }
  bool Int64(int64_t) { return Scalar(); }
  bool Uint64(uint64_t) { return Scalar(); }
  bool Double(double) { return Scalar(); }

  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return Scalar() && CheckFraction(absl::string_view(text, size));
  }

  bool String(const char* text, rapidjson::SizeType size, bool) {
    return Scalar() && CheckFraction(absl::string_view(text, size));
  }

  bool Key(const char* text, rapidjson::SizeType size, bool) {
    Frame& frame = frames_.back();
    frame.key.assign(text, size);
    frame.field = nullptr;
    if (frames_.size() == 1) top_level_keys_.push_back(frame.key);
    if (frame.message != nullptr) {
      frame.field = FindField(*frame.message, frame.key);
      if (frame.field == nullptr) return Refuse(absl::StrCat("unknown field ", Path()));
    }
    const std::string identity = frame.field == nullptr ? frame.key : frame.field->name();
    if (!frame.seen.insert(identity).second)
      return Refuse(absl::StrCat("field ", Path(), " stands twice"));
    return true;
  }

  bool StartObject() {
    const Descriptor* message = root_;
    if (!frames_.empty()) {
      if (!BeginValue()) return false;
      const FieldDescriptor* field = frames_.back().field;
      message = field == nullptr ? nullptr : field->message_type();
      const bool fits = message != nullptr && (!field->is_repeated() || InArray());
      if (field != nullptr && !fits) return Refuse(absl::StrCat(Path(), " must not be an object"));
    }
    return Push({/*is_array=*/false, message});
  }

  bool StartArray() {
    if (frames_.empty()) return Refuse("the outermost value must be an object");
    if (!BeginValue()) return false;
    const FieldDescriptor* field = frames_.back().field;
    const bool fits = field == nullptr || (field->is_repeated() && !InArray());
    if (!fits) return Refuse(absl::StrCat(Path(), " must not be a list"));
    Frame frame{/*is_array=*/true, nullptr};
    frame.field = field;
    return Push(std::move(frame));
  }

  bool EndObject(rapidjson::SizeType) { return Pop(); }
  bool EndArray(rapidjson::SizeType) { return Pop(); }

 private:
  struct Frame {
    bool is_array = false;
    const Descriptor* message = nullptr;     // of an object; null: any keys
    const FieldDescriptor* field = nullptr;  // of the present key, or of the array
    std::string key = {};
    std::set<std::string> seen = {};
    int next_index = 0;
  };

  bool InArray() const { return !frames_.empty() && frames_.back().is_array; }

  bool BeginValue() {
    if (InArray()) ++frames_.back().next_index;
    return true;
  }

  bool Scalar() {
    if (frames_.empty()) return Refuse("the outermost value must be an object");
    BeginValue();
    const FieldDescriptor* field = frames_.back().field;
    if (field == nullptr) return true;
    if (field->is_repeated() && !InArray()) return Refuse(absl::StrCat(Path(), " must be a list"));
    if (field->message_type() != nullptr) return Refuse(absl::StrCat(Path(), " must be an object"));
    return true;
  }

  bool CheckFraction(absl::string_view text) {
    if (!IsFraction(frames_.back().field)) return true;
    double number = 0;
    if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) {
      return Refuse(absl::StrCat(Path(), " must be a finite number"));
    }
    if (CountDigits(text) > kMostExactDigits) {
      return Refuse(absl::StrCat(Path(), " has more digits than can be kept exactly"));
    }
    return true;
  }

  bool Push(Frame frame) {
    if (frames_.size() >= kDeepestJson)
      return Refuse(absl::StrCat("nested deeper than ", kDeepestJson));
    frames_.push_back(std::move(frame));
    return true;
  }

  bool Pop() {
    frames_.pop_back();
    return true;
  }

  std::string Path() const {
    std::string path;
    for (const Frame& frame : frames_) {
      if (frame.is_array) {
        absl::StrAppend(&path, "[", frame.next_index - 1, "]");
      } else {
        absl::StrAppend(&path, path.empty() ? "" : ".", frame.key);
      }
    }
    return SafeForTerminal(CutTo(path, 200));
  }

  bool Refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  const Descriptor* root_;
  std::vector<Frame> frames_;
  std::vector<std::string> top_level_keys_;
  std::string problem_;
};

absl::Status ErrorAt(absl::string_view text, size_t offset, absl::string_view problem) {
  const absl::string_view before = text.substr(0, offset);
  const size_t line = 1 + std::count(before.begin(), before.end(), '\n');
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ", byte ", offset, ": ", problem));
}

absl::StatusOr<std::vector<std::string>> Check(absl::string_view text, const Descriptor* message) {
  if (absl::StartsWith(text, "\xEF\xBB\xBF")) {
    return ErrorAt(text, 0, "starts with a byte order mark; save it as UTF-8 without one");
  }
  // RapidJSON takes a NUL byte for the end of the text, and would not look at what follows.
  if (const size_t nul = text.find('\0'); nul != absl::string_view::npos)
    return ErrorAt(text, nul, "a NUL byte");

  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Guard guard(message);
  // Iterative: the recursive parser would crash on deep nesting before the guard sees it.
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag |
                              rapidjson::kParseValidateEncodingFlag |
                              rapidjson::kParseNumbersAsStringsFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, guard);
  if (!result) {
    const std::string problem =
        guard.problem().empty() ? rapidjson::GetParseError_En(result.Code()) : guard.problem();
    return ErrorAt(text, std::min(result.Offset(), text.size()), problem);
  }
  return guard.top_level_keys();
}

}  // namespace

absl::Status CheckJson(absl::string_view text, const Descriptor& message) {
  return Check(text, &message).status();
}

absl::StatusOr<std::vector<std::string>> TopLevelKeys(absl::string_view text) {
  return Check(text, nullptr);
}

}  // namespace order1688
