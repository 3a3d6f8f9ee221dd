// Puts the pages of one question to the order list together.
#ifndef ORDER1688_SERVER_UPSTREAM_ORDER_LISTING_H_
#define ORDER1688_SERVER_UPSTREAM_ORDER_LISTING_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/upstream/order_list.h"

namespace order1688 {

// Takes the pages in their order, from 1.
class OrderListing {
 public:
  static constexpr int kMostPages = 50;

  enum class Status {
    kMore,        // ask for page pages() + 1
    kWhole,       // every order that the gateway counted was read, each once
    kIncomplete,  // no total, another total than before, an order twice, a page without orders too
                  // early, or more than 50 pages: some order may be missing
    kFailed,      // a page could not be read
  };

  // Not after anything but kMore.
  Status Add(OrderPage page);

  int pages() const { return pages_; }
  const std::vector<ListedOrder>& orders() const { return orders_; }
  // Why it failed, as OrderPage::problem; empty if it did not.
  const std::string& problem() const { return problem_; }
  // When the first page was asked for at the earliest, by the gateway's clock: its Date less the
  // time that the call took. nullopt if it did not say.
  const std::optional<absl::Time>& gateway_begin() const { return gateway_begin_; }

 private:
  int pages_ = 0;
  bool doubtful_ = false;
  std::optional<int64_t> total_;
  std::vector<ListedOrder> orders_;
  std::set<std::string> ids_;
  std::string problem_;
  std::optional<absl::Time> gateway_begin_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_UPSTREAM_ORDER_LISTING_H_
