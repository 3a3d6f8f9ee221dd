#include "common/log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/json_repair.h"
#include "common/json_text.h"

namespace order1688 {
namespace {

constexpr size_t kUsualLength = 512;

std::string Repaired(absl::string_view text) {
  std::string repaired;
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    absl::StrAppend(&repaired, length == 0 ? "\xEF\xBF\xBD" : text.substr(0, length));
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return repaired;
}

// Invalid UTF-8 would make a whole line unreadable.
void AppendText(absl::string_view text, std::string* line) {
  const size_t before = line->size();
  if (AppendJsonString(text, line)) return;
  line->resize(before);
  AppendJsonString(Repaired(text), line);
}

struct AppendValue {
  std::string* line;

  void operator()(absl::string_view value) const { AppendText(value, line); }
  void operator()(int64_t value) const { absl::StrAppend(line, value); }
  void operator()(bool value) const { absl::StrAppend(line, value ? "true" : "false"); }
};

// As RFC 3339, in UTC with milliseconds. absl::FormatTime reads its format anew for each line.
void AppendTime(absl::Time time, std::string* line) {
  const auto at = absl::UTCTimeZone().At(time);
  const auto two = [](int number) { return absl::Dec(number, absl::kZeroPad2); };
  absl::StrAppend(line, at.cs.year(), "-", two(at.cs.month()), "-", two(at.cs.day()), "T");
  absl::StrAppend(line, two(at.cs.hour()), ":", two(at.cs.minute()), ":", two(at.cs.second()), ".",
                  absl::Dec(absl::ToInt64Milliseconds(at.subsecond), absl::kZeroPad3), "Z");
}

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

void Log::InfoHeld(absl::string_view event, std::initializer_list<LogField> fields) const {
  Add(spdlog::level::info, event, fields);
}

void Log::WriteHeld() const { sink_->flush(); }

void Log::Write(spdlog::level::level_enum level, absl::string_view event,
                std::initializer_list<LogField> fields) const {
  Add(level, event, fields);
  WriteHeld();
}

void Log::Add(spdlog::level::level_enum level, absl::string_view event,
              std::initializer_list<LogField> fields) const {
  if (!sink_->should_log(level)) return;
  std::string line;
  line.reserve(kUsualLength);
  line += R"({"time":")";
  AppendTime(absl::Now(), &line);
  absl::StrAppend(&line, R"(","level":")", NameOf(level), R"(","event":")", event, "\"");
  for (const LogField& field : fields) {
    absl::StrAppend(&line, ",\"", field.name, "\":");
    std::visit(AppendValue{&line}, field.value);
  }
  line += '}';
  sink_->log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace order1688
