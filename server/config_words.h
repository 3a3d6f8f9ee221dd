// Checks of names and short texts that several parts of the configuration share.
#ifndef ORDER1688_SERVER_CONFIG_WORDS_H_
#define ORDER1688_SERVER_CONFIG_WORDS_H_

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "server/config_text.h"

namespace order1688 {

// Whether `text` is 1 to `longest` visible ASCII characters, and so can be sent in an HTTP header
// as it is.
bool IsVisibleAscii(absl::string_view text, size_t longest);

// Reports a name that is not `[a-z0-9-]`, 1 to 32 characters, or that `seen` holds already, and
// adds it to `seen`.
void CheckName(const std::string& name, const std::string& field, const ConfigPlace& place,
               std::set<std::string>* seen);

// Reports each value of a repeated field that is not visible ASCII or is given twice.
void CheckWords(const google::protobuf::RepeatedPtrField<std::string>& values,
                const std::string& field, size_t longest, const ConfigPlace& place);

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_WORDS_H_
