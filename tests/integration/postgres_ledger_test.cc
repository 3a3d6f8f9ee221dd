// A PostgreSQL ledger shared by several servers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <thread>
#include <vector>

#include "server/ledger/postgres_schema.h"
#include "tests/integration/postgres_ledger_fixture.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class PostgresLedgerTest : public PostgresLedgerFixture {};

TEST_F(PostgresLedgerTest, OneOfManyReservesOfManyServersIsFresh) {
  std::vector<std::unique_ptr<PostgresLedger>> servers;
  for (int i = 0; i < 3; ++i) servers.push_back(Open(dsn_));
  for (int round = 0; round < 5; ++round) {
    const std::string id = absl::StrCat("race ", round);
    std::deque<LedgerAnswer<Reserved>> answers(3 * 16);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < answers.size(); ++i) {
      threads.emplace_back(
          [&, i] { servers[i % 3]->Reserve(SampleReservation(id), answers[i].Done()); });
    }
    for (std::thread& thread : threads) thread.join();
    int fresh = 0;
    for (LedgerAnswer<Reserved>& answer : answers) {
      const absl::StatusOr<Reserved> reserved = answer.Wait();
      ASSERT_TRUE(reserved.ok()) << reserved.status();
      fresh += reserved->outcome == ReserveOutcome::kFresh ? 1 : 0;
      EXPECT_EQ(reserved->row.fence, 1);
    }
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(RowsOf(id), "1");
  }
}

TEST_F(PostgresLedgerTest, OneOfManyPurchasesOfTheSameGoodsIsFresh) {
  std::vector<std::unique_ptr<PostgresLedger>> servers;
  for (int i = 0; i < 3; ++i) servers.push_back(Open(dsn_));
  std::deque<LedgerAnswer<Reserved>> answers(3 * 16);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < answers.size(); ++i) {
    threads.emplace_back([&, i] {
      Reservation reservation = SampleReservation(absl::StrCat("purchase ", i));
      reservation.duplicates = {"mac of the goods", absl::Hours(1), /*refuse=*/true};
      servers[i % 3]->Reserve(reservation, answers[i].Done());
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> fresh;
  std::set<std::string> named;
  for (LedgerAnswer<Reserved>& answer : answers) {
    const absl::StatusOr<Reserved> reserved = answer.Wait();
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    const std::string& id = reserved->row.placement->request_id();
    (reserved->outcome == ReserveOutcome::kFresh ? fresh : named).insert(id);
  }
  EXPECT_EQ(fresh.size(), 1);
  EXPECT_EQ(named, fresh);
  EXPECT_EQ(Count("order1688_placement"), "1");
}

TEST_F(PostgresLedgerTest, NoLookupIsTakenByTwoServers) {
  const std::unique_ptr<PostgresLedger> one = Open(dsn_);
  const std::unique_ptr<PostgresLedger> other = Open(dsn_);
  for (int i = 0; i < 20; ++i) {
    const auto reserved = ReserveAndWait(*one, SampleReservation(absl::StrCat(i)));
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    ASSERT_TRUE(
        RecordAndWait(*one, SampleRecord(reserved->row, v1::PLACEMENT_STATE_IN_DOUBT)).ok());
  }
  LedgerAnswer<std::vector<LookupTask>> first;
  LedgerAnswer<std::vector<LookupTask>> second;
  one->TakeLookups({"main", 20, absl::Minutes(1)}, first.Done());
  other->TakeLookups({"main", 20, absl::Minutes(1)}, second.Done());
  std::set<std::string> taken;
  size_t tasks = 0;
  for (LedgerAnswer<std::vector<LookupTask>>* answer : {&first, &second}) {
    const absl::StatusOr<std::vector<LookupTask>> got = answer->Wait();
    ASSERT_TRUE(got.ok()) << got.status();
    tasks += got->size();
    for (const LookupTask& task : *got) taken.insert(task.row.placement->request_id());
  }
  EXPECT_EQ(tasks, 20);
  EXPECT_EQ(taken.size(), 20);
}

TEST_F(PostgresLedgerTest, SecondServerLeavesTheRowsOfTheFirstAlone) {
  const std::unique_ptr<PostgresLedger> one = Open(dsn_);
  ASSERT_TRUE(ReserveAndWait(*one, SampleReservation("r1")).ok());
  const std::unique_ptr<PostgresLedger> other = Open(dsn_);
  EXPECT_EQ(ReserveAndWait(*other, SampleReservation("r1"))->outcome, ReserveOutcome::kBusy);
  EXPECT_EQ(other->fingerprint_key(), one->fingerprint_key());
}

TEST_F(PostgresLedgerTest, LeaseFollowsTheDatabasesClock) {
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  Reservation over = SampleReservation("over");
  over.lease = absl::ZeroDuration();
  ASSERT_TRUE(ReserveAndWait(*ledger, over).ok());
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("running")).ok());
  EXPECT_THAT(*ExpireAndWait(*ledger), testing::ElementsAre(PlacementKey{"shop", "over"}));
}

