// Ledgers in a real PostgreSQL, for tests of what only a PostgreSQL does.
#ifndef ORDER1688_TESTS_INTEGRATION_POSTGRES_LEDGER_FIXTURE_H_
#define ORDER1688_TESTS_INTEGRATION_POSTGRES_LEDGER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/ledger/postgres_ledger.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/postgres_server.h"
#include "tests/support/sample_placement.h"

namespace order1688 {

class PostgresLedgerFixture : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::IsInstalled()) GTEST_SKIP() << PostgresServer::kNotInstalled;
    dsn_ = PostgresServer::Shared().NewSchemaDsn();
  }

  static absl::StatusOr<std::unique_ptr<PostgresLedger>> TryToOpen(
      const std::string& dsn,
      std::vector<std::string> keys = {std::string(kEncryptionKeyBytes, 'k')},
      bool allow_unsafe_durability = false) {
    PostgresOptions options;
    options.dsn = dsn;
    options.allow_unsafe_durability = allow_unsafe_durability;
    return PostgresLedger::Open(std::move(options), *ColumnCipher::Create(std::move(keys)));
  }

  static std::unique_ptr<PostgresLedger> Open(const std::string& dsn) {
    absl::StatusOr<std::unique_ptr<PostgresLedger>> ledger = TryToOpen(dsn);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }

  // How many rows the database has.
  std::string RowsOf(const std::string& request_id) const {
    return RunSql(dsn_,
                  absl::StrCat("SELECT count(*) FROM order1688_placement WHERE request_id = '",
                               request_id, "'"));
  }
  std::string Count(const std::string& table) const {
    return RunSql(dsn_, absl::StrCat("SELECT count(*) FROM ", table));
  }
  // Waits until the database has no session of a ledger, and all of their statistics.
  void AwaitSessionsEnd() const {
    while (RunSql(dsn_,
                  "SELECT count(*) FROM pg_stat_activity"
                  " WHERE application_name = 'order1688'") != "0") {
    }
  }

  std::string dsn_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_INTEGRATION_POSTGRES_LEDGER_FIXTURE_H_
