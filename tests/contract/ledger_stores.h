// The stores that the contract of Ledger is tested on.
#ifndef ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_
#define ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_

#include <gtest/gtest.h>

#include <memory>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

// A store under test.
class Store {
 public:
  virtual ~Store() = default;
  virtual Ledger& ledger() = 0;
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const Clock& clock) {
    absl::StatusOr<std::unique_ptr<SqliteLedger>> ledger =
        SqliteLedger::Open(folder_.File("ledger.db"), clock);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }
  Ledger& ledger() override { return *ledger_; }

 private:
  TempFolder folder_;
  std::unique_ptr<SqliteLedger> ledger_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Clock& clock) : ledger_(clock, MemoryLedger::Answers::kOnOwnThread) {}
  Ledger& ledger() override { return ledger_; }

 private:
  MemoryLedger ledger_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_
