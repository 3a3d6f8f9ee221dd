#include "server/placement/business_mac.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace order1688 {
namespace {

constexpr char kDomain[] = "order1688 business v1\n";

// Lengths in front, so that no two lists give the same text.
std::string Joined(std::initializer_list<absl::string_view> parts) {
  std::string text;
  for (const absl::string_view part : parts) absl::StrAppend(&text, part.size(), ":", part);
  return text;
}

std::string TextOf(const v1::Cargo& line) {
  return Joined({line.offer_map_id(), absl::StrCat(line.offer_id()), line.spec_id(),
                 absl::StrCat(line.quantity()), line.seller_open_id(), line.product_no(),
                 line.container()});
}

std::string TextOf(const v1::Address& address) {
  return Joined({address.full_name(), address.mobile(), address.phone(), address.post_code(),
                 address.province_text(), address.city_text(), address.area_text(),
                 address.town_text(), address.address(), address.district_code()});
}

}  // namespace

std::string BusinessMacOf(const KeyedMac& mac, const v1::OrderBatch& batch) {
  std::vector<std::string> lines;
  for (const v1::Cargo& line : batch.cargo_lines()) lines.push_back(TextOf(line));
  std::sort(lines.begin(), lines.end());
  std::string text = absl::StrCat(kDomain, Joined({TextOf(batch.address())}));
  for (const std::string& line : lines) absl::StrAppend(&text, Joined({line}));
  return mac.Of(text);
}

}  // namespace order1688
