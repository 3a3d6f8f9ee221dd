// Judges the ids of one element of the gateway's answer: the presence of an order id proves that
// the order exists.
#ifndef ORDER1688_SERVER_UPSTREAM_ORDER_ID_EVIDENCE_H_
#define ORDER1688_SERVER_UPSTREAM_ORDER_ID_EVIDENCE_H_

#include "absl/strings/string_view.h"
#include "order1688/v1/order.pb.h"

namespace order1688 {

// What the ids of an element prove.
enum class OrderIdEvidence {
  kNone,  // no id of any kind
  kHint,  // no order id, but something that only an order has (a sub-order id, an id that cannot be
          // read): never call it refused
  kInexact,  // only the numeric twin, which the gateway may have rounded: the order exists, its
             // exact id is unknown
  kExact,    // the order exists and its id is exact
};

OrderIdEvidence EvidenceOf(const v1::Order& order);

// True if the numeric twin and the exact id are neither equal nor one the rounding of the other: to
// a double, or to what JavaScript prints for it (reference/gateway.md 4.3).
bool TwinsDiffer(const v1::Order& order);

// What a part of the answer that could not be read may have held.
enum class Unreadable {
  kOther,  // no order id
  kId,     // an order id or a sub-order id
  kPart,   // a part that has ids in it, or a whole order
};

// Judges a path of DecodeReport::unreadable, e.g. data[0].baseInfo.idOfStr.
Unreadable JudgeUnreadable(absl::string_view path);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_ORDER_ID_EVIDENCE_H_
