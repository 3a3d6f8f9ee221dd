// The header Date of the gateway's answers: the only reading of its clock that we get.
#ifndef ORDER1688_SERVER_UPSTREAM_HTTP_DATE_H_
#define ORDER1688_SERVER_UPSTREAM_HTTP_DATE_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace order1688 {

// Reads "Sun, 06 Nov 1994 08:49:37 GMT", the form that every server must send. nullopt for anything
// else.
std::optional<absl::Time> ParseHttpDate(absl::string_view text);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_HTTP_DATE_H_
