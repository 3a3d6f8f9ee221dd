// What the command line tool sees of its process.
#ifndef ORDER1688_CLIENT_CLI_CLI_IO_H_
#define ORDER1688_CLIENT_CLI_CLI_IO_H_

#include <cstddef>
#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace order1688 {

// Streams and environment. Data goes to `out`, talk to `err`. The streams must outlive it.
struct CliIo {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  size_t err_columns = 80;  // width of the terminal at `err`
  // Value of an environment variable; empty if it is not set.
  std::function<std::string(const char*)> environment = {};
  // Waits between two tries of a call. Empty: sleeps.
  std::function<void(absl::Duration)> sleep = {};
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_CLI_IO_H_