TEST_F(PostgresLedgerTest, ServersThatMigrateAtOnceAgree) {
  std::vector<std::thread> threads;
  std::vector<absl::Status> migrated(6);
  std::vector<std::string> keys(6);
  const ColumnCipher cipher = *ColumnCipher::Create({std::string(kEncryptionKeyBytes, 'k')});
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const auto connection = PostgresConnection::Open(dsn_);
      if (!connection.ok()) {
        migrated[i] = connection.status();
        return;
      }
      migrated[i] = MigrateSchema(**connection, cipher);
      keys[i] = ReadFingerprintKey(**connection, cipher).value_or("none");
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : migrated) EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 1);
  EXPECT_EQ(keys[0].size(), 32);
  EXPECT_EQ(RunSql(dsn_, "SELECT count(*) * 10 + max(version) FROM order1688_schema"), "12");
}

TEST_F(PostgresLedgerTest, InterruptedMigrationIsFinishedByTheNext) {
  RunSql(dsn_,
         "CREATE TABLE order1688_schema (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL);"
         "CREATE TABLE order1688_meta (name TEXT NOT NULL PRIMARY KEY, key_id TEXT NOT NULL,"
         " value BYTEA NOT NULL)");
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1"))->outcome, ReserveOutcome::kFresh);
}

TEST_F(PostgresLedgerTest, TablesOfTheFirstVersionGetTheNewIndexHoweverLongItTakes) {
  ASSERT_TRUE(ReserveAndWait(*Open(dsn_), SampleReservation("r1")).ok());
  RunSql(dsn_,
         "DROP INDEX order1688_placement_by_goods;"
         "CREATE INDEX order1688_placement_by_business"
         " ON order1688_placement (caller, business_mac, create_time);"
         "UPDATE order1688_schema SET version = 1");
  // Longer than every timeout of a session.
  RunSql(dsn_,
         "CREATE FUNCTION sleep() RETURNS event_trigger LANGUAGE plpgsql"
         " AS 'BEGIN PERFORM pg_sleep(5.5); END';"
         "CREATE EVENT TRIGGER slow ON ddl_command_end WHEN TAG IN ('CREATE INDEX')"
         " EXECUTE FUNCTION sleep()");
  EXPECT_EQ(ReserveAndWait(*Open(dsn_), SampleReservation("r1"))->outcome, ReserveOutcome::kBusy);
  RunSql(dsn_, "DROP EVENT TRIGGER slow");
  EXPECT_EQ(RunSql(dsn_, "SELECT version FROM order1688_schema"), "2");
  EXPECT_EQ(RunSql(dsn_,
                   "SELECT string_agg(indexname, ' ') FROM pg_indexes WHERE indexname IN"
                   " ('order1688_placement_by_goods', 'order1688_placement_by_business')"
                   " AND schemaname = current_schema()"),
            "order1688_placement_by_goods");
}

TEST_F(PostgresLedgerTest, PlacementIsFoundByItsKeyAlsoWhileTheTableIsSmall) {
  {
    const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
    for (int i = 0; i < 20; ++i) {
      const auto reserved = ReserveAndWait(*ledger, SampleReservation(absl::StrCat(i)));
      ASSERT_TRUE(reserved.ok()) << reserved.status();
      ASSERT_TRUE(
          RecordAndWait(*ledger, SampleRecord(reserved->row, v1::PLACEMENT_STATE_PLACED)).ok());
    }
  }
  AwaitSessionsEnd();
  // by_key is looked into at start.
  EXPECT_EQ(RunSql(dsn_,
                   "SELECT string_agg(indexrelname, ' ') FROM pg_stat_user_indexes"
                   " WHERE schemaname = current_schema() AND relname = 'order1688_placement'"
                   " AND idx_scan > 0 AND indexrelname <> 'order1688_placement_by_key'"),
            "order1688_placement_pkey");
}

