// How well an order of the gateway's list fits a placement: by seller, goods, receiver and time.
// The lookup's matcher asks it, for the placement in doubt and for its rivals.
#ifndef ORDER1688_SERVER_PLACEMENT_ORDER_FIT_H_
#define ORDER1688_SERVER_PLACEMENT_ORDER_FIT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "order1688/v1/order_service.pb.h"
#include "server/ledger/ledger_row.h"
#include "server/upstream/order_list.h"

namespace order1688 {

// Ascending. What the list does not say, or what could not be read, contradicts nothing.
enum class OrderFit {
  // Cannot be an order of the placement: another seller, none of its goods, more than 12 minutes
  // from the signed time, or another receiver (two of name, number and address differ, and none is
  // the same).
  kExcluded,
  // Contradicted, but not strongly enough to prove anything: a larger quantity, goods that were not
  // asked for, one fact of the receiver. The gateway may mask and rewrite what it lists.
  kUnlikely,
  // Nothing contradicts it, and something is missing.
  kPossible,
  // An exact id, the same seller, only goods that were asked for, not more of them, a receiver of
  // whom something is the same and nothing differs, created from 120 s before to 720 s after the
  // signed time.
  kFits,
};

// Amounts of goods in thousandths, by what names them: a spec, or an offer without specs.
using GoodsQuantities = std::map<std::string, int64_t>;

// What a placement asked for. Immutable.
class WantedOrder {
 public:
  // Of a row and its stored request.
  explicit WantedOrder(const LookupTask& task);

  // False: the request could not be read. Then every order is kPossible and there are no lines.
  bool readable() const { return readable_; }
  const v1::OrderBatch& batch() const { return request_.batch(); }

  OrderFit FitOf(const ListedOrder& listed) const;

  // How much these lines ask for. A line that neither a spec nor an offer id names has the name "".
  GoodsQuantities QuantitiesOf(const std::vector<int>& lines) const;

  // Adds what the order's items hold. Only for an order that fits.
  void AddQuantities(const v1::Order& order, GoodsQuantities* quantities) const;

 private:
  std::vector<int> LinesOf(const v1::Order& order) const;
  OrderFit FitOfTime(const v1::Order& order) const;
  OrderFit FitOfGoods(const ListedOrder& listed, const std::vector<int>& lines) const;
  OrderFit FitOfItem(const v1::ProductItem& item, const std::vector<int>& lines) const;
  OrderFit FitOfReceiver(const v1::Order& order) const;
  // The name that an item shares with one of the lines; empty if none.
  std::string NameOf(const v1::ProductItem& item, const std::vector<int>& lines) const;

  v1::PlaceOrdersRequest request_;
  absl::Time sign_time_;
  bool readable_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_ORDER_FIT_H_
