// Under which keys the ledger knows whose an order is.
#ifndef ORDER1688_SERVER_LEDGER_OWNERSHIP_KEYS_H_
#define ORDER1688_SERVER_LEDGER_OWNERSHIP_KEYS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// The exact order ids in a placement's results: those orders are its own.
std::vector<std::string> OwnedOrderIds(const v1::Placement& placement);

// What a store keeps for a placement: OwnedOrderIds, and the RoundedIdKey of each order that the
// placement knows only by its rounded number (order_id_inexact).
std::vector<std::string> OwnershipKeys(const v1::Placement& placement);

// The key of all orders whose id is rounded to the same number as the decimal `order_id`; empty if
// that is no 64-bit number. Who holds it owns one of them, nobody knows which: such an order is not
// another placement's for certain, and must not be taken for anyone's.
std::string RoundedIdKey(absl::string_view order_id);
bool IsRoundedIdKey(absl::string_view key);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_OWNERSHIP_KEYS_H_
