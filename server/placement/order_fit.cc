#include "server/placement/order_fit.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/decimal.h"
#include "server/ledger/row_transition.h"
#include "server/placement/receiver_likeness.h"
#include "server/upstream/order_id_evidence.h"

namespace order1688 {
namespace {

// The gateway takes signatures up to 600 s off its own clock, and 120 s are spare.
constexpr absl::Duration kFurthest = absl::Seconds(720);
// With clocks that agree.
constexpr absl::Duration kEarliest = absl::Seconds(120);
constexpr int64_t kMostUnits = 1'000'000'000'000;
constexpr int32_t kNanosPerThousandth = 1'000'000;

std::optional<int64_t> Thousandths(const std::string& quantity) {
  const absl::StatusOr<DecimalAmount> amount = ParseDecimal(quantity);
  if (!amount.ok() || amount->units < 0 || amount->units > kMostUnits || amount->nanos < 0 ||
      amount->nanos % kNanosPerThousandth != 0)
    return std::nullopt;
  return amount->units * 1000 + amount->nanos / kNanosPerThousandth;
}

int64_t Thousandths(const v1::Cargo& line) { return std::llround(line.quantity() * 1000); }

std::string NameOf(const v1::Cargo& line) {
  if (line.has_spec_id()) return absl::StrCat("spec ", line.spec_id());
  return line.has_offer_id() ? absl::StrCat("offer ", line.offer_id()) : "";
}

bool OffersDiffer(const v1::ProductItem& item, const v1::Cargo& line) {
  return item.has_product_id() && line.has_offer_id() && item.product_id() != line.offer_id();
}

// Only a spec against a spec, else an offer against an offer, tells two goods apart.
bool Contradict(const v1::ProductItem& item, const v1::Cargo& line) {
  if (line.has_spec_id() && !item.spec_id().empty()) return item.spec_id() != line.spec_id();
  return OffersDiffer(item, line);
}

bool Names(const v1::ProductItem& item, const v1::Cargo& line) {
  if (OffersDiffer(item, line)) return false;
  if (line.has_spec_id()) return item.spec_id() == line.spec_id();
  return line.has_offer_id() && item.has_product_id();
}

}  // namespace

WantedOrder::WantedOrder(const LookupTask& task)
    : sign_time_(TimeOf(task.row.placement->sign_time())),
      readable_(request_.ParseFromString(task.request) && request_.batch().cargo_lines_size() > 0 &&
                task.row.placement->has_sign_time()) {
  if (!readable_) request_.Clear();
}

OrderFit WantedOrder::FitOf(const ListedOrder& listed) const {
  if (!readable_) return OrderFit::kPossible;
  const v1::Order& order = listed.order;
  const std::vector<int> lines = LinesOf(order);
  if (lines.empty()) return OrderFit::kExcluded;
  OrderFit fit = std::min({FitOfTime(order), FitOfGoods(listed, lines), FitOfReceiver(order)});
  const bool certain = !listed.damaged && !order.seller_open_id().empty() &&
                       EvidenceOf(order) == OrderIdEvidence::kExact;
  return certain ? fit : std::min(fit, OrderFit::kPossible);
}

std::vector<int> WantedOrder::LinesOf(const v1::Order& order) const {
  std::vector<int> lines;
  for (int i = 0; i < batch().cargo_lines_size(); ++i) {
    const std::string& seller = batch().cargo_lines(i).seller_open_id();
    if (order.seller_open_id().empty() || order.seller_open_id() == seller) lines.push_back(i);
  }
  return lines;
}

OrderFit WantedOrder::FitOfTime(const v1::Order& order) const {
  if (!order.base_info().has_create_time()) return OrderFit::kPossible;
  const absl::Duration after = TimeOf(order.base_info().create_time()) - sign_time_;
  if (after < -kFurthest || after > kFurthest) return OrderFit::kExcluded;
  return after < -kEarliest ? OrderFit::kPossible : OrderFit::kFits;
}

OrderFit WantedOrder::FitOfGoods(const ListedOrder& listed, const std::vector<int>& lines) const {
  const auto& items = listed.order.product_items();
  if (items.empty() || listed.damaged) return OrderFit::kPossible;
  OrderFit best = OrderFit::kExcluded;
  OrderFit worst = OrderFit::kFits;
  for (const v1::ProductItem& item : items) {
    const OrderFit fit = FitOfItem(item, lines);
    best = std::max(best, fit);
    worst = std::min(worst, fit);
  }
  if (best == OrderFit::kExcluded) return best;
  return std::max(worst, OrderFit::kUnlikely);
}

OrderFit WantedOrder::FitOfItem(const v1::ProductItem& item, const std::vector<int>& lines) const {
  const bool excluded = std::all_of(lines.begin(), lines.end(), [&](int line) {
    return Contradict(item, batch().cargo_lines(line));
  });
  if (excluded) return OrderFit::kExcluded;
  const std::string name = NameOf(item, lines);
  const std::optional<int64_t> quantity = Thousandths(item.quantity());
  if (name.empty() || !quantity.has_value()) return OrderFit::kPossible;
  return *quantity <= QuantitiesOf(lines)[name] ? OrderFit::kFits : OrderFit::kUnlikely;
}

OrderFit WantedOrder::FitOfReceiver(const v1::Order& order) const {
  const ReceiverLikeness likeness = CompareReceivers(batch().address(), order);
  const auto facts = {likeness.name, likeness.number, likeness.address};
  const auto same = std::count(facts.begin(), facts.end(), Likeness::kSame);
  const auto different = std::count(facts.begin(), facts.end(), Likeness::kDiffers);
  if (different >= 2 && same == 0) return OrderFit::kExcluded;
  if (different > 0) return OrderFit::kUnlikely;
  return same > 0 ? OrderFit::kFits : OrderFit::kPossible;
}

std::string WantedOrder::NameOf(const v1::ProductItem& item, const std::vector<int>& lines) const {
  for (int line : lines) {
    if (Names(item, batch().cargo_lines(line))) return order1688::NameOf(batch().cargo_lines(line));
  }
  return "";
}

GoodsQuantities WantedOrder::QuantitiesOf(const std::vector<int>& lines) const {
  GoodsQuantities quantities;
  for (int line : lines) {
    const v1::Cargo& cargo = batch().cargo_lines(line);
    quantities[order1688::NameOf(cargo)] += Thousandths(cargo);
  }
  return quantities;
}

void WantedOrder::AddQuantities(const v1::Order& order, GoodsQuantities* quantities) const {
  const std::vector<int> lines = LinesOf(order);
  for (const v1::ProductItem& item : order.product_items()) {
    (*quantities)[NameOf(item, lines)] += Thousandths(item.quantity()).value_or(0);
  }
}

}  // namespace order1688
