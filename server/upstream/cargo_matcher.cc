#include "server/upstream/cargo_matcher.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
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

// Numbers the keys that it is asked for, from 0, in the order of their first time. Equal keys
// mostly come one behind the other, and few differ: a comparison costs less than a hash.
template <typename Key>
class Numbering {
 public:
  size_t Of(const Key& key) {
    if (const std::optional<size_t> known = Find(key)) return *known;
    keys_.push_back(key);
    if (keys_.size() > kFew) {
      for (size_t number = numbers_.size(); number < keys_.size(); ++number)
        numbers_.emplace(keys_[number], number);
    }
    return keys_.size() - 1;
  }

  std::optional<size_t> Find(const Key& key) const {
    if (!keys_.empty() && keys_.back() == key) return keys_.size() - 1;
    if (numbers_.empty()) {
      const auto known = std::find(keys_.begin(), keys_.end(), key);
      if (known == keys_.end()) return std::nullopt;
      return static_cast<size_t>(known - keys_.begin());
    }
    const auto known = numbers_.find(key);
    if (known == numbers_.end()) return std::nullopt;
    return known->second;
  }

 private:
  static constexpr size_t kFew = 8;

  absl::InlinedVector<Key, 2> keys_;
  absl::flat_hash_map<Key, size_t> numbers_;  // of all keys, once they are more than a few
};

// The lines of each seller.
class Sellers {
 public:
  explicit Sellers(const v1::OrderBatch& batch) {
    for (int i = 0; i < batch.cargo_lines_size(); ++i) {
      const size_t seller = numbering_.Of(batch.cargo_lines(i).seller_open_id());
      if (seller == lines_.size()) lines_.emplace_back();
      lines_[seller].push_back(i);
    }
  }

  size_t size() const { return lines_.size(); }
  const LineNumbers& LinesOf(size_t seller) const { return lines_[seller]; }

  // nullopt if the order is none of theirs, or does not say whose.
  std::optional<size_t> Of(const v1::Order& order) const {
    if (!order.seller_open_id().empty()) return numbering_.Find(order.seller_open_id());
    if (size() == 1) return 0;
    return std::nullopt;
  }

 private:
  Numbering<absl::string_view> numbering_;
  absl::InlinedVector<LineNumbers, 1> lines_;
};

// Matches the orders of one seller with that seller's lines. It works with goods: lines of the same
// goods are the same to it.
class SellerMatch {
 public:
  SellerMatch(const v1::OrderBatch& batch, const LineNumbers& lines, bool answer_complete)
      : lines_(lines), answer_complete_(answer_complete) {
    Numbering<GoodsKey> numbering;
    goods_of_line_.reserve(lines.size());
    for (int line : lines) {
      const v1::Cargo& cargo = batch.cargo_lines(line);
      const size_t number = numbering.Of(KeyOf(cargo));
      if (number == goods_.size()) goods_.push_back({&cargo, {}, {}});
      goods_of_line_.push_back(number);
    }
  }

  void AddOrder(int index, const v1::Order& order) {
    if (order.product_items().empty() && answer_complete_) without_items_.push_back(index);
    for (const v1::ProductItem& item : order.product_items()) AddItem(index, item);
  }

  void Fill(CargoMatch* match) const {
    absl::InlinedVector<Found, 1> found;
    for (const Goods& goods : goods_) {
      const bool open = !IsNamedForCertain(goods);
      found.push_back({open, OrdersOf(goods, open)});
    }
    const auto open_goods = static_cast<size_t>(
        std::count_if(found.begin(), found.end(), [](const Found& goods) { return goods.open; }));
    for (size_t i = 0; i < lines_.size(); ++i) {
      const size_t goods = goods_of_line_[i];
      match->answered[lines_[i]] = !found[goods].open || !without_items_.empty() ||
                                   goods_[goods].possible_items.size() >= open_goods;
      for (int order : found[goods].orders) match->lines_of_order[order].push_back(lines_[i]);
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
  // What the items say of goods.
  struct Found {
    bool open;            // they do not name them for certain
    OrderNumbers orders;  // that they may be in
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
  bool IsNamedForCertain(const Goods& goods) const {
    const Numbers& items = goods.named_items;
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
  absl::InlinedVector<size_t, 4> goods_of_line_;  // of each of lines_
  absl::InlinedVector<Goods, 1> goods_;
  absl::InlinedVector<Item, 1> items_;
  OrderNumbers without_items_;  // orders that show no items
};

}  // namespace

CargoMatch MatchCargo(const v1::OrderBatch& batch,
                      const google::protobuf::RepeatedPtrField<v1::Order>& orders,
                      bool answer_complete) {
  const Sellers sellers(batch);
  absl::InlinedVector<std::optional<SellerMatch>, 1> matches(sellers.size());
  for (int i = 0; i < orders.size(); ++i) {
    const std::optional<size_t> seller = sellers.Of(orders[i]);
    if (!seller.has_value()) continue;
    std::optional<SellerMatch>& seller_match = matches[*seller];
    if (!seller_match.has_value())
      seller_match.emplace(batch, sellers.LinesOf(*seller), answer_complete);
    seller_match->AddOrder(i, orders[i]);
  }

  CargoMatch match;
  match.lines_of_order.resize(orders.size());
  match.answered.resize(batch.cargo_lines_size());
  for (const std::optional<SellerMatch>& seller_match : matches) {
    if (seller_match.has_value()) seller_match->Fill(&match);
  }
  return match;
}

}  // namespace order1688
