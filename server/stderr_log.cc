#include "server/stderr_log.h"

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/string_view.h"
#include "spdlog/sinks/base_sink.h"

namespace order1688 {
namespace {

constexpr size_t kMostHeld = 64 * 1024;

// Writes what it holds in one piece. spdlog's own sink makes a system call for each line.
class StderrSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ~StderrSink() override { WriteHeld(); }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    formatter_->format(message, held_);
    if (held_.size() >= kMostHeld) WriteHeld();
  }

  void flush_() override { WriteHeld(); }

  // What cannot be written is lost: a full disk must not stop an order.
  void WriteHeld() {
    absl::string_view left(held_.data(), held_.size());
    while (!left.empty()) {
      const ssize_t written = write(STDERR_FILENO, left.data(), left.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) break;
      left.remove_prefix(static_cast<size_t>(written));
    }
    held_.clear();
  }

  spdlog::memory_buf_t held_;
};

}  // namespace

Log MakeStderrLog(const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("order1688", std::make_shared<StderrSink>());
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::from_str(level == "warn" ? "warning" : level));
  return Log(std::move(logger));
}

}  // namespace order1688
