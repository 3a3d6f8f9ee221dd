// What a person's verdict makes of a placement in doubt. Pure rules: no clock, no store.
#ifndef ORDER1688_SERVER_PLACEMENT_PERSON_VERDICT_H_
#define ORDER1688_SERVER_PLACEMENT_PERSON_VERDICT_H_

#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "common/error.h"
#include "server/ledger/ledger_row.h"

namespace order1688 {

// How long after its signature, by our clock, an attempt may still make an order: the gateway
// refuses signatures that are older than 600 s, its clock may be 600 s behind ours (else it would
// have refused this signature as too new), and 120 s are spare.
inline constexpr absl::Duration kOrderMayAppear = absl::Seconds(1320);

// Cause of a placement that a person settled.
inline constexpr char kResolved[] = "resolved";

// A verdict, checked for its form.
struct PersonVerdict {
  v1::PlacementState state = v1::PLACEMENT_STATE_UNSPECIFIED;  // PLACED, NOT_PLACED or CLOSED
  std::vector<std::string> order_ids;                          // exact ones; with PLACED only
  std::string actor;                                           // configured id of a caller
  std::string reason;
};

// True if the placement was settled by a person with this verdict, whoever it was and whatever the
// reason.
bool HoldsVerdict(const v1::Placement& placement, const PersonVerdict& verdict);

// What Ledger::Settle has to write, or why the verdict cannot be: NOT_IN_DOUBT, ORDER_OWNED (it
// denies an order that the gateway confirmed), TOO_EARLY.
//
// PLACED: one result per order id; what was known of these orders stays, and orders that are known
// without an exact id stay if no given id fits them. NOT_PLACED: no results. CLOSED: the results
// stay as they are.
std::variant<Error, RowSettlement> SettlementOf(const WholeRow& whole, const PersonVerdict& verdict,
                                                absl::Time now);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_PERSON_VERDICT_H_
