// The stores that the contract of Ledger is tested on.
#ifndef ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_
#define ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/memory_ledger.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

// A store under test, and a look behind it.
class Store {
 public:
  virtual ~Store() = default;
  virtual Ledger& ledger() = 0;
  // Answers of superseded attempts that are kept for the key.
  virtual std::vector<std::string> SupersededAnswers(const PlacementKey& key) = 0;
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

  std::vector<std::string> SupersededAnswers(const PlacementKey& key) override {
    std::vector<std::string> answers;
    sqlite3* database = nullptr;
    sqlite3_stmt* query = nullptr;
    sqlite3_open_v2(folder_.File("ledger.db").c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
    sqlite3_prepare_v2(database,
                       "SELECT raw_answer FROM evidence WHERE caller = ? AND request_id = ? AND "
                       "reason = 'superseded' ORDER BY evidence_id",
                       -1, &query, nullptr);
    sqlite3_bind_text(query, 1, key.caller.c_str(), -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(query, 2, key.request_id.c_str(), -1, SQLITE_TRANSIENT);
    while (sqlite3_step(query) == SQLITE_ROW) {
      answers.emplace_back(static_cast<const char*>(sqlite3_column_blob(query, 0)),
                           sqlite3_column_bytes(query, 0));
    }
    sqlite3_finalize(query);
    sqlite3_close(database);
    return answers;
  }

 private:
  TempFolder folder_;
  std::unique_ptr<SqliteLedger> ledger_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const Clock& clock) : ledger_(clock, MemoryLedger::Answers::kOnOwnThread) {}
  Ledger& ledger() override { return ledger_; }

  std::vector<std::string> SupersededAnswers(const PlacementKey& key) override {
    std::vector<std::string> answers;
    for (const PlacementRecord& record : ledger_.evidence()) {
      if (record.key == key) answers.push_back(record.raw_answer);
    }
    return answers;
  }

 private:
  MemoryLedger ledger_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_CONTRACT_LEDGER_STORES_H_
