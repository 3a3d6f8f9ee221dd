// What the gateway really got, counted by business key: the only judge of "never twice".
#ifndef ORDER1688_TESTS_PROOFS_GATEWAY_BOOKS_H_
#define ORDER1688_TESTS_PROOFS_GATEWAY_BOOKS_H_

#include <map>
#include <set>
#include <string>

#include "order1688/v1/order_service.pb.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/service_call.h"

namespace order1688 {

// What the gateway got for one business key.
struct GatewayCount {
  int posts = 0;                    // create requests that were read whole, refused ones included
  std::set<std::string> order_ids;  // of the orders that exist
};

// The sandbox's report at one moment. The business key is the receiver's name: each placement of a
// proof has its own.
class GatewayBooks {
 public:
  static GatewayBooks Read(SandboxProcess& sandbox);

  GatewayCount Of(const std::string& key) const;
  const std::map<std::string, GatewayCount>& keys() const { return keys_; }
  // How often a planned fault was carried out.
  int HitsOf(const std::string& plan_id) const;

 private:
  std::map<std::string, GatewayCount> keys_;
  std::map<std::string, int> hits_;
};

// The sample request for the receiver `key`, with `key` as its request_id too.
v1::PlaceOrdersRequest KeyedRequest(const std::string& key);

// The promise that a stored placement breaks in view of what the gateway got; empty if it keeps
// all. `stored` has state UNSPECIFIED if there is no row.
// - An order that exists is shown with its id, or the placement is in doubt: never lost.
// - An order that is shown exists, with exactly this id.
// - At most one request for each attempt, and at most `sellers` orders in all.
std::string BrokenPromise(const v1::Placement& stored, const GatewayCount& got, int sellers = 1);

// The exact ids of the orders that a placement shows as placed.
std::set<std::string> ShownOrderIds(const v1::Placement& placement);

}  // namespace order1688

#endif  // ORDER1688_TESTS_PROOFS_GATEWAY_BOOKS_H_
