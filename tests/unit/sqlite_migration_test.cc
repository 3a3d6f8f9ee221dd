// That a ledger of an older version becomes one of the present version, and loses nothing on the
// way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/ledger/row_transition.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/sample_placement.h"
#include "tests/unit/sqlite_ledger_fixture.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// As version 1 made them.
constexpr char kVersion1[] = R"sql(
PRAGMA journal_mode = WAL;
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;
CREATE TABLE placement (
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  state INTEGER NOT NULL,
  evidence INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  fence INTEGER NOT NULL,
  account TEXT NOT NULL,
  fingerprint_version INTEGER NOT NULL,
  fingerprint_mac BLOB NOT NULL,
  sign_time INTEGER,
  lease_end INTEGER,
  create_time INTEGER NOT NULL,
  update_time INTEGER NOT NULL,
  owner TEXT NOT NULL,
  placement BLOB NOT NULL,
  request BLOB NOT NULL,
  raw_answer BLOB NOT NULL,
  PRIMARY KEY (caller, request_id)
) STRICT;
CREATE INDEX placement_by_lease ON placement (state, lease_end);
CREATE INDEX placement_by_update ON placement (caller, state, update_time, request_id);
CREATE TABLE evidence (
  evidence_id INTEGER NOT NULL PRIMARY KEY,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  fence INTEGER NOT NULL,
  reason TEXT NOT NULL,
  time INTEGER NOT NULL,
  placement BLOB NOT NULL,
  raw_answer BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_by_key ON evidence (caller, request_id, evidence_id);
PRAGMA application_id = 825636920;
PRAGMA user_version = 1;
INSERT INTO meta VALUES ('fingerprint_key', CAST('the fingerprint key of version 1' AS BLOB));
)sql";

class SqliteMigrationTest : public SqliteLedgerTest {
 protected:
  SqliteMigrationTest() {
    Shell(path_).Run(kVersion1);
    chmod(path_.c_str(), 0600);
  }

  // A row as version 1 wrote it, with an order of its own.
  v1::Placement Insert(const std::string& request_id, v1::PlacementState state) {
    v1::Placement placement =
        *RowForFirstAttempt(SampleReservation(request_id), clock_.Now()).placement;
    placement.set_state(state);
    placement.set_reference("canary-reference");
    placement.add_results()->mutable_order()->mutable_base_info()->set_order_id("order of " +
                                                                                request_id);
    Shell(path_).Run(absl::StrCat(
        "INSERT INTO placement VALUES ('shop', '", request_id, "', ", static_cast<int>(state),
        ", 0, 1, 1, 'main', 1, CAST('mac of one lamp' AS BLOB), 1767323045000000, ",
        state == v1::PLACEMENT_STATE_SENDING ? "1090000000" : "NULL",
        ", 1767323045000000, 1767323045000000, 'owner', x'",
        absl::BytesToHexString(StableBytes(placement)),
        "', CAST('canary-request' AS BLOB), CAST('canary-answer' AS BLOB))"));
    return placement;
  }
  void InsertEvidence(const v1::Placement& placement) {
    Shell(path_).Run(absl::StrCat(
        "INSERT INTO evidence VALUES (7, 'shop', '", placement.request_id(),
        "', 1, 'superseded', 1767323045000000, x'", absl::BytesToHexString(StableBytes(placement)),
        "', CAST('canary-late' AS BLOB))"));
  }
};

