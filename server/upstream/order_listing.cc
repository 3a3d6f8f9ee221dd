#include "server/upstream/order_listing.h"

#include <utility>

namespace order1688 {

OrderListing::Status OrderListing::Add(OrderPage page) {
  ++pages_;
  if (!page.problem.empty()) {
    problem_ = std::move(page.problem);
    return Status::kFailed;
  }
  if (pages_ == 1) {
    total_ = page.total;
    if (page.date.has_value()) gateway_begin_ = *page.date - page.latency;
  }
  if (!page.total.has_value() || page.total != total_) doubtful_ = true;
  for (ListedOrder& listed : page.orders) {
    const std::string& id = listed.order.base_info().order_id();
    // An order that moves to the next page while we read pushes another one past us.
    if (!id.empty() && !ids_.insert(id).second) {
      doubtful_ = true;
      continue;
    }
    orders_.push_back(std::move(listed));
  }
  const auto read = static_cast<int64_t>(orders_.size());
  if (doubtful_ || read > *total_) return Status::kIncomplete;
  if (read == *total_) return Status::kWhole;
  return page.orders.empty() || pages_ == kMostPages ? Status::kIncomplete : Status::kMore;
}

}  // namespace order1688
