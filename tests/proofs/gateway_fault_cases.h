// The table "What the gateway's answer means" and its neighbourhood, one line per fault.
#ifndef ORDER1688_TESTS_PROOFS_GATEWAY_FAULT_CASES_H_
#define ORDER1688_TESTS_PROOFS_GATEWAY_FAULT_CASES_H_

#include <string>
#include <vector>

#include "order1688/v1/placement.pb.h"

namespace order1688 {

// One thing that the gateway does, and what must come of it.
struct GatewayFaultCase {
  std::string name;
  std::string fault;  // JSON of the sandbox's planned fault
  v1::PlacementState state;
  v1::ErrorReason reason;       // UNSPECIFIED: the call is OK
  std::string cause;            // of the stored placement; empty: any
  int sellers = 1;              // the request has one line for each
  bool hangs = false;           // nothing ends it but our own timeout
  bool before_reading = false;  // happens before the gateway has read the request
  bool ids_differ = false;      // the answer shows other ids than the gateway's books
  bool id_inexact = false;      // PLACED by the numeric twin alone: flagged, order_id empty
};

std::vector<GatewayFaultCase> GatewayFaultCases();

}  // namespace order1688

#endif  // ORDER1688_TESTS_PROOFS_GATEWAY_FAULT_CASES_H_
