#include "client/cli/progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/text_width.h"

namespace order1688 {
namespace {

constexpr size_t kBarColumns = 20;
constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

Progress::Progress(const CliIo& io, size_t files)
    : io_(io),
      files_(files),
      bar_(files > 1 && io.err_is_terminal && io.environment("TERM") != "dumb") {}

Progress::~Progress() { Clear(); }

void Progress::Start(absl::string_view file) {
  file_ = SafeForTerminal(file);
  Draw();
}

void Progress::Done(absl::string_view file, ExitCode code) {
  ++done_;
  ++counts_[code];
  if (files_ > 1 && !bar_) {
    io_.err << done_ << "/" << files_ << " " << SafeForTerminal(file) << ": " << NameOf(code)
            << std::endl;
  }
  Draw();
}

void Progress::Talk(absl::string_view text) {
  Clear();
  io_.err << text << std::flush;
  Draw();
}

void Progress::Draw() {
  if (!bar_) return;
  const size_t full = kBarColumns * done_ / files_;
  const std::string line =
      absl::StrCat("[", std::string(full, '='), std::string(kBarColumns - full, ' '), "] ", done_,
                   "/", files_, " ", Counts(), file_);
  // A line as wide as the terminal would wrap, and could not be taken back.
  drawn_ = true;
  io_.err << kClearLine << CutTo(line, std::max<size_t>(io_.err_columns, 2) - 1) << std::flush;
}

void Progress::Clear() {
  if (drawn_) io_.err << kClearLine << std::flush;
  drawn_ = false;
}

std::string Progress::Counts() const {
  std::string text;
  for (const auto& [code, count] : counts_) absl::StrAppend(&text, NameOf(code), " ", count, ", ");
  return text;
}

}  // namespace order1688
