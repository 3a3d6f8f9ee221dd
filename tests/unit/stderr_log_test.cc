#include "server/stderr_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace order1688 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class StderrLogTest : public testing::Test {
 protected:
  StderrLogTest() { testing::internal::CaptureStderr(); }

  // What was written since the last call.
  static std::string Written() {
    std::string text = testing::internal::GetCapturedStderr();
    testing::internal::CaptureStderr();
    return text;
  }

  ~StderrLogTest() override { testing::internal::GetCapturedStderr(); }

  std::optional<Log> log_ = MakeStderrLog("info");
};

TEST_F(StderrLogTest, ALineIsWrittenAtOnce) {
  log_->Info("first");
  EXPECT_THAT(Written(), HasSubstr("\"first\"}\n"));
}

TEST_F(StderrLogTest, HeldLinesAreWrittenTogetherAndInOrder) {
  log_->InfoHeld("first");
  log_->InfoHeld("second");
  EXPECT_EQ(Written(), "");
  log_->WriteHeld();
  const std::string text = Written();
  EXPECT_THAT(text, AllOf(StartsWith("{\"time\""), HasSubstr("\"first\"}\n{\"time\":")));
  EXPECT_THAT(text, HasSubstr("\"second\"}\n"));
  log_->WriteHeld();
  EXPECT_EQ(Written(), "");
}

TEST_F(StderrLogTest, AnotherLineTakesTheHeldOnesWithIt) {
  log_->InfoHeld("held");
  log_->Error("trouble");
  const std::string text = Written();
  EXPECT_LT(text.find("held"), text.find("trouble"));
}

TEST_F(StderrLogTest, ItNeverHoldsMuch) {
  const std::string long_text(1000, 'x');
  for (int line = 0; line < 100; ++line) log_->InfoHeld("long", {{"text", long_text}});
  EXPECT_GT(Written().size(), 60'000U);
}

TEST_F(StderrLogTest, WhatItHoldsAtTheEndIsWritten) {
  log_->InfoHeld("last");
  log_.reset();
  EXPECT_THAT(Written(), HasSubstr("\"last\""));
}

TEST_F(StderrLogTest, LinesBelowItsLevelAreLeftOut) {
  log_ = MakeStderrLog("warn");
  log_->Info("quiet");
  log_->InfoHeld("quiet");
  log_->Warn("loud");
  const std::string text = Written();
  EXPECT_EQ(text.find("quiet"), std::string::npos);
  EXPECT_THAT(text, HasSubstr("loud"));
}

}  // namespace
}  // namespace order1688
