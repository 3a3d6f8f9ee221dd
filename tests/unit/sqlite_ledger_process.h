// A second process that uses a ledger.
#ifndef ORDER1688_TESTS_UNIT_SQLITE_LEDGER_PROCESS_H_
#define ORDER1688_TESTS_UNIT_SQLITE_LEDGER_PROCESS_H_

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <optional>
#include <string>

namespace order1688 {

// Runs sqlite_ledger_child; kills it at the end.
class LedgerProcess {
 public:
  explicit LedgerProcess(const std::string& path) : output_(nullptr) {
    int ends[2];
    if (pipe(ends) != 0) abort();
    process_ = fork();
    if (process_ == 0) {
      dup2(ends[1], STDOUT_FILENO);
      close(ends[0]);
      close(ends[1]);
      execl(SQLITE_LEDGER_CHILD, SQLITE_LEDGER_CHILD, path.c_str(), nullptr);
      _exit(127);
    }
    close(ends[1]);
    output_ = fdopen(ends[0], "r");
  }
  ~LedgerProcess() {
    if (process_ > 0) Kill();
    fclose(output_);
  }

  // The next line, without its end; nullopt at the end of the output.
  std::optional<std::string> ReadLine() {
    char line[1000];
    if (fgets(line, sizeof(line), output_) == nullptr) return std::nullopt;
    const std::string text = line;
    // A line cut by the death of its writer says nothing.
    if (text.back() != '\n') return std::nullopt;
    return text.substr(0, text.size() - 1);
  }
  void Kill() {
    kill(process_, SIGKILL);
    Wait();
  }
  int Wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t process_ = -1;
  FILE* output_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_UNIT_SQLITE_LEDGER_PROCESS_H_
