// Room for many connections.
#ifndef ORDER1688_TESTS_BENCH_RAISE_FILE_LIMIT_H_
#define ORDER1688_TESTS_BENCH_RAISE_FILE_LIMIT_H_

#include <sys/resource.h>

namespace order1688 {

// Lets this process open as many files as it may, as order1688-server does.
inline void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_RAISE_FILE_LIMIT_H_
