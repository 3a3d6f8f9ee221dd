// Structured log: one JSON object per line. Personal data and secrets never go in: no request or
// answer text, no gateway message, no address, no token.
#ifndef ORDER1688_COMMON_LOG_H_
#define ORDER1688_COMMON_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "spdlog/logger.h"

namespace order1688 {

// One member of a log line. Texts are not copied: it is made where the line is written.
struct LogField {
  LogField(absl::string_view name, absl::string_view value) : name(name), value(value) {}
  LogField(absl::string_view name, const std::string& value)
      : LogField(name, absl::string_view(value)) {}
  LogField(absl::string_view name, const char* value) : LogField(name, absl::string_view(value)) {}
  LogField(absl::string_view name, int value) : name(name), value(static_cast<int64_t>(value)) {}
  LogField(absl::string_view name, int64_t value) : name(name), value(value) {}
  LogField(absl::string_view name, bool value) : name(name), value(value) {}

  absl::string_view name;
  std::variant<absl::string_view, int64_t, bool> value;
};

// Writes log lines: {"time":"2026-01-02T03:04:05.678Z","level":"info","event":"rpc", ...fields}.
// `event`, and the name of a field, is a short lower_snake literal: it is not escaped. Thread-safe.
class Log {
 public:
  // `sink` takes each line as it is (its pattern must be "%v"), filters by level, and may keep
  // lines until it is flushed.
  explicit Log(std::shared_ptr<spdlog::logger> sink);

  void Debug(absl::string_view event, std::initializer_list<LogField> fields = {}) const;
  void Info(absl::string_view event, std::initializer_list<LogField> fields = {}) const;
  void Warn(absl::string_view event, std::initializer_list<LogField> fields = {}) const;
  void Error(absl::string_view event, std::initializer_list<LogField> fields = {}) const;

  // As Info, but the sink may keep the line until the next WriteHeld, or the next line of another
  // kind: several are then written as cheaply as one.
  void InfoHeld(absl::string_view event, std::initializer_list<LogField> fields = {}) const;
  void WriteHeld() const;

 private:
  // Without WriteHeld.
  void Add(spdlog::level::level_enum level, absl::string_view event,
           std::initializer_list<LogField> fields) const;
  void Write(spdlog::level::level_enum level, absl::string_view event,
             std::initializer_list<LogField> fields) const;

  std::shared_ptr<spdlog::logger> sink_;
};

}  // namespace order1688

#endif  // ORDER1688_COMMON_LOG_H_
