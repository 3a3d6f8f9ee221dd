// How far `place` with several files is.
#ifndef ORDER1688_CLIENT_CLI_PROGRESS_H_
#define ORDER1688_CLIENT_CLI_PROGRESS_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/cli_io.h"
#include "client/cli/exit_code.h"

namespace order1688 {

// On a terminal: one line that is drawn anew, with a bar, the present file and a count of each
// outcome. Elsewhere: one line per file when it is done. Everything goes to `io.err`. Nothing at
// all for a single file.
class Progress {
 public:
  // `io` must outlive it.
  Progress(const CliIo& io, size_t files);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // Takes the bar away.
  ~Progress();

  void Start(absl::string_view file);
  void Done(absl::string_view file, ExitCode code);

  // Prints talk above the bar. `text` ends with a newline.
  void Talk(absl::string_view text);

  // Takes the bar away until the next call. Needed before data: `io.out` may be the same terminal.
  void Clear();

 private:
  void Draw();
  std::string Counts() const;

  const CliIo& io_;
  const size_t files_;
  const bool bar_;
  bool drawn_ = false;
  size_t done_ = 0;
  std::string file_;
  std::map<ExitCode, size_t> counts_;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_PROGRESS_H_
