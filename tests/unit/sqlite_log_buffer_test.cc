// That the buffered log is the log that SQLite wrote, also when the disk is full.
#include "server/ledger/sqlite_log_buffer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "server/ledger/sqlite_connection.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/sqlite_ledger_fixture.h"

namespace order1688 {
namespace {

class SqliteLogBufferTest : public ::testing::Test {
 protected:
  SqliteLogBufferTest() {
    WriteBytes(path_, "");
    connection_ = *SqliteConnection::Open(path_);
    EXPECT_EQ(*connection_->ReadText("PRAGMA journal_mode = WAL"), "wal");
    Must("PRAGMA synchronous = FULL; CREATE TABLE t (n INTEGER PRIMARY KEY, b BLOB)");
  }

  void Must(const std::string& sql) { ASSERT_TRUE(connection_->Execute(sql.c_str()).ok()) << sql; }
  // Rows of 1,000 bytes.
  void Insert(int from, int to) {
    Must(absl::StrCat("WITH RECURSIVE c(n) AS (SELECT ", from, " UNION ALL SELECT n + 1 FROM c",
                      " WHERE n < ", to, ") INSERT INTO t SELECT n, randomblob(1000) FROM c"));
  }

  TempFolder folder_;
  const std::string path_ = folder_.File("log.db");
  FaultyDisk disk_;
  std::unique_ptr<SqliteConnection> connection_;
};

TEST_F(SqliteLogBufferTest, ACommitIsWrittenInFewPieces) {
  const int before = disk_.writes();
  Insert(1, 100);  // about 100 KB
  EXPECT_LE(disk_.writes() - before, 3);
}

TEST_F(SqliteLogBufferTest, AnotherConnectionSeesEveryCommitAtOnce) {
  Shell shell(path_);
  for (int n = 1; n <= 20; ++n) {
    Insert(n, n);
    EXPECT_EQ(shell.Run("SELECT count(*) FROM t"), std::to_string(n));
  }
  Insert(1000, 2000);
  EXPECT_EQ(shell.Run("SELECT count(*) FROM t"), "1021");
  EXPECT_EQ(shell.Run("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteLogBufferTest, WhatATransactionSpilledIsReadBack) {
  Must("PRAGMA cache_size = 10");
  Must("BEGIN");
  Insert(1, 500);
  EXPECT_EQ(*connection_->ReadInt("SELECT sum(length(b)) FROM t"), 500000);
  Must("UPDATE t SET b = x'00' WHERE n % 2");
  EXPECT_EQ(*connection_->ReadInt("SELECT sum(length(b)) + 1 FROM t"), 250251);
  Must("COMMIT");
  EXPECT_EQ(Shell(path_).Run("SELECT sum(length(b)) FROM t"), "250250");
  EXPECT_EQ(Shell(path_).Run("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteLogBufferTest, AFullDiskUnderASpillEndsTheTransaction) {
  Insert(1, 3);
  Must("PRAGMA cache_size = 10");
  Must("BEGIN");
  Insert(4, 40);
  disk_.Set(FaultyDisk::Fault::kFull);
  EXPECT_FALSE(connection_->Execute("SELECT sum(length(b)) FROM t").ok());
  EXPECT_GT(disk_.faults_hit(), 0);
  EXPECT_FALSE(connection_->InTransaction());
  disk_.Set(FaultyDisk::Fault::kNone);
  EXPECT_EQ(*connection_->ReadInt("SELECT sum(length(b)) FROM t"), 3000);
  Insert(4, 5);
  EXPECT_EQ(Shell(path_).Run("SELECT sum(length(b)) FROM t"), "5000");
  EXPECT_EQ(Shell(path_).Run("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteLogBufferTest, AFullDiskFailsTheCommitAndNothingElse) {
  Insert(1, 3);
  disk_.Set(FaultyDisk::Fault::kFull);
  EXPECT_FALSE(connection_->Execute("INSERT INTO t VALUES (4, zeroblob(9000))").ok());
  EXPECT_FALSE(connection_->MustStop());
  EXPECT_EQ(*connection_->ReadInt("SELECT count(*) FROM t"), 3);
  disk_.Set(FaultyDisk::Fault::kNone);
  Insert(5, 6);
  EXPECT_EQ(*connection_->ReadInt("SELECT sum(n) FROM t"), 17);
  connection_.reset();
  EXPECT_EQ(Shell(path_).Run("SELECT sum(n) FROM t"), "17");
  EXPECT_EQ(Shell(path_).Run("PRAGMA integrity_check"), "ok");
}

TEST_F(SqliteLogBufferTest, AFailedSyncIsTheCommitsError) {
  disk_.Set(FaultyDisk::Fault::kSyncFails);
  EXPECT_FALSE(connection_->Execute("INSERT INTO t VALUES (1, x'00')").ok());
  EXPECT_TRUE(connection_->MustStop());
}

}  // namespace
}  // namespace order1688
