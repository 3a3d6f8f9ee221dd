// What the tests of SqliteLedger share.
#ifndef ORDER1688_TESTS_UNIT_SQLITE_LEDGER_FIXTURE_H_
#define ORDER1688_TESTS_UNIT_SQLITE_LEDGER_FIXTURE_H_

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

inline mode_t ModeOf(const std::string& path) {
  struct stat file = {};
  return stat(path.c_str(), &file) == 0 ? file.st_mode & 07777 : 0;
}

inline std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

inline void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  chmod(path.c_str(), 0600);
}

// Another connection to the file, as an operator's shell has.
class Shell {
 public:
  explicit Shell(const std::string& path) {
    sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  }
  ~Shell() { sqlite3_close(database_); }

  // First column of the first row as text.
  std::string Run(const std::string& sql) {
    std::string first = "(no row)";
    char* error = nullptr;
    const int code = sqlite3_exec(
        database_, sql.c_str(),
        [](void* to, int, char** values, char**) {
          *static_cast<std::string*>(to) = values[0] == nullptr ? "(null)" : values[0];
          return 0;
        },
        &first, &error);
    EXPECT_EQ(code, SQLITE_OK) << sql << ": " << (error == nullptr ? "" : error);
    sqlite3_free(error);
    return first;
  }

  // How SQLite would run the statement.
  std::string Plan(const std::string& sql) {
    std::string plan;
    sqlite3_stmt* statement = nullptr;
    const std::string explain = "EXPLAIN QUERY PLAN " + sql;
    EXPECT_EQ(sqlite3_prepare_v2(database_, explain.c_str(), -1, &statement, nullptr), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      plan += reinterpret_cast<const char*>(sqlite3_column_text(statement, 3));
      plan += "\n";
    }
    sqlite3_finalize(statement);
    return plan;
  }

 private:
  sqlite3* database_ = nullptr;
};

class SqliteLedgerTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SqliteLedger>> Open(std::vector<std::string> keys = {}) {
    return SqliteLedger::Open(path_, std::move(keys), clock_);
  }
  std::unique_ptr<SqliteLedger> MustOpen(std::vector<std::string> keys = {}) {
    absl::StatusOr<std::unique_ptr<SqliteLedger>> ledger = Open(std::move(keys));
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }
  // Why Open refuses; "opened" if it does not.
  std::string Refusal(std::vector<std::string> keys = {}) {
    const absl::StatusOr<std::unique_ptr<SqliteLedger>> ledger = Open(std::move(keys));
    return ledger.ok() ? "opened" : ledger.status().ToString();
  }

  TempFolder folder_;
  FakeClock clock_;
  const std::string path_ = folder_.File("ledger.db");
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_UNIT_SQLITE_LEDGER_FIXTURE_H_
