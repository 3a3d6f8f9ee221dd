// How a program of the benchmark says where it listens.
#ifndef ORDER1688_TESTS_BENCH_PORT_FILE_H_
#define ORDER1688_TESTS_BENCH_PORT_FILE_H_

#include <string>

namespace order1688 {

// Writes {"port":PORT} to `path`, whole or not at all, as order1688-server does. False if that
// fails.
bool WritePortFile(const std::string& path, int port);

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_PORT_FILE_H_
