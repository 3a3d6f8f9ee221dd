#include "server/upstream/cargo_matcher.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace order1688 {
namespace {

// Lines that differ in it are different goods: the gateway cannot have put them into one item.
using Goods = std::tuple<absl::string_view, int64_t, absl::string_view>;

Goods GoodsOf(const v1::Cargo& line) {
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

std::string SellerOf(const v1::Order& order,
                     const absl::flat_hash_map<std::string, std::vector<int>>& lines_of) {
  if (!order.seller_open_id().empty()) return order.seller_open_id();
  return lines_of.size() == 1 ? lines_of.begin()->first : "";
}

// One item of an answer, and the lines that it may be.
struct Item {
  int order;
  bool named;  // by spec or offer
  std::vector<int> lines;
};

// Matches the orders of one seller with that seller's lines.
class SellerMatch {
 public:
  SellerMatch(const v1::OrderBatch& batch, const std::vector<int>& lines, bool answer_complete)
      : batch_(batch), lines_(lines), answer_complete_(answer_complete) {}

  void AddOrder(int index, const v1::Order& order) {
    if (order.product_items().empty() && answer_complete_) without_items_.push_back(index);
    for (const v1::ProductItem& item : order.product_items()) AddItem(index, item);
  }

  void Fill(CargoMatch* match) const {
    std::vector<int> open;
    for (int line : lines_) {
      if (IsNamedForCertain(line)) {
        match->answered[line] = true;
      } else {
        open.push_back(line);
      }
    }
    const size_t open_goods = CountGoods(open);
    for (int line : open) {
      match->answered[line] =
          !without_items_.empty() || ItemsOf(line, /*named=*/false).size() >= open_goods;
    }
    for (int line : lines_) {
      const bool is_open = std::binary_search(open.begin(), open.end(), line);
      for (int order : OrdersOf(line, is_open)) match->lines_of_order[order].push_back(line);
    }
  }

 private:
  void AddItem(int order, const v1::ProductItem& shown) {
    Item item{order, /*named=*/true, LinesThat(shown, HasSpecOf)};
    if (item.lines.empty()) item.lines = LinesThat(shown, HasOfferOf);
    if (item.lines.empty()) {
      if (!answer_complete_) return;
      item.named = false;
      item.lines = LinesThat(shown, MayBe);
    }
    items_.push_back(std::move(item));
  }

  template <typename Fits>
  std::vector<int> LinesThat(const v1::ProductItem& item, Fits fits) const {
    std::vector<int> found;
    for (int line : lines_) {
      if (fits(item, batch_.cargo_lines(line))) found.push_back(line);
    }
    return found;
  }

  std::vector<const Item*> ItemsOf(int line, bool named) const {
    std::vector<const Item*> found;
    for (const Item& item : items_) {
      if (item.named == named && std::binary_search(item.lines.begin(), item.lines.end(), line))
        found.push_back(&item);
    }
    return found;
  }

  size_t CountGoods(const std::vector<int>& lines) const {
    std::set<Goods> goods;
    for (int line : lines) goods.insert(GoodsOf(batch_.cargo_lines(line)));
    return goods.size();
  }

  bool IsNamedForCertain(int line) const {
    const std::vector<const Item*> items = ItemsOf(line, /*named=*/true);
    std::set<int> rivals;
    for (const Item* item : items) rivals.insert(item->lines.begin(), item->lines.end());
    return !items.empty() && items.size() >= CountGoods({rivals.begin(), rivals.end()});
  }

  std::set<int> OrdersOf(int line, bool open) const {
    std::set<int> orders;
    for (const Item* item : ItemsOf(line, /*named=*/true)) orders.insert(item->order);
    if (!open) return orders;
    for (const Item* item : ItemsOf(line, /*named=*/false)) orders.insert(item->order);
    orders.insert(without_items_.begin(), without_items_.end());
    return orders;
  }

  const v1::OrderBatch& batch_;
  const std::vector<int>& lines_;
  const bool answer_complete_;
  std::vector<Item> items_;
  std::vector<int> without_items_;  // orders that show no items
};

}  // namespace

CargoMatch MatchCargo(const v1::OrderBatch& batch,
                      const google::protobuf::RepeatedPtrField<v1::Order>& orders,
                      bool answer_complete) {
  absl::flat_hash_map<std::string, std::vector<int>> lines_of;
  for (int i = 0; i < batch.cargo_lines_size(); ++i)
    lines_of[batch.cargo_lines(i).seller_open_id()].push_back(i);

  absl::flat_hash_map<std::string, SellerMatch> sellers;
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
