#include "tests/bench/gateway/http_reader.h"

#include <string>

#include "gtest/gtest.h"

namespace order1688 {
namespace {

// The body looks like the end of a head.
constexpr char kRequest[] = "POST /x HTTP/1.1\r\nHost: here\r\ncontent-length: 4\r\n\r\n\r\n\r\n";

TEST(HttpReaderTest, CountsARequestWhenItsLastByteComes) {
  const std::string text = kRequest;
  for (size_t cut = 1; cut < text.size(); ++cut) {
    HttpReader reader;
    EXPECT_EQ(reader.Take(absl::string_view(text).substr(0, cut)), 0) << cut;
    EXPECT_EQ(reader.Take(absl::string_view(text).substr(cut)), 1) << cut;
  }
}

TEST(HttpReaderTest, CountsRequestsThatComeTogether) {
  HttpReader reader;
  EXPECT_EQ(reader.Take(std::string(kRequest) + kRequest + "POST "), 2);
  EXPECT_EQ(reader.Take(std::string(kRequest).substr(5)), 1);
}

TEST(HttpReaderTest, GivesUpWithoutAContentLength) {
  HttpReader reader;
  EXPECT_EQ(reader.Take("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"), std::nullopt);
}

}  // namespace
}  // namespace order1688
