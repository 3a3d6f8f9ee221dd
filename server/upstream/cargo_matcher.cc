#include "server/upstream/cargo_matcher.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace order1688 {
namespace {

// Lines that differ in it are different goods: the gateway cannot have put them into one item.
using GoodsKey = std::tuple<absl::string_view, int64_t, absl::string_view>;

GoodsKey KeyOf(const v1::Cargo& line) {
  return {line.offer_map_id(), line.offer_id(), line.spec_id()};
}

bool OffersDiffer(const v1::ProductItem& item, const v1::Cargo& line) {
  return line.has_offer_id() && item.has_product_id() && item.product_id() != line.offer_id();
}

bool HasSpecOf(const v1::ProductItem& item, const v1::Cargo& line) {
  return line.has_spec_id() && item.spec_id() == line.spec_id() && !OffersDiffer(item, line);
}

bool HasOfferOf(const v1::ProductItem& item, const v1::Cargo& line) {
  return !line.has_spec_id() && line.has_offer_id() && item.has_product_id() &&
         !OffersDiffer(item, line);
}

// A line that is named only by its mapped offer, or an item without a spec, cannot be compared.
bool MayBe(const v1::ProductItem& item, const v1::Cargo& line) {
  return !OffersDiffer(item, line) && !(line.has_spec_id() && !item.spec_id().empty());
}

template <typename Numbers>
void LeaveEachOnce(Numbers* numbers) {
  std::sort(numbers->begin(), numbers->end());
  numbers->erase(std::unique(numbers->begin(), numbers->end()), numbers->end());
}

using LinesOfSellers = absl::flat_hash_map<absl::string_view, LineNumbers>;

// The lines of a seller mostly stand together, and a comparison costs less than a hash.
LinesOfSellers GroupBySeller(const v1::OrderBatch& batch) {
  LinesOfSellers lines_of;
  auto present = lines_of.end();
  for (int i = 0; i < batch.cargo_lines_size(); ++i) {
    const absl::string_view seller = batch.cargo_lines(i).seller_open_id();
    if (present == lines_of.end() || present->first != seller)
      present = lines_of.try_emplace(seller).first;
    present->second.push_back(i);
  }
  return lines_of;
}

absl::string_view SellerOf(const v1::Order& order, const LinesOfSellers& lines_of) {
  if (!order.seller_open_id().empty()) return order.seller_open_id();
  return lines_of.size() == 1 ? lines_of.begin()->first : "";
}

// Matches the orders of one seller with that seller's lines. It works with goods: lines of the same
// goods are the same to it.
class SellerMatch {
 public:
  SellerMatch(const v1::OrderBatch& batch, const LineNumbers& lines, bool answer_complete)
      : lines_(lines), answer_complete_(answer_complete) {
    absl::flat_hash_map<GoodsKey, size_t> numbers;
    goods_of_line_.reserve(lines.size());
    for (int line : lines) {
      const v1::Cargo& cargo = batch.cargo_lines(line);
      const auto [number, is_new] = numbers.try_emplace(KeyOf(cargo), goods_.size());
      if (is_new) goods_.push_back({&cargo, {}, {}});
      goods_of_line_.push_back(number->second);
    }
  }

  void AddOrder(int index, const v1::Order& order) {
    if (order.product_items().empty() && answer_complete_) without_items_.push_back(index);
    for (const v1::ProductItem& item : order.product_items()) AddItem(index, item);
  }

  void Fill(CargoMatch* match) const {
    std::vector<bool> open(goods_.size());
    for (size_t goods = 0; goods < goods_.size(); ++goods) open[goods] = !IsNamedForCertain(goods);
    const auto open_goods = static_cast<size_t>(std::count(open.begin(), open.end(), true));
    std::vector<OrderNumbers> orders(goods_.size());
    for (size_t goods = 0; goods < goods_.size(); ++goods)
      orders[goods] = OrdersOf(goods_[goods], open[goods]);
    for (size_t i = 0; i < lines_.size(); ++i) {
      const size_t goods = goods_of_line_[i];
      match->answered[lines_[i]] = !open[goods] || !without_items_.empty() ||
                                   goods_[goods].possible_items.size() >= open_goods;
      for (int order : orders[goods]) match->lines_of_order[order].push_back(lines_[i]);
    }
  }

 private:
  // Of goods_ or of items_. Mostly one.
  using Numbers = absl::InlinedVector<size_t, 2>;
  using OrderNumbers = absl::InlinedVector<int, 2>;

  // One item of an answer.
  struct Item {
    int order;
    Numbers goods;  // that it may be
  };
  struct Goods {
    const v1::Cargo* line;   // any of its lines
    Numbers named_items;     // that are it by spec or offer
    Numbers possible_items;  // that it does not contradict, and that no goods name
  };

  void AddItem(int order, const v1::ProductItem& shown) {
    Item item{order, GoodsThat(shown, HasSpecOf)};
    if (item.goods.empty()) item.goods = GoodsThat(shown, HasOfferOf);
    const bool named = !item.goods.empty();
    if (!named) {
      if (!answer_complete_) return;
      item.goods = GoodsThat(shown, MayBe);
    }
    for (size_t number : item.goods) {
      Goods& goods = goods_[number];
      (named ? goods.named_items : goods.possible_items).push_back(items_.size());
    }
    items_.push_back(std::move(item));
  }

  template <typename Fits>
  Numbers GoodsThat(const v1::ProductItem& item, Fits fits) const {
    Numbers found;
    for (size_t goods = 0; goods < goods_.size(); ++goods) {
      if (fits(item, *goods_[goods].line)) found.push_back(goods);
    }
    return found;
  }

  // As many items as goods that they may be.
  bool IsNamedForCertain(size_t goods) const {
    const Numbers& items = goods_[goods].named_items;
    Numbers rivals;
    for (size_t item : items) {
      rivals.insert(rivals.end(), items_[item].goods.begin(), items_[item].goods.end());
    }
    LeaveEachOnce(&rivals);
    return !items.empty() && items.size() >= rivals.size();
  }

  OrderNumbers OrdersOf(const Goods& goods, bool open) const {
    OrderNumbers orders;
    for (size_t item : goods.named_items) orders.push_back(items_[item].order);
    if (open) {
      for (size_t item : goods.possible_items) orders.push_back(items_[item].order);
      orders.insert(orders.end(), without_items_.begin(), without_items_.end());
    }
    LeaveEachOnce(&orders);
    return orders;
  }

  const LineNumbers& lines_;
  const bool answer_complete_;
  std::vector<size_t> goods_of_line_;  // of each of lines_
  std::vector<Goods> goods_;
  std::vector<Item> items_;
  OrderNumbers without_items_;  // orders that show no items
};

}  // namespace

CargoMatch MatchCargo(const v1::OrderBatch& batch,
                      const google::protobuf::RepeatedPtrField<v1::Order>& orders,
                      bool answer_complete) {
  const LinesOfSellers lines_of = GroupBySeller(batch);
  absl::flat_hash_map<absl::string_view, SellerMatch> sellers;
  for (int i = 0; i < orders.size(); ++i) {
    auto lines = lines_of.find(SellerOf(orders[i], lines_of));
    if (lines == lines_of.end()) continue;
    sellers.try_emplace(lines->first, batch, lines->second, answer_complete)
        .first->second.AddOrder(i, orders[i]);
  }

  CargoMatch match;
  match.lines_of_order.resize(orders.size());
  match.answered.resize(batch.cargo_lines_size());
  for (const auto& [seller, seller_match] : sellers) seller_match.Fill(&match);
  return match;
}

}  // namespace order1688
