#include "server/placement/request_fingerprint.h"

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr int kVersion = 1;

}  // namespace

Fingerprint FingerprintOf(const KeyedMac& mac, absl::string_view account,
                          absl::string_view reference, absl::string_view body) {
  // Lengths in front, so that no two requests can give the same text.
  return {kVersion,
          mac.Of({absl::StrCat("order1688 v", kVersion, "\n", account.size(), ":", account,
                               reference.size(), ":", reference, body.size(), ":"),
                  body})};
}

}  // namespace order1688
