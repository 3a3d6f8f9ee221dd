#include "server/upstream/order_id_evidence.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/javascript_number.h"

namespace order1688 {
namespace {

constexpr size_t kLongestOrderId = 32;

bool IsOrderId(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestOrderId &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit) &&
         std::any_of(text.begin(), text.end(), [](char digit) { return digit != '0'; });
}

bool HasSubOrderId(const v1::Order& order) {
  return std::any_of(order.product_items().begin(), order.product_items().end(),
                     [](const v1::ProductItem& item) {
                       return !item.sub_item_id().empty() || item.sub_item_id_number() != 0;
                     });
}

// The sample has id 2540608320348881000 beside idOfStr "2540608320348880794": what JavaScript
// prints for it. The double is ...880896. Ids are only compared in this way, never kept.
bool IsRoundingOf(int64_t rounded, int64_t exact) {
  const double nearest = static_cast<double>(exact);
  if (static_cast<double>(rounded) != nearest) return false;
  constexpr double kBeyondInt64 = 9223372036854775808.0;
  return (nearest < kBeyondInt64 && static_cast<int64_t>(nearest) == rounded) ||
         AsJavaScriptPrints(exact) == absl::AlphaNum(rounded).Piece();
}

// "[12]" at the begin of a path.
void SkipIndex(absl::string_view* path) {
  if (!absl::StartsWith(*path, "[")) return;
  path->remove_prefix(std::min(path->find(']'), path->size() - 1) + 1);
}

}  // namespace

OrderIdEvidence EvidenceOf(const v1::Order& order) {
  const v1::OrderBaseInfo& base = order.base_info();
  if (IsOrderId(base.order_id())) return OrderIdEvidence::kExact;
  if (base.id_number() > 0) return OrderIdEvidence::kInexact;
  if (!base.order_id().empty() || base.id_number() != 0 || HasSubOrderId(order))
    return OrderIdEvidence::kHint;
  return OrderIdEvidence::kNone;
}

bool TwinsDiffer(const v1::Order& order) {
  const v1::OrderBaseInfo& base = order.base_info();
  if (!base.has_id_number() || !IsOrderId(base.order_id())) return false;
  int64_t exact = 0;
  if (!absl::SimpleAtoi(base.order_id(), &exact)) return true;
  return exact != base.id_number() && !IsRoundingOf(base.id_number(), exact) &&
         !IsRoundingOf(exact, base.id_number());
}

Unreadable JudgeUnreadable(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "data")) return Unreadable::kOther;
  SkipIndex(&path);
  if (path.empty()) return Unreadable::kPart;
  if (absl::ConsumePrefix(&path, ".baseInfo")) {
    if (path.empty()) return Unreadable::kPart;
    return path == ".id" || path == ".idOfStr" ? Unreadable::kId : Unreadable::kOther;
  }
  if (!absl::ConsumePrefix(&path, ".productItems")) return Unreadable::kOther;
  SkipIndex(&path);
  if (path.empty()) return Unreadable::kPart;
  return path == ".subItemID" || path == ".subItemIDString" ? Unreadable::kId : Unreadable::kOther;
}

}  // namespace order1688
