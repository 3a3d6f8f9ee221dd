// Compares the receiver of a request with the receiver that the gateway lists, which it may mask,
// leave out or write differently.
#ifndef ORDER1688_SERVER_PLACEMENT_RECEIVER_LIKENESS_H_
#define ORDER1688_SERVER_PLACEMENT_RECEIVER_LIKENESS_H_

#include "order1688/v1/order.pb.h"
#include "order1688/v1/order_batch.pb.h"

namespace order1688 {

// One fact of two receivers.
enum class Likeness {
  kUnknown,  // one of them does not say, or masks it (***)
  kSame,
  kDiffers,
};

// The facts that can be compared. Blanks never count; of numbers only the digits do, without the
// country code 86.
struct ReceiverLikeness {
  Likeness name = Likeness::kUnknown;
  Likeness number =
      Likeness::kUnknown;  // mobile with mobile, phone with phone; one that differs counts
  Likeness address = Likeness::kUnknown;  // the street: the list may put more around it
};

ReceiverLikeness CompareReceivers(const v1::Address& wanted, const v1::Order& listed);

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_RECEIVER_LIKENESS_H_
