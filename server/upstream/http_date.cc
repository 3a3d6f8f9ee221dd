#include "server/upstream/http_date.h"

#include <string>

namespace order1688 {

std::optional<absl::Time> ParseHttpDate(absl::string_view text) {
  absl::Time time;
  const bool read = absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", std::string(text),
                                    absl::UTCTimeZone(), &time, /*err=*/nullptr);
  const bool finite = time != absl::InfiniteFuture() && time != absl::InfinitePast();
  return read && finite ? std::optional<absl::Time>(time) : std::nullopt;
}

}  // namespace order1688
