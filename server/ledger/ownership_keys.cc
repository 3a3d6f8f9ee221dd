#include "server/ledger/ownership_keys.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/javascript_number.h"

namespace order1688 {
namespace {

// No order id has it.
constexpr char kRounded[] = "~";

void AddNew(std::string key, std::vector<std::string>* keys) {
  if (!key.empty() && std::find(keys->begin(), keys->end(), key) == keys->end())
    keys->push_back(std::move(key));
}

}  // namespace

std::vector<std::string> OwnedOrderIds(const v1::Placement& placement) {
  std::vector<std::string> ids;
  for (const v1::OrderResult& result : placement.results())
    AddNew(result.order().base_info().order_id(), &ids);
  return ids;
}

std::vector<std::string> OwnershipKeys(const v1::Placement& placement) {
  std::vector<std::string> keys = OwnedOrderIds(placement);
  for (const v1::OrderResult& result : placement.results()) {
    const v1::OrderBaseInfo& base = result.order().base_info();
    if (base.order_id().empty() && base.id_number() > 0)
      AddNew(RoundedIdKey(absl::StrCat(base.id_number())), &keys);
  }
  return keys;
}

std::string RoundedIdKey(absl::string_view order_id) {
  int64_t id = 0;
  if (!absl::SimpleAtoi(order_id, &id)) return "";
  return absl::StrCat(kRounded, AsJavaScriptPrints(id));
}

bool IsRoundedIdKey(absl::string_view key) { return absl::StartsWith(key, kRounded); }

}  // namespace order1688