TEST_F(SqliteMigrationTest, KeepsEverythingAndSealsIt) {
  const v1::Placement placed = Insert("placed", v1::PLACEMENT_STATE_PLACED);
  InsertEvidence(placed);
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    EXPECT_EQ(ledger->fingerprint_key(), "the fingerprint key of version 1");
    const WholeRow whole = **FindWholeAndWait(*ledger, {"shop", "placed"});
    EXPECT_EQ(StableBytes(*whole.row.placement), StableBytes(placed));
    EXPECT_EQ(whole.row.fence, 1);
    EXPECT_EQ(whole.row.fingerprint, SampleReservation("placed").fingerprint);
    EXPECT_EQ(whole.request, "canary-request");
    EXPECT_EQ(whole.raw_answer, "canary-answer");
    ASSERT_THAT(whole.evidence, SizeIs(1));
    EXPECT_EQ(whole.evidence[0].reason, "superseded");
    EXPECT_EQ(whole.evidence[0].raw_answer, "canary-late");
    EXPECT_EQ(whole.evidence[0].time, clock_.Now());
    EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("placed"))->outcome,
              ReserveOutcome::kReplay);
    const std::string disk = ReadBytes(path_) + ReadBytes(path_ + "-wal");
    EXPECT_THAT(disk, Not(HasSubstr("canary")));
    EXPECT_THAT(disk, Not(HasSubstr("the fingerprint key of version 1")));
  }
  EXPECT_EQ(Shell(path_).Run("PRAGMA user_version"), "4");
  EXPECT_EQ((**FindWholeAndWait(*MustOpen(), {"shop", "placed"})).request, "canary-request");
}

TEST_F(SqliteMigrationTest, SchemaIsThatOfANewLedger) {
  { MustOpen(); }
  const std::string other = folder_.File("new.db");
  { ASSERT_TRUE(SqliteLedger::Open(other, {}, clock_).ok()); }
  const char* all =
      "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
  EXPECT_EQ(Shell(path_).Run(all), Shell(other).Run(all));
  EXPECT_EQ(Shell(path_).Run("PRAGMA page_size"), "4096");
  EXPECT_EQ(Shell(other).Run("PRAGMA page_size"), "8192");
}

TEST_F(SqliteMigrationTest, OrdersAreOwnedByTheirPlacements) {
  Insert("a", v1::PLACEMENT_STATE_PLACED);
  Insert("b", v1::PLACEMENT_STATE_IN_DOUBT);
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  NeighbourQuery query;
  query.account = "main";
  query.order_ids = {"order of a", "order of b", "order of c"};
  const Neighbours neighbours = *FindNeighboursAndWait(*ledger, query);
  ASSERT_THAT(neighbours.owned, SizeIs(2));
  EXPECT_EQ(neighbours.owned[0].owner.request_id, "a");
  EXPECT_EQ(neighbours.owned[1].owner.request_id, "b");
}

TEST_F(SqliteMigrationTest, WhatIsInDoubtIsDueForALookup) {
  Insert("sending", v1::PLACEMENT_STATE_SENDING);
  Insert("doubt", v1::PLACEMENT_STATE_IN_DOUBT);
  Insert("placed", v1::PLACEMENT_STATE_PLACED);
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  EXPECT_THAT(ledger->found_sending(), ElementsAre(PlacementKey{"shop", "sending"}));
  EXPECT_THAT(*TakeLookupsAndWait(*ledger, {"main", 10, absl::Minutes(1)}), SizeIs(2));
}

TEST_F(SqliteMigrationTest, RowThatCannotBeReadLeavesTheFileAsItWas) {
  Insert("good", v1::PLACEMENT_STATE_PLACED);
  Insert("bad", v1::PLACEMENT_STATE_PLACED);
  Shell(path_).Run("UPDATE placement SET placement = x'ff' WHERE request_id = 'bad'");
  EXPECT_THAT(Refusal(), HasSubstr("cannot be read"));
  Shell shell(path_);
  EXPECT_EQ(shell.Run("PRAGMA user_version"), "1");
  EXPECT_EQ(
      shell.Run("SELECT count(*) FROM placement WHERE request = CAST('canary-request' AS BLOB)"),
      "2");
  EXPECT_EQ(shell.Run("SELECT count(*) FROM sqlite_schema WHERE name = 'owned_order'"), "0");
}

