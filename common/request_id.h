// The form of a request_id: the caller's own name for one purchase.
#ifndef ORDER1688_COMMON_REQUEST_ID_H_
#define ORDER1688_COMMON_REQUEST_ID_H_

#include "absl/strings/string_view.h"

namespace order1688 {

// True for 1 to 64 characters of A-Z a-z 0-9 . _ - (a UUID is one). Text of this form can be
// logged.
bool IsRequestId(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_COMMON_REQUEST_ID_H_
