// The order list with a real server, a real sandbox and a real ledger: --probe, and a placement
// whose answer was lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kLookup[] =
    R"(  lookup {
    path: "/v2/alibaba/order/page"
    body_template: '{"page":{{page}},"pageSize":{{page_size}},"createStartTime":"{{created_after}}","createEndTime":"{{created_before}}","needBuyerAddressAndPhone":true}'
    least_interval { nanos: 100000000 }
  }
)";

ServerTerms Terms(const SandboxProcess& sandbox, const std::string& account_lines) {
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
  terms.account_lines = account_lines;
  return terms;
}

TEST(ProbeTest, TellsWhichSignaturesAreAcceptedAndTheSkewAndOrdersNothing) {
  SandboxProcess sandbox({"--clock-offset", "120"});
  ServerProcess server(Terms(sandbox, kLookup));
  server.WriteConfig();
  const ServerProcess::Run run = server.RunOnce("--probe main");
  EXPECT_EQ(run.exit_code, 0) << run.output;
  EXPECT_THAT(
      run.output,
      AllOf(
          HasSubstr("MILLISECONDS  NONCE_INCLUDED  accepted      HTTP 200, code 200  (configured)"),
          HasSubstr("MILLISECONDS  NONCE_ABSENT    not accepted  HTTP 401, code 401\n"),
          HasSubstr("SECONDS       NONCE_INCLUDED  not accepted  HTTP 401, code 401\n"),
          HasSubstr("SECONDS       NONCE_ABSENT    not accepted  HTTP 401, code 401\n"),
          testing::ContainsRegex("the gateway's is 1(19|20|21) s ahead of ours"),
          Not(HasSubstr("TEST-ACCESS-SECRET-0001")), Not(HasSubstr("timestamp"))));
  EXPECT_EQ(sandbox.CountOf("pages_read_whole"), 4);
  EXPECT_EQ(sandbox.CountOf("requests_begun"), 0) << "no create request";
}

TEST(ProbeTest, AConfiguredSignatureThatIsNotAcceptedEndsWithOne) {
  SandboxProcess sandbox({"--timestamp-unit", "s", "--nonce", "absent"});
  ServerProcess server(Terms(sandbox, ""));
  server.WriteConfig();
  const ServerProcess::Run run = server.RunOnce("--probe main");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, AllOf(HasSubstr("SECONDS       NONCE_ABSENT    accepted      HTTP 200"),
                                HasSubstr("the configured signature was not accepted")));
  EXPECT_EQ(sandbox.CountOf("requests_begun"), 0);
  EXPECT_EQ(server.RunOnce("--probe nobody").exit_code, 1);
}

TEST(ProbeTest, AGatewayThatIsNotThereIsSaidSo) {
  ServerTerms terms;
  terms.base_url = "http://127.0.0.1:9";
  ServerProcess server(terms);
  server.WriteConfig();
  const ServerProcess::Run run = server.RunOnce("--probe main");
  EXPECT_EQ(run.exit_code, 1);
  EXPECT_THAT(run.output, HasSubstr("no answer: connect_failed"));
}

}  // namespace
}  // namespace order1688
