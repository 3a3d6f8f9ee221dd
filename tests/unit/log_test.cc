#include "common/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "rapidjson/document.h"
#include "spdlog/details/null_mutex.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/sinks/ostream_sink.h"

namespace order1688 {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() : sink_(std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)), log_(MakeLog()) {}

  Log MakeLog() {
    logger_ = std::make_shared<spdlog::logger>("test", sink_);
    logger_->set_pattern("%v");
    logger_->set_level(spdlog::level::debug);
    return Log(logger_);
  }

  std::vector<std::string> Lines() const {
    std::vector<std::string> lines = absl::StrSplit(text_.str(), '\n');
    EXPECT_EQ(lines.back(), "") << "the last line has no end";
    lines.pop_back();
    return lines;
  }

  // The one line that was written, as JSON with valid UTF-8.
  rapidjson::Document OnlyLine() const {
    std::vector<std::string> lines = Lines();
    EXPECT_EQ(lines.size(), 1u);
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(lines.front().c_str());
    EXPECT_FALSE(document.HasParseError()) << lines.front();
    return document;
  }

  std::ostringstream text_;
  std::shared_ptr<spdlog::sinks::ostream_sink_mt> sink_;
  std::shared_ptr<spdlog::logger> logger_;
  Log log_;
};

TEST_F(LogTest, LineHoldsTimeLevelEventAndFieldsInOrder) {
  log_.Info("rpc", {{"code", "OK"}, {"elapsed_ms", int64_t{12}}, {"replayed", true}, {"n", -1}});
  std::string line = Lines().front();
  EXPECT_THAT(line,
              testing::MatchesRegex(
                  "\\{\"time\":\"20[0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:]+\\.[0-9][0-9][0-9]Z\","
                  "\"level\":\"info\",\"event\":\"rpc\",\"code\":\"OK\",\"elapsed_ms\":12,"
                  "\"replayed\":true,\"n\":-1\\}"));
}

TEST_F(LogTest, TimeIsWhenTheLineWasWritten) {
  const absl::Time before = absl::Now();
  log_.Info("a", {});
  const absl::Time after = absl::Now();
  const std::string text = OnlyLine()["time"].GetString();
  EXPECT_EQ(text.size(), std::string("2026-01-02T03:04:05.006Z").size()) << text;
  absl::Time written;
  std::string error;
  ASSERT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &written, &error)) << text << error;
  EXPECT_GE(written, before - absl::Milliseconds(1));
  EXPECT_LE(written, after);
}

// Counts how often it is told to write what it holds.
class FlushCount final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  int value = 0;

 private:
  void sink_it_(const spdlog::details::log_msg&) override {}
  void flush_() override { ++value; }
};

TEST_F(LogTest, OnlyAHeldLineLeavesTheSinkWhatItHolds) {
  const auto flushes = std::make_shared<FlushCount>();
  const Log log(std::make_shared<spdlog::logger>("test", flushes));
  log.InfoHeld("a");
  EXPECT_EQ(flushes->value, 0);
  log.WriteHeld();
  EXPECT_EQ(flushes->value, 1);
  log.Info("b");
  log.Warn("c");
  EXPECT_EQ(flushes->value, 3);
}

TEST_F(LogTest, EachLevelHasItsName) {
  log_.Debug("a");
  log_.Info("a");
  log_.Warn("a");
  log_.Error("a");
  std::vector<std::string> lines = Lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_THAT(lines[0], testing::HasSubstr("\"level\":\"debug\""));
  EXPECT_THAT(lines[1], testing::HasSubstr("\"level\":\"info\""));
  EXPECT_THAT(lines[2], testing::HasSubstr("\"level\":\"warn\""));
  EXPECT_THAT(lines[3], testing::HasSubstr("\"level\":\"error\""));
}

TEST_F(LogTest, LevelOfTheSinkFilters) {
  logger_->set_level(spdlog::level::warn);
  log_.Info("quiet");
  log_.Warn("loud");
  EXPECT_STREQ(OnlyLine()["event"].GetString(), "loud");
}

TEST_F(LogTest, LineBreaksAndControlCharactersStayInOneLine) {
  std::string hostile("a\nb\r\"\\\x01\x1f{}%n", 12);
  log_.Info("x", {{"value", hostile}});
  rapidjson::Document line = OnlyLine();
  EXPECT_EQ(line["value"].GetString(), hostile);
}

TEST_F(LogTest, NulByteIsKept) {
  log_.Info("x", {{"value", absl::string_view("a\0b", 3)}});
  EXPECT_EQ(OnlyLine()["value"].GetStringLength(), 3u);
}

TEST_F(LogTest, InvalidUtf8IsReplacedAndTheRestKept) {
  // A lone lead byte, an overlong form, a surrogate and a cut character, each before good text.
  log_.Info("x", {{"value",
                   "\xE8"
                   "a 中文 \xC0\x80 \xED\xA0\x80 \xE4\xB8"}});
  rapidjson::Document line = OnlyLine();
  std::string value = line["value"].GetString();
  EXPECT_EQ(value.find("\xEF\xBF\xBD"
                       "a 中文 \xEF\xBF\xBD"),
            0u)
      << value;
}

TEST_F(LogTest, BracesInValuesAreNoFormat) {
  log_.Info("x", {{"value", "{} {0} %v %s"}});
  EXPECT_STREQ(OnlyLine()["value"].GetString(), "{} {0} %v %s");
}

}  // namespace
}  // namespace order1688
