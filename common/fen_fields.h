// The one list of amounts that the gateway sends in fen (1/100 yuan); every other amount is in
// yuan. The JSON plan reads it once; nobody else converts fen. Sources: the official model prints
// the unit for discount, amount and officialSolutionCost; for refundPayment and entryDiscount it is
// inferred (integers without a unit; an independent client treats them as fen).

#ifndef ORDER1688_COMMON_FEN_FIELDS_H_
#define ORDER1688_COMMON_FEN_FIELDS_H_

#include "absl/strings/string_view.h"

namespace order1688 {

// Full proto names of Money fields.
inline constexpr absl::string_view kFenFields[] = {
    "order1688.v1.OrderBaseInfo.discount",                // data[].baseInfo.discount
    "order1688.v1.OrderBaseInfo.refund_payment",          // data[].baseInfo.refundPayment
    "order1688.v1.OrderBaseInfo.official_solution_cost",  // data[].baseInfo.officialSolutionCost
    "order1688.v1.ProductItem.entry_discount",            // data[].productItems[].entryDiscount
    "order1688.v1.OrderInvoice.amount",                   // data[].orderInvoiceInfo.amount
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_FEN_FIELDS_H_