// What versions 2 and 3 had instead.
constexpr char kVersion3[] = R"sql(
DROP INDEX placement_by_caller;
DROP INDEX placement_unsettled;
CREATE INDEX placement_by_update ON placement (state, update_time, caller, request_id);
CREATE INDEX placement_by_caller ON placement (caller, state, update_time, request_id);
CREATE INDEX placement_unsettled ON placement (account, sign_time)
  WHERE state = 1 OR state = 5 OR state = 7;
CREATE TABLE owned_order_3 (
  account TEXT NOT NULL,
  order_id TEXT NOT NULL,
  caller TEXT NOT NULL,
  request_id TEXT NOT NULL,
  PRIMARY KEY (account, order_id)
) STRICT;
INSERT INTO owned_order_3 SELECT account, order_id, caller, request_id FROM owned_order;
DROP TABLE owned_order;
ALTER TABLE owned_order_3 RENAME TO owned_order;
PRAGMA user_version = 3;
)sql";
constexpr char kVersion2[] = R"sql(
DROP INDEX placement_unsettled;
CREATE INDEX placement_unsettled ON placement (account, sign_time) WHERE state IN (1, 5, 7);
PRAGMA user_version = 2;
)sql";

class SqliteMigrationOfIndexesTest : public SqliteLedgerTest,
                                     public ::testing::WithParamInterface<int> {
 protected:
  void MakeOld() {
    Shell shell(path_);
    shell.Run(kVersion3);
    if (GetParam() == 2) shell.Run(kVersion2);
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, SqliteMigrationOfIndexesTest, ::testing::Values(2, 3));

TEST_P(SqliteMigrationOfIndexesTest, KeepsTheRowsAndBecomesLikeANewLedger) {
  const char* all =
      "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_schema ORDER BY name)";
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
    PlacementRecord record = SampleRecord(ReserveAndWait(*ledger, SampleReservation("r2"))->row,
                                          v1::PLACEMENT_STATE_PLACED);
    record.placement->add_results()->mutable_order()->mutable_base_info()->set_order_id("7");
    ASSERT_TRUE(RecordAndWait(*ledger, record).ok());
  }
  const std::string schema = Shell(path_).Run(all);
  MakeOld();
  ASSERT_NE(Shell(path_).Run(all), schema);
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    EXPECT_THAT(ledger->found_sending(), ElementsAre(PlacementKey{"shop", "r1"}));
    NeighbourQuery query;
    query.account = "main";
    query.order_ids = {"7"};
    query.signed_from = absl::FromUnixSeconds(0);
    query.signed_to = absl::FromUnixSeconds(2000000000);
    const Neighbours neighbours = *FindNeighboursAndWait(*ledger, query);
    EXPECT_THAT(neighbours.unsettled, SizeIs(1));
    ASSERT_THAT(neighbours.owned, SizeIs(1));
    EXPECT_EQ(neighbours.owned[0].owner, (PlacementKey{"shop", "r2"}));
    EXPECT_THAT(*ListAndWait(*ledger, {}), SizeIs(2));
  }
  EXPECT_EQ(Shell(path_).Run(all), schema);
  EXPECT_EQ(Shell(path_).Run("PRAGMA user_version"), "4");
  EXPECT_EQ(Shell(path_).Run("PRAGMA integrity_check"), "ok");
}

TEST_P(SqliteMigrationOfIndexesTest, ALostKeyIsNotMadeAnew) {
  { MustOpen(); }
  MakeOld();
  std::filesystem::remove(path_ + ".key");
  EXPECT_THAT(Refusal(), HasSubstr(".key"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".key"));
  EXPECT_EQ(Shell(path_).Run("PRAGMA user_version"), std::to_string(GetParam()));
}

TEST_F(SqliteMigrationTest, EmptyLedgerIsMigratedToo) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  EXPECT_THAT(*ListAndWait(*ledger, {}), IsEmpty());
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1"))->outcome, ReserveOutcome::kFresh);
}

}  // namespace
}  // namespace order1688
