// The text of a configuration: parsed, with the line of every field, so that each complaint can say
// where.
#ifndef ORDER1688_SERVER_CONFIG_TEXT_H_
#define ORDER1688_SERVER_CONFIG_TEXT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/text_format.h"
#include "order1688/config/v1/server_config.pb.h"

namespace order1688 {

// One thing that is wrong with a configuration.
struct ConfigFault {
  int line = 0;         // from 1; 0 if it belongs to no line
  std::string field;    // e.g. accounts[0].base_url; empty for an error of the text itself
  std::string message;  // never holds a value that could be a secret
};

// The form for people: `FILE:LINE: FIELD: MESSAGE`, one line per fault, in the order of the lines.
std::string ToText(absl::string_view file, std::vector<ConfigFault> faults);

// Where one message of the configuration stands in the text. Copies are cheap; the ConfigText that
// it comes from, and the vector of faults, must outlive it.
class ConfigPlace {
 public:
  using Tree = google::protobuf::TextFormat::ParseInfoTree;

  // `tree` is null if the text does not hold the message.
  ConfigPlace(const google::protobuf::Descriptor* type, const Tree* tree, std::string path,
              int line, bool text_is_whole, std::vector<ConfigFault>* faults);

  // Place of a message field; `index` is -1 unless it is repeated.
  ConfigPlace Child(const std::string& field, int index = -1) const;

  // Whether the text sets the field, if only to its default value.
  bool IsSet(const std::string& field) const;

  // Complains of a field of this message, at its line; at the line of the message if the text does
  // not set it.
  void Fault(const std::string& field, absl::string_view message) const {
    Fault(field, -1, message);
  }
  void Fault(const std::string& field, int index, absl::string_view message) const;

  // Complains that a field is missing, unless parts of the text could not be read: it may be among
  // them.
  void Missing(const std::string& field, absl::string_view message) const;

 private:
  std::string PathOf(const std::string& field, int index) const;
  int LineOf(const std::string& field, int index) const;

  const google::protobuf::Descriptor* type_;
  const Tree* tree_;
  std::string path_;
  int line_;
  bool text_is_whole_;
  std::vector<ConfigFault>* faults_;
};

// A parsed configuration, as far as it could be read.
class ConfigText {
 public:
  // Reads `text` and adds to `faults` what is wrong: every unknown key, and every line that is not
  // text format of its field's type.
  ConfigText(absl::string_view text, std::vector<ConfigFault>* faults);

  const config::v1::ServerConfig& proto() const { return proto_; }

  // The place of the whole configuration. `faults` must outlive it.
  ConfigPlace Root(std::vector<ConfigFault>* faults) const;

 private:
  config::v1::ServerConfig proto_;
  std::unique_ptr<ConfigPlace::Tree> tree_;
  bool is_whole_ = true;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_TEXT_H_
