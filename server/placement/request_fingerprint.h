// Tells whether two requests under one request_id are the same purchase.
#ifndef ORDER1688_SERVER_PLACEMENT_REQUEST_FINGERPRINT_H_
#define ORDER1688_SERVER_PLACEMENT_REQUEST_FINGERPRINT_H_

#include "absl/strings/string_view.h"
#include "server/ledger/ledger.h"
#include "server/placement/keyed_mac.h"

namespace order1688 {

// The version that new rows get.
inline constexpr int kFingerprintVersion = 2;

// KeyedMac::Of, keyed so that a stolen ledger does not let anybody guess addresses, over the
// account, the reference and the JSON body that would be sent. The body is written by our own
// encoder from the normalised request, so an absent and an empty field are equal, and a field that
// is added to the API later changes nothing. request_id and validate_only are not part of it.
//
// Version 1 is HMAC-SHA256 over the same; old rows have it. For any other `version`, such as that
// of a newer server's row, it gives kFingerprintVersion, which cannot be compared with the row's.
Fingerprint FingerprintOf(const KeyedMac& mac, absl::string_view account,
                          absl::string_view reference, absl::string_view body,
                          int version = kFingerprintVersion);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_REQUEST_FINGERPRINT_H_
