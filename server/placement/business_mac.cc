#include "server/placement/business_mac.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace order1688 {
namespace {

constexpr absl::string_view kDomain = "order1688 business v1\n";

// Lengths in front, so that no two lists give the same text.
void Append(std::initializer_list<absl::string_view> parts, std::string* text) {
  constexpr size_t kLongestLength = std::numeric_limits<size_t>::digits10 + 1;
  size_t room = 0;
  for (const absl::string_view part : parts) room += kLongestLength + 1 + part.size();
  const size_t before = text->size();
  text->resize(before + room);
  char* end = text->data() + before;
  for (const absl::string_view part : parts) {
    end = std::to_chars(end, end + kLongestLength, part.size()).ptr;
    *end++ = ':';
    end = std::copy(part.begin(), part.end(), end);
  }
  text->resize(static_cast<size_t>(end - text->data()));
}

void Append(const v1::Cargo& line, std::string* text) {
  const absl::AlphaNum offer_id(line.offer_id());
  const absl::AlphaNum quantity(line.quantity());
  Append({line.offer_map_id(), offer_id.Piece(), line.spec_id(), quantity.Piece(),
          line.seller_open_id(), line.product_no(), line.container()},
         text);
}

void Append(const v1::Address& address, std::string* text) {
  Append({address.full_name(), address.mobile(), address.phone(), address.post_code(),
          address.province_text(), address.city_text(), address.area_text(), address.town_text(),
          address.address(), address.district_code()},
         text);
}

}  // namespace

std::string BusinessMacOf(const KeyedMac& mac, const v1::OrderBatch& batch) {
  // The receiver and all lines, one behind the other, and where each ends.
  std::string texts;
  Append(batch.address(), &texts);
  const size_t receiver_end = texts.size();
  std::vector<size_t> ends;
  ends.reserve(batch.cargo_lines().size());
  for (const v1::Cargo& line : batch.cargo_lines()) {
    Append(line, &texts);
    ends.push_back(texts.size());
  }

  std::vector<absl::string_view> lines;
  lines.reserve(ends.size());
  size_t begin = receiver_end;
  for (const size_t end : ends) {
    lines.emplace_back(texts.data() + begin, end - begin);
    begin = end;
  }
  std::sort(lines.begin(), lines.end());

  std::string text(kDomain);
  Append({absl::string_view(texts.data(), receiver_end)}, &text);
  for (const absl::string_view line : lines) Append({line}, &text);
  return mac.Of(text);
}

}  // namespace order1688
