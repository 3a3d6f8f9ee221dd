#include "server/inbound/placement_page_token.h"

#include <openssl/sha.h>

#include <set>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "order1688/wire/v1/ledger_progress.pb.h"

namespace order1688 {
namespace {

constexpr size_t kLongestToken = 512;

}  // namespace

uint64_t QuestionOf(const PlacementQuery& query) {
  const std::set<int> states(query.states.begin(), query.states.end());
  const std::string after =
      query.changed_after == absl::InfinitePast()
          ? ""
          : absl::FormatTime(absl::RFC3339_full, query.changed_after, absl::UTCTimeZone());
  const std::string text =
      absl::StrJoin({query.caller, query.account, absl::StrJoin(states, ","), after}, "\n");
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  uint64_t question = 0;
  for (size_t i = 0; i < sizeof(question); ++i) question = question << 8 | digest[i];
  return question;
}

std::string PageTokenOf(const PlacementPosition& last, uint64_t question) {
  wire::v1::PlacementPageToken token;
  token.set_update_micros(last.update_micros);
  token.set_caller(last.caller);
  token.set_request_id(last.request_id);
  token.set_question(question);
  return absl::WebSafeBase64Escape(token.SerializeAsString());
}

std::optional<PlacementPosition> ReadPageToken(absl::string_view token, uint64_t question) {
  std::string bytes;
  wire::v1::PlacementPageToken read;
  if (token.size() > kLongestToken || !absl::WebSafeBase64Unescape(token, &bytes) ||
      !read.ParseFromString(bytes) || read.question() != question) {
    return std::nullopt;
  }
  return PlacementPosition{read.update_micros(), read.caller(), read.request_id()};
}

}  // namespace order1688
