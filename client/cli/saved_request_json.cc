#include "client/cli/saved_request_json.h"

#include <array>
#include <utility>

#include "common/request_id.h"
#include "rapidjson/document.h"
#include "rapidjson/prettywriter.h"
#include "rapidjson/stringbuffer.h"

namespace order1688 {
namespace {

constexpr std::array<std::pair<SavedState, const char*>, 4> kStateNames = {{
    {SavedState::kUnsettled, "unsettled"},
    {SavedState::kNoOrder, "no_order"},
    {SavedState::kPartlyPlaced, "partly_placed"},
    {SavedState::kSettled, "settled"},
}};

const char* NameOfState(SavedState state) {
  for (const auto& [known, name] : kStateNames) {
    if (known == state) return name;
  }
  return "unsettled";
}

std::string TextOf(const rapidjson::Document& json, const char* key) {
  const auto member = json.FindMember(key);
  if (member == json.MemberEnd() || !member->value.IsString()) return "";
  return {member->value.GetString(), member->value.GetStringLength()};
}

}  // namespace

std::string ToJson(const SavedRequest& saved) {
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> writer(buffer);
  const auto member = [&](const char* key, const std::string& value) {
    writer.Key(key);
    writer.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  writer.StartObject();
  member("requestId", saved.request_id);
  member("state", NameOfState(saved.state));
  member("environment", v1::Environment_Name(saved.environment));
  member("server", saved.purchase.server);
  member("account", saved.purchase.account);
  member("batchHash", saved.purchase.batch_hash);
  member("path", saved.purchase.path);
  member("updateTime", absl::FormatTime(saved.update_time, absl::UTCTimeZone()));
  writer.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize()) + "\n";
}

std::optional<SavedRequest> SavedRequestFromJson(absl::string_view text) {
  rapidjson::Document json;
  json.Parse<rapidjson::kParseIterativeFlag>(text.data(), text.size());
  if (json.HasParseError() || !json.IsObject()) return std::nullopt;

  SavedRequest saved;
  saved.request_id = TextOf(json, "requestId");
  saved.purchase = {TextOf(json, "server"), TextOf(json, "account"), TextOf(json, "batchHash"),
                    TextOf(json, "path")};
  std::string problem;
  if (!absl::ParseTime(absl::RFC3339_full, TextOf(json, "updateTime"), &saved.update_time,
                       &problem)) {
    return std::nullopt;
  }
  v1::Environment environment;
  if (v1::Environment_Parse(TextOf(json, "environment"), &environment))
    saved.environment = environment;
  for (const auto& [state, name] : kStateNames) {
    if (TextOf(json, "state") != name || !IsRequestId(saved.request_id)) continue;
    saved.state = state;
    return saved;
  }
  return std::nullopt;
}

}  // namespace order1688
