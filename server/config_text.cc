#include "server/config_text.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"

namespace order1688 {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::TextFormat;

// The parser repeats what it found: it may be a token or a key that was written at the wrong place.
std::string WithoutFoundText(absl::string_view message) {
  absl::string_view rest;
  size_t quoted = message.find(" of \"");
  if (quoted != absl::string_view::npos) {
    size_t end = message.rfind("\" for ");
    if (end != absl::string_view::npos && end > quoted) rest = message.substr(end + 1);
    message = message.substr(0, quoted);
  }
  for (absl::string_view before : {", got: ", ", found ", ": \"", ": '"}) {
    size_t at = message.find(before);
    if (at != absl::string_view::npos) message = message.substr(0, at);
  }
  return absl::StrCat(message, rest);
}

class FaultCollector final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    faults.push_back(
        {line + 1, "", absl::StrCat("column ", column + 1, ": ", WithoutFoundText(message))});
    error_line = line;
  }

  // The parser is told to step over unknown keys, so that it finds all of them; each is a warning
  // then.
  void AddWarning(int line, int column, const std::string& message) override {
    faults.push_back({line + 1, "", absl::StrCat("column ", column + 1, ": ", message)});
  }

  std::vector<ConfigFault> faults;
  int error_line = -1;
};

bool IsNested(absl::string_view line) {
  return line.find_first_of("{}<>[]") != absl::string_view::npos;
}

}  // namespace

std::string ToText(absl::string_view file, std::vector<ConfigFault> faults) {
  std::stable_sort(faults.begin(), faults.end(),
                   [](const ConfigFault& a, const ConfigFault& b) { return a.line < b.line; });
  std::string text;
  for (const ConfigFault& fault : faults) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", file);
    if (fault.line > 0) absl::StrAppend(&text, ":", fault.line);
    absl::StrAppend(&text, ": ", fault.field, fault.field.empty() ? "" : ": ", fault.message);
  }
  return text;
}

ConfigPlace::ConfigPlace(const google::protobuf::Descriptor* type, const Tree* tree,
                         std::string path, int line, bool text_is_whole,
                         std::vector<ConfigFault>* faults)
    : type_(type),
      tree_(tree),
      path_(std::move(path)),
      line_(line),
      text_is_whole_(text_is_whole),
      faults_(faults) {}

ConfigPlace ConfigPlace::Child(const std::string& field, int index) const {
  const FieldDescriptor* descriptor = type_->FindFieldByName(field);
  const Tree* tree = IsSet(field) ? tree_->GetTreeForNested(descriptor, index) : nullptr;
  return {descriptor->message_type(), tree,           PathOf(field, index),
          LineOf(field, index),       text_is_whole_, faults_};
}

bool ConfigPlace::IsSet(const std::string& field) const {
  const FieldDescriptor* descriptor = type_->FindFieldByName(field);
  return tree_ != nullptr &&
         tree_->GetLocation(descriptor, descriptor->is_repeated() ? 0 : -1).line >= 0;
}

void ConfigPlace::Fault(const std::string& field, int index, absl::string_view message) const {
  faults_->push_back({LineOf(field, index), PathOf(field, index), std::string(message)});
}

void ConfigPlace::Missing(const std::string& field, absl::string_view message) const {
  if (text_is_whole_) Fault(field, message);
}

std::string ConfigPlace::PathOf(const std::string& field, int index) const {
  return absl::StrCat(path_, path_.empty() ? "" : ".", field,
                      index < 0 ? "" : absl::StrCat("[", index, "]"));
}

int ConfigPlace::LineOf(const std::string& field, int index) const {
  if (!IsSet(field)) return line_;
  const FieldDescriptor* descriptor = type_->FindFieldByName(field);
  if (descriptor->is_repeated() && index < 0) index = 0;
  int line = tree_->GetLocation(descriptor, index).line;
  return line < 0 ? line_ : line + 1;
}

// The parser stops at its first error. To find the others, the line of the error is emptied and the
// text read again; a line with brackets cannot be, as the lines after it would lose their meaning.
ConfigText::ConfigText(absl::string_view text, std::vector<ConfigFault>* faults) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  while (true) {
    FaultCollector collector;
    tree_ = std::make_unique<ConfigPlace::Tree>();
    TextFormat::Parser parser;
    parser.RecordErrorsTo(&collector);
    parser.WriteLocationsTo(tree_.get());
    parser.AllowUnknownField(true);
    parser.SetRecursionLimit(10);
    bool parsed = parser.ParseFromString(absl::StrJoin(lines, "\n"), &proto_);
    if (parsed) {
      faults->insert(faults->end(), collector.faults.begin(), collector.faults.end());
      return;
    }
    is_whole_ = false;
    int line = collector.error_line;
    bool can_go_on = line >= 0 && line < static_cast<int>(lines.size()) && !lines[line].empty() &&
                     !IsNested(lines[line]);
    if (!can_go_on) {
      faults->insert(faults->end(), collector.faults.begin(), collector.faults.end());
      return;
    }
    // Unknown keys found on the way are found again in the next round.
    for (const ConfigFault& fault : collector.faults) {
      if (fault.line == line + 1) faults->push_back(fault);
    }
    lines[line].clear();
  }
}

ConfigPlace ConfigText::Root(std::vector<ConfigFault>* faults) const {
  return {config::v1::ServerConfig::descriptor(), tree_.get(), "", 1, is_whole_, faults};
}

}  // namespace order1688
