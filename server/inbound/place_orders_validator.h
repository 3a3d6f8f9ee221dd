// Checks a request before anything is stored or sent. Every violation is told at once.
#ifndef ORDER1688_SERVER_INBOUND_PLACE_ORDERS_VALIDATOR_H_
#define ORDER1688_SERVER_INBOUND_PLACE_ORDERS_VALIDATOR_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/error.h"
#include "order1688/v1/order_service.pb.h"
#include "server/inbound/caller_auth.h"

namespace order1688 {

// What a check found.
struct Findings {
  std::vector<FieldViolation> violations;  // each one refuses the request
  std::vector<std::string>
      warnings;  // look wrong, but no source says that the gateway refuses them
};

// Checks a normalised request of `caller`, and the paths of its unknown fields. Only confirmed
// rules of the gateway (marked [C] in reference/gateway.md 6) and the rules of this service refuse;
// guesses warn. Field paths are proto paths, e.g. batch.cargo_lines[2].quantity; texts never repeat
// a value.
Findings CheckPlaceOrders(const v1::PlaceOrdersRequest& request,
                          const std::vector<std::string>& unknown_fields,
                          const CallerProfile& caller, int max_cargo_lines_per_seller);

}  // namespace order1688

#endif  // ORDER1688_SERVER_INBOUND_PLACE_ORDERS_VALIDATOR_H_
