#include "server/stderr_log.h"

#include <memory>
#include <utility>

#include "spdlog/sinks/stdout_sinks.h"

namespace order1688 {

Log MakeStderrLog(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("order1688",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
  logger->flush_on(spdlog::level::trace);
  return Log(std::move(logger));
}

}  // namespace order1688
