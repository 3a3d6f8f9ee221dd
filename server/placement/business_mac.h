// Tells whether two placements buy the same for the same receiver.
#ifndef ORDER1688_SERVER_PLACEMENT_BUSINESS_MAC_H_
#define ORDER1688_SERVER_PLACEMENT_BUSINESS_MAC_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/placement/keyed_mac.h"

namespace order1688 {

// KeyedMac::Of over the cargo lines, in whatever order, and the receiver of a PlaceOrdersRequest
// that is serialised in its normal form: equal purchase, equal bytes, whichever account,
// request_id, reference or message. Keyed as the fingerprint is, so that nobody can guess addresses
// by it. It is a hint for the duplicate guard and nothing else: whether a request_id is used again
// with other content is what FingerprintOf tells.
std::string BusinessMacOf(const KeyedMac& mac, absl::string_view request);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_BUSINESS_MAC_H_
