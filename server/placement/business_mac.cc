#include "server/placement/business_mac.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/wire_reader.h"
#include "google/protobuf/wire_format_lite.h"
#include "order1688/v1/order_service.pb.h"

namespace order1688 {
namespace {

using google::protobuf::internal::WireFormatLite;

constexpr absl::string_view kDomain = "order1688 business v2\n";

constexpr uint32_t MessageTag(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

constexpr uint32_t kBatch = MessageTag(v1::PlaceOrdersRequest::kBatchFieldNumber);
constexpr uint32_t kAddress = MessageTag(v1::OrderBatch::kAddressFieldNumber);
constexpr uint32_t kLine = MessageTag(v1::OrderBatch::kCargoLinesFieldNumber);

std::vector<absl::string_view> LinesOf(absl::string_view batch) {
  std::vector<absl::string_view> lines;
  uint64_t number = 0;
  absl::string_view bytes;
  for (WireReader reader(batch); reader.tag() != 0;) {
    const bool is_line = reader.tag() == kLine;
    if (!reader.TakeBytes(&bytes) && !reader.TakeNumber(&number)) break;
    if (is_line) lines.push_back(bytes);
  }
  return lines;
}

// With its length in front, so that no two lists look the same.
void Add(absl::string_view part, std::string* all) { absl::StrAppend(all, part.size(), ":", part); }

}  // namespace

std::string BusinessMacOf(const KeyedMac& mac, absl::string_view request) {
  const absl::string_view batch = FirstField(request, kBatch);
  std::vector<absl::string_view> lines = LinesOf(batch);
  // Many callers send them in order.
  if (!std::is_sorted(lines.begin(), lines.end())) std::sort(lines.begin(), lines.end());
  std::string all;
  all.reserve(2 * batch.size());
  Add(FirstField(batch, kAddress), &all);
  for (const absl::string_view line : lines) Add(line, &all);
  return mac.Of({kDomain, all});
}

}  // namespace order1688
