#include "server/ops/grpc_log.h"

#include <gmock/gmock.h>
#include <grpc/support/log.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>

#include "spdlog/logger.h"
#include "spdlog/sinks/ostream_sink.h"

namespace order1688 {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(GrpcLogTest, AMessageOfGrpcIsOneLineOfTheLog) {
  // As long as the process, as SendGrpcMessagesTo asks.
  static std::ostringstream text;
  auto sink = std::make_shared<spdlog::logger>(
      "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
  sink->set_pattern("%v");
  gpr_log_verbosity_init();  // what grpc_init does
  SendGrpcMessagesTo(Log(sink));
  gpr_log("/src/core/tcp_server.cc", 205, GPR_LOG_SEVERITY_ERROR, "Failed %s:\n\"too many\"",
          "accept4");
  EXPECT_THAT(
      text.str(),
      AllOf(StartsWith("{\"time\":"), HasSubstr("\"level\":\"error\",\"event\":\"grpc\""),
            HasSubstr("\"place\":\"tcp_server.cc:205\""),
            HasSubstr("\"message\":\"Failed accept4:\\n\\\"too many\\\"\""), EndsWith("}\n")));
}

}  // namespace
}  // namespace order1688