TEST_F(PostgresLedgerTest, TablesOfANewerServerAreRefused) {
  Open(dsn_);
  RunSql(dsn_, "UPDATE order1688_schema SET version = 999");
  const auto ledger = TryToOpen(dsn_);
  EXPECT_EQ(ledger.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ledger.status().message(), HasSubstr("version 999"));
}

TEST_F(PostgresLedgerTest, WhatPeopleOrderIsNotReadableInTheDatabase) {
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
  ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT)).ok());
  ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).ok());
  for (const char* column : {"placement.placement", "placement.request", "placement.raw_answer",
                             "evidence.placement", "evidence.raw_answer"}) {
    const std::string table(column, std::string(column).find('.'));
    const std::string bytes =
        RunSql(dsn_, absl::StrCat("SELECT encode(", std::string(column).substr(table.size() + 1),
                                  ", 'escape') FROM order1688_", table));
    EXPECT_GT(bytes.size(), 30) << column;
    for (const char* word : {"basket 7", "one lamp", "answer"}) {
      EXPECT_THAT(bytes, Not(HasSubstr(word))) << column;
    }
  }
}

TEST_F(PostgresLedgerTest, ServerWithoutTheKeyOfARowDoesNotStart) {
  ASSERT_TRUE(ReserveAndWait(*Open(dsn_), SampleReservation("r1")).ok());
  const auto ledger = TryToOpen(dsn_, {std::string(kEncryptionKeyBytes, 'x')});
  EXPECT_EQ(ledger.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ledger.status().message(), HasSubstr("encryption_key_files"));
}

TEST_F(PostgresLedgerTest, RowsMoveToTheNewFirstKeyAndTheOldOneCanGo) {
  const std::string old_key(kEncryptionKeyBytes, 'k');
  const std::string new_key(kEncryptionKeyBytes, 'n');
  std::string fingerprint_key;
  {
    const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
    fingerprint_key = std::string(ledger->fingerprint_key());
    for (const char* id : {"r1", "r2"}) {
      const LedgerRow row = ReserveAndWait(*ledger, SampleReservation(id))->row;
      ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT)).ok());
      ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).ok());
    }
  }
  {
    const auto ledger = TryToOpen(dsn_, {new_key, old_key});
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    EXPECT_EQ(MaintainAndWait(**ledger, 3)->resealed, 3);
    const absl::StatusOr<Maintained> last = MaintainAndWait(**ledger, 3);
    EXPECT_EQ(last->resealed, 1);
    EXPECT_EQ(last->under_older_keys, 0);
  }
  const auto ledger = TryToOpen(dsn_, {new_key});
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_EQ((*ledger)->fingerprint_key(), fingerprint_key);
  const std::optional<WholeRow> whole = *FindWholeAndWait(**ledger, {"shop", "r1"});
  EXPECT_EQ(whole->request, "request for one lamp");
  ASSERT_EQ(whole->evidence.size(), 1);
  EXPECT_EQ(whole->evidence[0].raw_answer, "answer: answered");
}

TEST_F(PostgresLedgerTest, ConnectionStringIsNeverRepeated) {
  for (const char* dsn :
       {"hunter2secret", "host=/nowhere hunter2secret", "host=/nowhere password=hunter2secret",
        "postgres://u:hunter2secret@[x", "postgres://u:hunter2secret@localhost:1/x"}) {
    const auto ledger = TryToOpen(dsn);
    EXPECT_FALSE(ledger.ok()) << dsn;
    EXPECT_THAT(ledger.status().message(), Not(HasSubstr("hunter2"))) << dsn;
  }
}

TEST_F(PostgresLedgerTest, ErrorsHoldNoValue) {
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  // TEXT takes no NUL.
  const auto reserved = ReserveAndWait(*ledger, SampleReservation(std::string("sec\0ret", 7)));
  EXPECT_EQ(reserved.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(reserved.status().message(), Not(HasSubstr("sec")));
}

TEST_F(PostgresLedgerTest, OrderIdMayHoldAnyByte) {
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
  PlacementRecord record = SampleRecord(row, v1::PLACEMENT_STATE_PLACED);
  record.placement->add_results()->mutable_order()->mutable_base_info()->set_order_id(
      std::string("25406\0", 6));
  EXPECT_EQ(RecordAndWait(*ledger, record)->outcome, RecordOutcome::kRecorded);
}

}  // namespace
}  // namespace order1688
