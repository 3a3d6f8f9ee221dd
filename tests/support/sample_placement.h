// Invented rows for tests of ledgers.
#ifndef ORDER1688_TESTS_SUPPORT_SAMPLE_PLACEMENT_H_
#define ORDER1688_TESTS_SUPPORT_SAMPLE_PLACEMENT_H_

#include <string>

#include "absl/time/time.h"
#include "common/shared_text.h"
#include "server/ledger/ledger.h"

namespace order1688 {

// A reservation of caller "shop" with a lease of 90 s; `content` stands for what is ordered.
inline Reservation SampleReservation(const std::string& request_id,
                                     const std::string& content = "one lamp") {
  Reservation reservation;
  reservation.key = {"shop", request_id};
  reservation.fingerprint = {1, "mac of " + content};
  reservation.placement->set_account("main");
  reservation.placement->set_gateway_host("gateway.example");
  reservation.placement->set_environment(v1::ENVIRONMENT_SANDBOX);
  reservation.placement->set_reference("basket 7");
  reservation.placement->mutable_sign_time()->set_seconds(1767323045);
  reservation.request = "request for " + content;
  reservation.lease = absl::Seconds(90);
  return reservation;
}

// What came of a reserved row.
inline PlacementRecord SampleRecord(const LedgerRow& row, v1::PlacementState state,
                                    const std::string& cause = "answered") {
  PlacementRecord record;
  record.key = {row.placement->caller(), row.placement->request_id()};
  record.fence = row.fence;
  record.placement = row.placement;
  record.placement->set_state(state);
  record.placement->set_cause(cause);
  if (state == v1::PLACEMENT_STATE_NOT_PLACED) {
    record.placement->set_evidence(v1::NOT_PLACED_EVIDENCE_NEVER_SENT);
  }
  record.placement->set_gateway_request_id("gateway-1");
  record.raw_answer = SharedText("answer: " + cause);
  return record;
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_SAMPLE_PLACEMENT_H_
