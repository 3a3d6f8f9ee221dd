// What the gateway's order list proves about a placement in doubt. Pure: PlacementLookup gives it
// what it read, and decides what follows.
#ifndef ORDER1688_SERVER_PLACEMENT_LOOKUP_MATCHER_H_
#define ORDER1688_SERVER_PLACEMENT_LOOKUP_MATCHER_H_

#include <vector>

#include "order1688/v1/placement.pb.h"
#include "server/ledger/ledger_row.h"
#include "server/upstream/order_list.h"

namespace order1688 {

// What a lookup has read.
struct LookupEvidence {
  const LookupTask& task;  // the placement in doubt
  const std::vector<ListedOrder>& orders;
  // Every order of the question was read. Else an order that is not there proves nothing, nor does
  // one that seems to be the only one.
  bool whole = false;
  // Of all ids of `orders` and their RoundedIdKeys, and of the placements signed within 24 minutes
  // around this one.
  const Neighbours& neighbours;
};

// What it proves. Each cargo line is known (an order with an exact id, or the gateway's own
// refusal), absent or unclear.
struct LookupFinding {
  // No order of the list can be theirs. Ascending. This alone does not prove that there is none.
  std::vector<int> absent_lines;
  // Nothing can be said: several candidates, one that fits another placement too, something
  // unreadable, a list that is not whole or lacks an order that is known to exist. Ascending.
  std::vector<int> unclear_lines;
  // The known lines: what the row knew, completed, and what was found. Only if no line is unclear.
  std::vector<v1::OrderResult> results;
  // Orders of no other placement that may be this one's, by id; at most 20.
  std::vector<v1::OrderCandidate> candidates;
};

// Evidence in this order: an id that the row knows from its own answer; the exact id of one that
// the row knows only rounded; else, per seller, the orders that fit this placement and no other
// unsettled or closed one, that are the only candidates, and that together hold exactly what the
// lines ask for. An order that another placement owns is never taken, and one that another may own
// by a rounded id is a candidate at most.
LookupFinding MatchLookup(const LookupEvidence& evidence);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_LOOKUP_MATCHER_H_
