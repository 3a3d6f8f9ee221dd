// Many statements in one round trip to a real PostgreSQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/ledger/postgres_connection.h"
#include "tests/integration/postgres_ledger_fixture.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;

class PostgresPipelineTest : public PostgresLedgerFixture {
 protected:
  void SetUp() override {
    PostgresLedgerFixture::SetUp();
    if (IsSkipped()) return;
    RunSql(dsn_, "CREATE TABLE numbers (number BIGINT PRIMARY KEY)");
    auto connection = PostgresConnection::Open(dsn_);
    ASSERT_TRUE(connection.ok()) << connection.status();
    connection_ = *std::move(connection);
  }

  static PostgresStatement Insert(int64_t number) {
    return {"INSERT INTO numbers VALUES ($1)", std::move(PostgresValues().Int(number))};
  }
  static PostgresStatement Sum() {
    return {"SELECT CAST(sum(number) AS BIGINT) FROM numbers", PostgresValues()};
  }

  std::unique_ptr<PostgresConnection> connection_;
};

TEST_F(PostgresPipelineTest, EachAnswerIsOfItsStatement) {
  const auto begun = connection_->BeginAndRun({Insert(1), Sum(), Insert(2)});
  ASSERT_TRUE(begun.ok()) << begun.status();
  ASSERT_EQ(begun->size(), 3);
  EXPECT_EQ((*begun)[0].changed(), 1);
  EXPECT_EQ((*begun)[1].IntAt(0, 0), 1);
  EXPECT_EQ((*connection_->RunAll({Sum()}))[0].IntAt(0, 0), 3);
  EXPECT_EQ(Count("numbers"), "0") << "before the COMMIT nobody sees it";
  ASSERT_TRUE(connection_->RunAndCommit({Insert(3)}).ok());
  EXPECT_EQ(Count("numbers"), "3");
}

TEST_F(PostgresPipelineTest, NothingIsCommittedAfterAStatementThatFails) {
  ASSERT_TRUE(connection_->BeginAndRun({Insert(1)}).ok());
  const auto done = connection_->RunAndCommit({Insert(2), Insert(1), Insert(3)});
  EXPECT_EQ(done.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(done.status().message(), HasSubstr("23505"));
  EXPECT_FALSE(connection_->lost());
  connection_->Rollback();
  EXPECT_EQ(Count("numbers"), "0");
  ASSERT_TRUE(connection_->BeginAndRun({}).ok());
  ASSERT_TRUE(connection_->RunAndCommit({Insert(4)}).ok());
  EXPECT_EQ(Count("numbers"), "1");
}

TEST_F(PostgresPipelineTest, CommitThatFailsIsInDoubt) {
  RunSql(dsn_,
         "ALTER TABLE numbers ADD UNIQUE (number) DEFERRABLE INITIALLY DEFERRED;"
         "ALTER TABLE numbers DROP CONSTRAINT numbers_pkey");
  ASSERT_TRUE(connection_->BeginAndRun({Insert(1)}).ok());
  EXPECT_FALSE(connection_->RunAndCommit({Insert(1)}).ok());
  EXPECT_TRUE(connection_->lost());
}

TEST_F(PostgresPipelineTest, ManyLongStatementsPassEachOther) {
  // More than the socket holds, both ways.
  const std::string text(100000, 'x');
  std::vector<PostgresStatement> statements(100,
                                            {"SELECT $1", std::move(PostgresValues().Bytes(text))});
  const auto echoed = connection_->RunAll(statements);
  ASSERT_TRUE(echoed.ok()) << echoed.status();
  for (const PostgresRows& rows : *echoed) EXPECT_EQ(rows.BytesAt(0, 0), text);
}

TEST_F(PostgresPipelineTest, LostSessionStaysLost) {
  ASSERT_TRUE(connection_->BeginAndRun({Insert(1)}).ok());
  RunSql(dsn_,
         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
         " WHERE application_name = 'order1688'");
  EXPECT_FALSE(connection_->RunAndCommit({Insert(2)}).ok());
  EXPECT_TRUE(connection_->lost());
  EXPECT_FALSE(connection_->RunAll({Sum()}).ok());
}

}  // namespace
}  // namespace order1688
