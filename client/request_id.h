// The form of request ids.
#ifndef ORDER1688_CLIENT_REQUEST_ID_H_
#define ORDER1688_CLIENT_REQUEST_ID_H_

#include "absl/strings/string_view.h"

namespace order1688 {

// True for 1 to 64 characters of [A-Za-z0-9._-] (a UUID is one).
bool IsRequestId(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_CLIENT_REQUEST_ID_H_
