#include "common/log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/json_repair.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace order1688 {
namespace {

using LineWriter = rapidjson::Writer<rapidjson::StringBuffer>;

std::string Repaired(absl::string_view text) {
  std::string repaired;
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    absl::StrAppend(&repaired, length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length));
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return repaired;
}

void WriteText(absl::string_view text, LineWriter* writer) {
  // RapidJSON copies invalid UTF-8 as it is, and one such byte makes a whole line unreadable.
  std::string repaired;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isascii)) {
    repaired = Repaired(text);
    text = repaired;
  }
  writer->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

struct ValueWriter {
  LineWriter* writer;

  void operator()(absl::string_view value) const { WriteText(value, writer); }
  void operator()(int64_t value) const { writer->Int64(value); }
  void operator()(bool value) const { writer->Bool(value); }
};

absl::string_view NameOf(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

}  // namespace

Log::Log(std::shared_ptr<spdlog::logger> sink) : sink_(std::move(sink)) {}

void Log::Debug(absl::string_view event, std::initializer_list<LogField> fields) const {
  Write(spdlog::level::debug, event, fields);
}

void Log::Info(absl::string_view event, std::initializer_list<LogField> fields) const {
  Write(spdlog::level::info, event, fields);
}

void Log::Warn(absl::string_view event, std::initializer_list<LogField> fields) const {
  Write(spdlog::level::warn, event, fields);
}

void Log::Error(absl::string_view event, std::initializer_list<LogField> fields) const {
  Write(spdlog::level::err, event, fields);
}

void Log::Write(spdlog::level::level_enum level, absl::string_view event,
                std::initializer_list<LogField> fields) const {
  if (!sink_->should_log(level)) return;
  rapidjson::StringBuffer line;
  LineWriter writer(line);
  writer.StartObject();
  writer.Key("time");
  WriteText(absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone()), &writer);
  writer.Key("level");
  WriteText(NameOf(level), &writer);
  writer.Key("event");
  WriteText(event, &writer);
  for (const LogField& field : fields) {
    WriteText(field.name, &writer);
    std::visit(ValueWriter{&writer}, field.value);
  }
  writer.EndObject();
  sink_->log(level, spdlog::string_view_t(line.GetString(), line.GetSize()));
}

}  // namespace order1688
