// The stores that the contract of Ledger is tested on.
#ifndef ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_
#define ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/contract/ledger_store.h"
#include "tests/contract/postgres_store.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const Clock& clock) {
    absl::StatusOr<std::unique_ptr<SqliteLedger>> ledger =
        SqliteLedger::Open(folder_.File("ledger.db"), {}, clock);
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

// How to make one kind of store; null if it is not installed.
struct StoreKind {
  const char* name;
  std::function<std::unique_ptr<Store>(const Clock&)> make;
};

inline std::vector<StoreKind> AllStores() {
  return {{"Sqlite", [](const Clock& clock) { return std::make_unique<SqliteStore>(clock); }},
          {"Postgres",
           [](const Clock& clock) -> std::unique_ptr<Store> {
             if (!PostgresServer::IsInstalled()) return nullptr;
             return std::make_unique<PostgresStore>(clock);
           }},
          {"Memory", [](const Clock& clock) { return std::make_unique<MemoryStore>(clock); }}};
}

inline std::string NameOfStore(const ::testing::TestParamInfo<StoreKind>& kind) {
  return kind.param.name;
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_
