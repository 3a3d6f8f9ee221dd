#include "server/placement/request_fingerprint.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace order1688 {

Fingerprint FingerprintOf(const KeyedMac& mac, absl::string_view account,
                          absl::string_view reference, absl::string_view body, int version) {
  if (version != 1) version = kFingerprintVersion;
  // Lengths in front, so that no two requests can give the same text.
  const std::string head = absl::StrCat("order1688 v", version, "\n", account.size(), ":", account,
                                        reference.size(), ":", reference, body.size(), ":");
  return {version, version == 1 ? mac.HmacOf({head, body}) : mac.Of({head, body})};
}

}  // namespace order1688
