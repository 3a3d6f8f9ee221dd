#include "server/placement/business_mac.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace order1688 {
namespace {

constexpr absl::string_view kDomain = "order1688 business v2\n";

// A number as text.
class NumberText {
 public:
  explicit NumberText(int64_t number) { Write(number); }
  // Exact; whole ones look like integers.
  explicit NumberText(double number) {
    constexpr double kExact = 9007199254740992.0;  // up to it a double holds every integer
    const bool whole = number == std::trunc(number) && std::abs(number) <= kExact;
    whole ? Write(static_cast<int64_t>(number)) : Write(number);
  }

  absl::string_view view() const { return {text_, size_}; }

  static constexpr size_t kLongest = 32;

 private:
  template <typename Number>
  void Write(Number number) {
    size_ = static_cast<size_t>(std::to_chars(text_, text_ + kLongest, number).ptr - text_);
  }

  char text_[kLongest];
  size_t size_ = 0;
};

// Texts one behind the other, each with its length in front, so that no two lists look the same.
class Texts {
 public:
  // What is added must not be longer than RoomFor tells in all.
  explicit Texts(size_t room) : begin_(new char[room]), end_(begin_.get()) {}

  static size_t RoomFor(absl::Span<const absl::string_view> texts) {
    size_t room = texts.size() * (kLongestLength + 1);
    for (const absl::string_view text : texts) room += text.size();
    return room;
  }

  void Add(absl::string_view text) {
    end_ = std::to_chars(end_, end_ + kLongestLength, text.size()).ptr;
    *end_++ = ':';
    end_ = std::copy(text.begin(), text.end(), end_);
  }
  void Add(absl::Span<const absl::string_view> texts) {
    for (const absl::string_view text : texts) Add(text);
  }

  size_t size() const { return static_cast<size_t>(end_ - begin_.get()); }
  absl::string_view From(size_t begin) const { return {begin_.get() + begin, size() - begin}; }

 private:
  static constexpr size_t kLongestLength = std::numeric_limits<size_t>::digits10 + 1;

  std::unique_ptr<char[]> begin_;  // not a string, which would fill its room first
  char* end_;
};

std::array<absl::string_view, 10> FieldsOf(const v1::Address& address) {
  return {address.full_name(),     address.mobile(),       address.phone(),     address.post_code(),
          address.province_text(), address.city_text(),    address.area_text(), address.town_text(),
          address.address(),       address.district_code()};
}

std::array<absl::string_view, 7> FieldsOf(const v1::Cargo& line, absl::string_view offer_id,
                                          absl::string_view quantity) {
  return {line.offer_map_id(),   offer_id,          line.spec_id(),  quantity,
          line.seller_open_id(), line.product_no(), line.container()};
}

size_t RoomFor(const v1::OrderBatch& batch) {
  size_t room = Texts::RoomFor(FieldsOf(batch.address()));
  for (const v1::Cargo& line : batch.cargo_lines())
    room += Texts::RoomFor(FieldsOf(line, "", "")) + 2 * NumberText::kLongest;
  return room;
}

}  // namespace

std::string BusinessMacOf(const KeyedMac& mac, const v1::OrderBatch& batch) {
  Texts parts(RoomFor(batch));
  parts.Add(FieldsOf(batch.address()));
  const absl::string_view receiver = parts.From(0);
  std::vector<absl::string_view> lines;
  lines.reserve(static_cast<size_t>(batch.cargo_lines_size()));
  for (const v1::Cargo& line : batch.cargo_lines()) {
    const size_t begin = parts.size();
    const NumberText offer_id(line.offer_id());
    const NumberText quantity(line.quantity());
    parts.Add(FieldsOf(line, offer_id.view(), quantity.view()));
    lines.push_back(parts.From(begin));
  }
  // Many callers send them in order.
  if (!std::is_sorted(lines.begin(), lines.end())) std::sort(lines.begin(), lines.end());

  Texts all(Texts::RoomFor(lines) + Texts::RoomFor({receiver}));
  all.Add(receiver);
  all.Add(lines);
  return mac.Of({kDomain, all.From(0)});
}

}  // namespace order1688
