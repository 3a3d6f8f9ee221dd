// Finds which cargo lines of a request an element of the gateway's answer speaks of: by seller,
// then by spec.
#ifndef ORDER1688_SERVER_UPSTREAM_CARGO_MATCHER_H_
#define ORDER1688_SERVER_UPSTREAM_CARGO_MATCHER_H_

#include "absl/container/inlined_vector.h"
#include "google/protobuf/repeated_field.h"
#include "order1688/v1/order.pb.h"
#include "order1688/v1/order_batch.pb.h"

namespace order1688 {

// Positions of cargo lines in their batch. An order mostly covers few.
using LineNumbers = absl::InlinedVector<int, 4>;

// Which lines the elements of an answer speak of.
struct CargoMatch {
  // For each order, the positions (ascending) of the cargo lines that it may cover. A line that two
  // orders may cover stands with both; a line that none covers stands nowhere.
  absl::InlinedVector<LineNumbers, 1> lines_of_order;
  // For each cargo line, whether it is spoken of for certain. A line may be listed with an order
  // and not be answered: the order shows too few items for all the lines that may be meant.
  absl::InlinedVector<bool, 16> answered;
};

// - An order belongs to the lines of its seller_open_id. Without one it belongs to the only seller
// of the request, if there is only one.
// - An item is the line with its spec_id (and its product_id, where both give one), else a line
// without spec that has its product_id as
//   offer_id. It may be several such lines, because a spec is unique within its offer only: then it
//   answers none of them unless there are as many items as different lines.
// - An item that is no such line may be any line that it does not contradict and that no other item
// is, counted in the same way.
// - An order without product items speaks of all its seller's lines, or, beside other orders of the
// seller, of those that the others
//   leave.
// - If the answer was not read to its end, the last two rules fall away: what they need may be in
// the lost part.
// `batch` is a normalised one: an absent and an empty field of a line are the same.
CargoMatch MatchCargo(const v1::OrderBatch& batch,
                      const google::protobuf::RepeatedPtrField<v1::Order>& orders,
                      bool answer_complete);

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_CARGO_MATCHER_H_
