// Proof: while the database is away nothing is sent, callers hear LEDGER_UNAVAILABLE, and an
// outcome that could not be recorded is recorded when it is back; nothing is restarted for it.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/proofs/gateway_books.h"
#include "tests/support/postgres_server.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

class DatabaseLossProof : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::IsInstalled()) GTEST_SKIP() << PostgresServer::kNotInstalled;
    database_ = std::make_unique<PostgresServer>();
    database_->Start();
    WriteSecret("dsn", database_->NewSchemaDsn());
    WriteSecret("key", std::string(64, 'a'));
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox_.port());
    terms.ledger = absl::StrCat("ledger { postgres { dsn_file: \"", folder_.File("dsn"),
                                "\" } encryption_key_files: \"", folder_.File("key"), "\" }\n");
    server_ = std::make_unique<ServerProcess>(terms);
    server_->Start();
  }

  void WriteSecret(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.File(name)) << text << "\n";
    chmod(folder_.File(name).c_str(), 0600);
  }

  PlaceAnswer Place(const std::string& key) {
    return PlaceOrders(*server_->NewChannel(), kShopToken, KeyedRequest(key));
  }

  // Asks until there is another answer than LEDGER_UNAVAILABLE.
  PlaceAnswer PlaceWhenItIsBack(const std::string& key) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (true) {
      PlaceAnswer answer = Place(key);
      const bool away =
          answer.error.has_value() && NameOf(answer.error->reason) == "LEDGER_UNAVAILABLE";
      if (!away || absl::Now() > deadline) return answer;
      absl::SleepFor(absl::Milliseconds(100));  // between two asks
    }
  }

  void ExpectPlacedOnce(const std::string& key, const PlaceAnswer& answer) {
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    const GatewayCount got = GatewayBooks::Read(sandbox_).Of(key);
    EXPECT_EQ(got.posts, 1);
    EXPECT_EQ(BrokenPromise(answer.response.placement(), got), "");
  }

  TempFolder folder_;
  SandboxProcess sandbox_;
  std::unique_ptr<PostgresServer> database_;
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(DatabaseLossProof, AKilledDatabaseSendsNothingAndComesBackByItself) {
  ASSERT_TRUE(Place("before").status.ok());
  database_->Kill();
  for (int ask = 0; ask < 2; ++ask) {
    const PlaceAnswer answer = Place("during");
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(NameOf(answer.error->reason), "LEDGER_UNAVAILABLE");
    EXPECT_FALSE(answer.error->order_may_exist);
  }
  EXPECT_EQ(GatewayBooks::Read(sandbox_).Of("during").posts, 0);
  database_->Start();
  ExpectPlacedOnce("during", PlaceWhenItIsBack("during"));
  ExpectPlacedOnce("before", PlaceWhenItIsBack("before"));
}

TEST_F(DatabaseLossProof, AnOutcomeThatMeetsADeadDatabaseIsRecordedWhenItIsBack) {
  sandbox_.Plan(R"([{"id": "held", "fault": {"kind": "hold"}}])");
  BackgroundPlace call(server_->NewChannel(), kShopToken, KeyedRequest("outcome"));
  ASSERT_TRUE(sandbox_.WaitForHolding("held", 1));
  database_->Kill();
  sandbox_.Release("held");
  ASSERT_TRUE(sandbox_.WaitForHits("held", 1));
  database_->Start();
  ExpectPlacedOnce("outcome", call.Wait());
  ExpectPlacedOnce("outcome", PlaceWhenItIsBack("outcome"));
}

}  // namespace
}  // namespace order1688
