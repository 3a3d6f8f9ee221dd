#include "client/cli/json_report.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cli/text_width.h"
#include "google/protobuf/util/json_util.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace order1688 {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

// RapidJSON leaves some control characters as they are; a terminal would obey them.
void String(absl::string_view text, Writer* writer) {
  const std::string safe = SafeForTerminal(text);
  writer->String(safe.data(), static_cast<rapidjson::SizeType>(safe.size()));
}

void Member(const char* key, absl::string_view value, Writer* writer) {
  writer->Key(key);
  String(value, writer);
}

void Member(const char* key, bool value, Writer* writer) {
  writer->Key(key);
  writer->Bool(value);
}

void Member(const char* key, int value, Writer* writer) {
  writer->Key(key);
  writer->Int(value);
}

void WriteError(absl::string_view request_id, ExitCode code, const CallFailure& failure,
                Writer* writer) {
  // Of a failure before the call there is no Error.
  const Error none = MakeError(v1::ERROR_REASON_UNSPECIFIED, "", "");
  const Error& error = failure.error.has_value() ? *failure.error : none;
  const bool has_reason = error.reason != v1::ERROR_REASON_UNSPECIFIED;
  writer->StartObject();
  Member("code", absl::StatusCodeToString(static_cast<absl::StatusCode>(failure.code)), writer);
  Member("reason", has_reason ? NameOf(error.reason) : "", writer);
  Member("message", failure.message, writer);
  Member("requestId", request_id, writer);
  Member("outcomeKnown", failure.outcome_known, writer);
  Member("orderMayExist", failure.order_may_exist, writer);
  Member("next", failure.error.has_value() ? NameOf(error.next) : "", writer);
  Member("replayed", error.replayed, writer);
  writer->Key("metadata");
  writer->StartObject();
  for (const auto& [name, value] : error.metadata)
    Member(SafeForTerminal(name).c_str(), absl::string_view(value), writer);
  writer->EndObject();
  writer->Key("violations");
  writer->StartArray();
  for (const FieldViolation& violation : error.violations) {
    writer->StartObject();
    Member("field", violation.field, writer);
    Member("description", violation.description, writer);
    writer->EndObject();
  }
  writer->EndArray();
  Member("totalViolations", error.total_violations, writer);
  Member("exitCode", static_cast<int>(code), writer);
  writer->EndObject();
}

}  // namespace

std::string MessageJson(const google::protobuf::Message& message) {
  std::string json;
  const auto printed = google::protobuf::util::MessageToJsonString(message, &json);
  // It fails only for values that no message of this API can hold (an Any of an unknown type).
  if (!printed.ok()) return "{}\n";
  return json + "\n";
}

std::string ErrorJson(absl::string_view request_id, ExitCode code, const CallFailure& failure) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  writer.Key("error");
  WriteError(request_id, code, failure, &writer);
  writer.EndObject();
  return absl::StrCat(absl::string_view(buffer.GetString(), buffer.GetSize()), "\n");
}

std::string AnswerJson(const PlaceAnswer& answer) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Member("file", answer.file, &writer);
  Member("requestId", answer.request_id, &writer);
  Member("exitCode", static_cast<int>(answer.code), &writer);
  if (answer.response.has_value()) {
    std::string json = MessageJson(*answer.response);
    json.pop_back();
    writer.Key("response");
    writer.RawValue(json.data(), json.size(), rapidjson::kObjectType);
  } else {
    writer.Key("error");
    WriteError(answer.request_id, answer.code, *answer.failure, &writer);
  }
  writer.EndObject();
  return absl::StrCat(absl::string_view(buffer.GetString(), buffer.GetSize()), "\n");
}

}  // namespace order1688
