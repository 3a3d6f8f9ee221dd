#include "tests/simulation/simulation_counts.h"

#include <array>

#include "absl/strings/str_cat.h"
#include "server/ledger/ledger.h"

namespace order1688 {
namespace {

constexpr auto kMustHappen = std::to_array<const char*>(
    {// Calls, and how they end.
     "call", "joined_or_replayed", "told_in_doubt", "cancelled", "further_attempt",
     // What the gateway does with a body.
     "order", "all_placed", "one_refused", "all_refused", "refused_code", "refused_signature",
     "throttled", "broken_nothing_made", "broken_all_made", "answer_cut", "one_unanswered",
     "no_answer_all_made", "no_answer_one_made", "no_answer_nothing_made", "garbage_all_made",
     // Bodies that are late, and clocks that differ.
     "body", "body_frozen", "body_frozen_behind_504", "body_without_sender",
     "signature_out_of_time", "ordered_while_in_doubt", "woke_after_not_placed", "clock_jumped",
     "never_sent",
     // The order list.
     "page", "page_broken", "page_unanswered", "page_garbage", "page_empty", "page_too_short",
     "page_no_total", "page_without_receivers", "page_no_date", "page_signature_out_of_time",
     // Who settles what was in doubt.
     "late_answer_settled", "late_answer_superseded", "lease_expired", "lookup_placed",
     "lookup_partially_placed", "lookup_not_placed", "lookup_left_candidates", "person_placed",
     "person_not_placed", "person_closed", "person_too_early", "person_waits_for_the_gateway",
     "verdict_came_too_late", "twins_in_doubt",
     // Processes and the ledger.
     "crash", "crash_with_late_effect", "stop", "ledger_reserve_failed", "ledger_reserve_lied",
     "ledger_record_failed", "ledger_record_lied", "ledger_find_failed", "ledger_find_lied",
     "ledger_expire_leases_failed", "ledger_expire_leases_lied", "ledger_find_whole_failed",
     "ledger_find_whole_lied", "ledger_settle_failed", "ledger_settle_lied",
     "ledger_take_lookups_failed", "ledger_take_lookups_lied", "ledger_note_lookup_failed",
     "ledger_note_lookup_lied", "ledger_find_neighbours_failed", "ledger_find_neighbours_lied",
     // Lives with a list that is of no use.
     "life_with_empty_list", "life_without_receivers", "life_with_other_clock",
     "life_with_late_list", "life_with_hidden_orders", "order_by_hand"});

std::string EdgeName(v1::PlacementState from, v1::PlacementState to) {
  return absl::StrCat(v1::PlacementState_Name(from), " -> ", v1::PlacementState_Name(to));
}

std::vector<v1::PlacementState> AllStates() {
  std::vector<v1::PlacementState> states;
  for (int state = 0; state < v1::PlacementState_ARRAYSIZE; ++state)
    states.push_back(static_cast<v1::PlacementState>(state));
  return states;
}

}  // namespace

std::vector<std::string> SimulationCounts::Missing() const {
  std::vector<std::string> missing;
  for (const char* what : kMustHappen) {
    if (!counts_.contains(what)) missing.emplace_back(what);
  }
  for (v1::PlacementState from : AllStates()) {
    for (v1::PlacementState to : AllStates()) {
      const bool met = edges_.contains(from * v1::PlacementState_ARRAYSIZE + to);
      if (IsDeclaredEdge(from, to) && !met) missing.push_back(EdgeName(from, to));
    }
  }
  return missing;
}

std::string SimulationCounts::Text() const {
  std::string text;
  for (const auto& [what, count] : counts_) absl::StrAppend(&text, what, " ", count, "\n");
  for (const auto& [edge, count] : edges_) {
    const auto from = static_cast<v1::PlacementState>(edge / v1::PlacementState_ARRAYSIZE);
    const auto to = static_cast<v1::PlacementState>(edge % v1::PlacementState_ARRAYSIZE);
    absl::StrAppend(&text, EdgeName(from, to), " ", count, "\n");
  }
  return text;
}

}  // namespace order1688
