// PostgreSQL as a store that the contract of Ledger is tested on.
#ifndef ORDER1688_TESTS_CONTRACT_POSTGRES_STORE_H_
#define ORDER1688_TESTS_CONTRACT_POSTGRES_STORE_H_

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "server/ledger/postgres_ledger.h"
#include "tests/contract/ledger_store.h"
#include "tests/support/postgres_server.h"

namespace order1688 {

// A ledger in a schema of its own. Its time is a table that follows the test's clock since boot:
// the database's clock is the only one that it has, and it does not jump.
class PostgresStore final : public Store {
 public:
  explicit PostgresStore(const Clock& clock)
      : clock_(clock),
        boot_(clock.Now() - clock.SinceBoot()),
        dsn_(PostgresServer::Shared().NewSchemaDsn()),
        time_(*PostgresConnection::Open(dsn_)) {
    EXPECT_TRUE(
        time_->Execute("CREATE TABLE test_clock AS SELECT TIMESTAMPTZ 'epoch' AS now").ok());
    SetTime();
    absl::StatusOr<ColumnCipher> cipher = ColumnCipher::Create({std::string(32, 'k')});
    PostgresOptions options;
    options.dsn = dsn_;
    options.now_sql = "(SELECT now FROM test_clock)";
    absl::StatusOr<std::unique_ptr<PostgresLedger>> ledger =
        PostgresLedger::Open(std::move(options), *std::move(cipher));
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }

  Ledger& ledger() override {
    SetTime();
    return *ledger_;
  }
  bool LeasesFollowTheWallClock() const override { return true; }

 private:
  void SetTime() {
    const std::lock_guard lock(mutex_);
    const int64_t now = absl::ToUnixMicros(boot_ + clock_.SinceBoot());
    if (now == set_to_) return;
    const absl::StatusOr<PostgresRows> rows = time_->Execute(
        absl::StrCat("UPDATE test_clock SET now = TIMESTAMPTZ 'epoch' + ", now / 1000000,
                     " * INTERVAL '1 second' + ", now % 1000000, " * INTERVAL '1 microsecond'"));
    EXPECT_TRUE(rows.ok()) << rows.status();
    set_to_ = now;
  }

  const Clock& clock_;
  const absl::Time boot_;
  const std::string dsn_;
  std::mutex mutex_;
  int64_t set_to_ = 0;                        // guarded by mutex_
  std::unique_ptr<PostgresConnection> time_;  // guarded by mutex_
  std::unique_ptr<PostgresLedger> ledger_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_CONTRACT_POSTGRES_STORE_H_
