// Which files SqliteLedger takes, and which it refuses.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "server/ledger/sqlite_ledger.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/sample_placement.h"
#include "tests/unit/sqlite_ledger_fixture.h"
#include "tests/unit/sqlite_ledger_process.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

using SqliteLedgerFileTest = SqliteLedgerTest;

TEST_F(SqliteLedgerFileTest, MakesFilesThatOnlyTheOwnerReads) {
  const mode_t old = umask(0);
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  umask(old);
  EXPECT_EQ(ModeOf(path_), 0600);
  EXPECT_EQ(ModeOf(path_ + "-wal"), 0600);
  EXPECT_EQ(ModeOf(path_ + "-shm"), 0600);
  EXPECT_EQ(ModeOf(path_ + ".key"), 0600);
}

TEST_F(SqliteLedgerFileTest, RefusesFileThatOthersMayRead) {
  MustOpen();
  chmod(path_.c_str(), 0640);
  EXPECT_THAT(Refusal(), HasSubstr("has mode 0640"));
  chmod(path_.c_str(), 0600);
  EXPECT_EQ(Refusal(), "opened");
}

TEST_F(SqliteLedgerFileTest, RefusesFileOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  MustOpen();
  ASSERT_EQ(chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_THAT(Refusal(), HasSubstr("belongs to user 65534"));
}

TEST_F(SqliteLedgerFileTest, RefusesMissingFolderByName) {
  const auto ledger = SqliteLedger::Open(folder_.File("missing/ledger.db"), {}, clock_);
  EXPECT_EQ(ledger.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(ledger.status().message()), HasSubstr(folder_.File("missing")));
}

TEST_F(SqliteLedgerFileTest, RefusesFolderAndEmptyPath) {
  EXPECT_FALSE(SqliteLedger::Open(folder_.path(), {}, clock_).ok());
  EXPECT_FALSE(SqliteLedger::Open("", {}, clock_).ok());
}

TEST_F(SqliteLedgerFileTest, NamesThatSqliteReadsOtherwiseAreFiles) {
  const std::filesystem::path old = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  for (const char* name : {":memory:", "file:x?mode=memory"}) {
    EXPECT_TRUE(SqliteLedger::Open(name, {}, clock_).ok());
    EXPECT_GT(std::filesystem::file_size(folder_.File(name)), 0);
  }
  std::filesystem::current_path(old);
}

TEST_F(SqliteLedgerFileTest, RefusesSecondProcess) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  LedgerProcess child(path_);
  EXPECT_THAT(child.ReadLine().value_or(""), HasSubstr("used by another process"));
  EXPECT_EQ(child.Wait(), 3);
}

TEST_F(SqliteLedgerFileTest, RefusesToBeTheSecondProcess) {
  LedgerProcess child(path_);
  ASSERT_EQ(child.ReadLine(), "0");
  EXPECT_THAT(Refusal(), HasSubstr("used by another process"));
  child.Kill();
  EXPECT_EQ(Refusal(), "opened");
}

TEST_F(SqliteLedgerFileTest, RefusesSecondLedgerUnderAnotherName) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  std::filesystem::create_symlink(path_, folder_.File("link.db"));
  std::filesystem::create_hard_link(path_, folder_.File("hard.db"));
  for (const char* name : {"link.db", "hard.db"}) {
    const auto second = SqliteLedger::Open(folder_.File(name), {}, clock_);
    EXPECT_THAT(second.status().ToString(), HasSubstr("used by another process")) << name;
  }
}

TEST_F(SqliteLedgerFileTest, RefusesDatabaseOfAnotherProgramAndLeavesItAlone) {
  Shell(path_).Run("CREATE TABLE t (x); INSERT INTO t VALUES (1)");
  chmod(path_.c_str(), 0600);
  const std::string before = ReadBytes(path_);
  EXPECT_THAT(Refusal(), HasSubstr("another program"));
  EXPECT_EQ(ReadBytes(path_), before);
}

TEST_F(SqliteLedgerFileTest, RefusesNewerSchemaAndLeavesItAlone) {
  MustOpen();
  Shell(path_).Run("PRAGMA user_version = 5");
  const std::string before = ReadBytes(path_);
  EXPECT_THAT(Refusal(), HasSubstr("its schema has version 5, this server knows version 4"));
  EXPECT_EQ(ReadBytes(path_), before);
}

TEST_F(SqliteLedgerFileTest, RefusesFileThatIsNoDatabase) {
  WriteBytes(path_, std::string(10000, 'x'));
  EXPECT_THAT(Refusal(), HasSubstr("damaged or not a ledger"));
}

TEST_F(SqliteLedgerFileTest, RefusesDamagedFile) {
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation(std::to_string(i))).ok());
    }
  }
  std::string bytes = ReadBytes(path_);
  for (size_t page = 1; page * 4096 < bytes.size(); ++page) {
    bytes.replace(page * 4096 + 8, 64, std::string(64, '\xff'));
  }
  WriteBytes(path_, bytes);
  EXPECT_THAT(Refusal(), HasSubstr("damaged"));
}

TEST_F(SqliteLedgerFileTest, RefusesCutFile) {
  MustOpen();
  WriteBytes(path_, ReadBytes(path_).substr(0, 3 * 4096));
  EXPECT_THAT(Refusal(), HasSubstr("damaged"));
}

TEST_F(SqliteLedgerFileTest, RefusesEmptyFileBesideALog) {
  WriteBytes(path_, "");
  WriteBytes(path_ + "-wal", "rows");
  EXPECT_THAT(Refusal(), HasSubstr("is empty but"));
  EXPECT_EQ(ReadBytes(path_ + "-wal"), "rows");
}

TEST_F(SqliteLedgerFileTest, TakesEmptyFileAsNew) {
  WriteBytes(path_, "");
  EXPECT_EQ(Refusal(), "opened");
}

TEST_F(SqliteLedgerFileTest, KeepsItsFingerprintKeyAndSharesItWithNoOtherLedger) {
  const std::string key(MustOpen()->fingerprint_key());
  EXPECT_THAT(key, SizeIs(32));
  EXPECT_EQ(MustOpen()->fingerprint_key(), key);
  EXPECT_NE((*SqliteLedger::Open(folder_.File("other.db"), {}, clock_))->fingerprint_key(), key);
}

}  // namespace
}  // namespace order1688
