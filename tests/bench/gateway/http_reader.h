// What slow_gateway reads of a connection.
#ifndef ORDER1688_TESTS_BENCH_GATEWAY_HTTP_READER_H_
#define ORDER1688_TESTS_BENCH_GATEWAY_HTTP_READER_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace order1688 {

// Counts the requests on one connection. Knows no more of HTTP/1.1 than the benchmark's clients
// use: bodies have a Content-Length.
class HttpReader {
 public:
  // Takes the bytes that came next; returns how many requests they complete. Nothing: a request
  // without a readable Content-Length.
  std::optional<int> Take(absl::string_view bytes);

 private:
  std::string unread_;  // begins with a request
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_BENCH_GATEWAY_HTTP_READER_H_
