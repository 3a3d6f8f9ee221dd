// The file form of a saved request id.
#ifndef ORDER1688_CLIENT_CLI_SAVED_REQUEST_JSON_H_
#define ORDER1688_CLIENT_CLI_SAVED_REQUEST_JSON_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/request_id_store.h"

namespace order1688 {

// JSON of one saved request id, ended by a newline.
std::string ToJson(const SavedRequest& saved);

// Reads it back; nullopt if the text is damaged.
std::optional<SavedRequest> SavedRequestFromJson(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_SAVED_REQUEST_JSON_H_
