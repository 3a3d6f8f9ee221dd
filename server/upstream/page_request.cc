#include "server/upstream/page_request.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"

namespace order1688 {
namespace {

constexpr size_t kLongestPath = 200;
constexpr size_t kLongestTemplate = 4000;
constexpr int kShanghaiOffset = 8 * 3600;

// Words of calls that change something (reference/gateway.md 3): /order/batch/create,
// /cart/create/order, /order/pay, /order/cancel, /order/batch/submit/to/pay, /order/receivegoods.
constexpr std::array<absl::string_view, 10> kChanging = {
    "create", "pay", "cancel", "submit", "receive", "confirm", "refund", "add", "update", "delete"};
constexpr std::array<absl::string_view, 3> kNeeded = {"{{page}}", "{{created_after}}",
                                                      "{{created_before}}"};

std::string WireTime(absl::Time time) {
  const absl::TimeZone shanghai = absl::FixedTimeZone(kShanghaiOffset);
  const absl::CivilSecond second = absl::ToCivilSecond(time, shanghai);
  const int64_t milliseconds = absl::ToInt64Milliseconds(time - absl::FromCivil(second, shanghai));
  return absl::StrFormat("%04d%02d%02d%02d%02d%02d%03d+0800", second.year(), second.month(),
                         second.day(), second.hour(), second.minute(), second.second(),
                         milliseconds);
}

bool IsPathCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '/' || c == '-' || c == '_';
}

bool HasRepeatedKey(const rapidjson::Value& value) {
  if (value.IsArray()) {
    return std::any_of(value.Begin(), value.End(), HasRepeatedKey);
  }
  if (!value.IsObject()) return false;
  std::set<std::string> keys;
  return std::any_of(value.MemberBegin(), value.MemberEnd(), [&](const auto& member) {
    const std::string key(member.name.GetString(), member.name.GetStringLength());
    return !keys.insert(key).second || HasRepeatedKey(member.value);
  });
}

}  // namespace

absl::Status CheckReadPath(absl::string_view path) {
  const bool plain = absl::StartsWith(path, "/") && !absl::EndsWith(path, "/") &&
                     path.size() <= kLongestPath && !absl::StrContains(path, "//") &&
                     std::all_of(path.begin(), path.end(), IsPathCharacter);
  if (!plain) {
    return absl::InvalidArgumentError(
        "must be a plain path such as /v2/alibaba/order/page: letters, digits, '-' and '_'");
  }
  const std::string lower = absl::AsciiStrToLower(path);
  for (absl::string_view word : kChanging) {
    if (absl::StrContains(lower, word)) {
      return absl::InvalidArgumentError(
          absl::StrCat("must only read, but it has the word ", word, " in it"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckPageBody(absl::string_view body_template) {
  if (body_template.size() > kLongestTemplate) {
    return absl::InvalidArgumentError(
        absl::StrCat("must have at most ", kLongestTemplate, " bytes"));
  }
  for (absl::string_view word : kNeeded) {
    if (!absl::StrContains(body_template, word)) {
      return absl::InvalidArgumentError(absl::StrCat("must have ", word, " in it"));
    }
  }
  PageQuestion sample;
  sample.created_after = absl::UnixEpoch();
  sample.created_before = absl::UnixEpoch();
  const std::string body = FillPageBody(body_template, sample);
  if (absl::StrContains(body, "{{")) {
    return absl::InvalidArgumentError("has an unknown word in double braces");
  }
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag |
                 rapidjson::kParseNumbersAsStringsFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) {
    return absl::InvalidArgumentError(
        "must be one JSON object once its words are replaced; the times need quotes");
  }
  if (HasRepeatedKey(document)) {
    return absl::InvalidArgumentError("must not give a key twice");
  }
  return absl::OkStatus();
}

std::string FillPageBody(absl::string_view body_template, const PageQuestion& question) {
  return absl::StrReplaceAll(body_template,
                             {{"{{page}}", absl::StrCat(question.page)},
                              {"{{page_size}}", absl::StrCat(question.page_size)},
                              {"{{created_after}}", WireTime(question.created_after)},
                              {"{{created_before}}", WireTime(question.created_before)}});
}

}  // namespace order1688
