// What is special about the SQLite store; what every store must do is in
// tests/contract/ledger_contract_test.cc.
#include "server/ledger/sqlite_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/shared_text.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/sample_placement.h"
#include "tests/unit/sqlite_ledger_fixture.h"
#include "tests/unit/sqlite_ledger_process.h"

namespace order1688 {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(SqliteLedgerTest, ColumnsSayWhatThePlacementSays) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
  Shell shell(path_);
  EXPECT_EQ(
      shell.Run(
          "SELECT state||' '||evidence||' '||attempt||' '||fence||' '||account||' '||sign_time"
          "||' '||lease_end||' '||create_time||' '||update_time FROM placement"),
      "1 0 1 1 main 1767323045000000 1090000000 1767323045000000 1767323045000000");
  EXPECT_EQ(shell.Run("SELECT length(key_id)||' '||(request <> '')||' '||length(raw_answer)"
                      " FROM placement"),
            "16 1 0");
  EXPECT_EQ(shell.Run("SELECT length(owner) FROM placement"), "32");

  clock_.Advance(absl::Seconds(2));
  ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_NOT_PLACED)).ok());
  EXPECT_EQ(
      shell.Run(
          "SELECT state||' '||evidence||' '||(lease_end IS NULL)||' '||update_time FROM placement"),
      "6 1 1 1767323047000000");
}

TEST_F(SqliteLedgerTest, KeepsWhatAnAttemptAnsweredWhenTheNextOneStarts) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
  ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_NOT_PLACED)).ok());
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  EXPECT_EQ(Shell(path_).Run("SELECT reason||' '||fence FROM evidence"), "replaced 1");
  const WholeRow whole = **FindWholeAndWait(*ledger, {"shop", "r1"});
  ASSERT_THAT(whole.evidence, SizeIs(1));
  EXPECT_EQ(whole.evidence[0].raw_answer, "answer: answered");
  EXPECT_EQ(whole.raw_answer, "");
}

TEST_F(SqliteLedgerTest, CutsRawAnswerAtOneMegabyte) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
  PlacementRecord record = SampleRecord(row, v1::PLACEMENT_STATE_PLACED);
  record.raw_answer = SharedText(std::string(3 << 20, 'a'));
  ASSERT_TRUE(RecordAndWait(*ledger, record).ok());
  EXPECT_THAT((*FindWholeAndWait(*ledger, {"shop", "r1"}))->raw_answer, SizeIs(1 << 20));
  // The cut does not make the same answer another one.
  EXPECT_EQ(RecordAndWait(*ledger, record)->outcome, RecordOutcome::kRecorded);
}

TEST_F(SqliteLedgerTest, KeepsEverythingOverARestart) {
  LedgerRow placed;
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
    placed = RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED))->row;
  }
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  EXPECT_THAT(ledger->found_sending(), IsEmpty());
  const Reserved again = *ReserveAndWait(*ledger, SampleReservation("r1"));
  EXPECT_EQ(again.outcome, ReserveOutcome::kReplay);
  EXPECT_EQ(again.row.placement->SerializeAsString(), placed.placement->SerializeAsString());
}

TEST_F(SqliteLedgerTest, SendingFoundAtStartIsInDoubtAndNeverSent) {
  { ASSERT_TRUE(ReserveAndWait(*MustOpen(), SampleReservation("r1")).ok()); }
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  EXPECT_THAT(ledger->found_sending(), ::testing::ElementsAre(PlacementKey{"shop", "r1"}));
  const Reserved again = *ReserveAndWait(*ledger, SampleReservation("r1"));
  EXPECT_EQ(again.outcome, ReserveOutcome::kReplay);
  EXPECT_EQ(again.row.placement->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(again.row.placement->cause(), "lease_expired");
}

TEST_F(SqliteLedgerTest, WhatWasFreshSurvivesAKill) {
  int total = 0;
  for (const int kills_after : {1, 7, 40}) {
    std::filesystem::remove(path_);
    std::filesystem::remove(path_ + "-wal");
    std::filesystem::remove(path_ + "-shm");
    LedgerProcess child(path_);
    int fresh = 0;
    while (fresh < kills_after && child.ReadLine().has_value()) ++fresh;
    child.Kill();
    while (child.ReadLine().has_value()) ++fresh;
    ASSERT_GE(fresh, kills_after);

    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    // One more may be durable: killed between COMMIT and print.
    EXPECT_GE(ledger->found_sending().size(), static_cast<size_t>(fresh));
    EXPECT_LE(ledger->found_sending().size(), static_cast<size_t>(fresh) + 1);
    for (int id = 0; id < fresh; ++id) {
      const auto row = FindAndWait(*ledger, {"shop", std::to_string(id)});
      ASSERT_TRUE(row.ok() && row->has_value()) << id;
      EXPECT_EQ((*row)->placement->state(), v1::PLACEMENT_STATE_IN_DOUBT);
      ++total;
    }
  }
  EXPECT_GE(total, 48);
}

TEST_F(SqliteLedgerTest, DestructorAnswersAllCalls) {
  std::vector<LedgerAnswer<Reserved>> answers(50);
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    for (size_t i = 0; i < answers.size(); ++i) {
      ledger->Reserve(SampleReservation(std::to_string(i)), answers[i].Done());
    }
  }
  for (LedgerAnswer<Reserved>& answer : answers) EXPECT_TRUE(answer.Wait().ok());
  EXPECT_THAT(MustOpen()->found_sending(), SizeIs(50));
}

// Holds the writer, so that calls pile up behind it.
class HeldWriter {
 public:
  explicit HeldWriter(Ledger& ledger) {
    ledger.Find({"shop", "hold"}, [this](absl::StatusOr<std::optional<LedgerRow>>) {
      held_.set_value();
      release_.get_future().wait();
    });
    held_.get_future().wait();
  }
  void Release() { release_.set_value(); }

 private:
  std::promise<void> held_;
  std::promise<void> release_;
};

std::vector<absl::StatusOr<Reserved>> ReserveTogether(Ledger& ledger,
                                                      const std::vector<std::string>& ids) {
  HeldWriter writer(ledger);
  std::vector<LedgerAnswer<Reserved>> answers(ids.size());
  for (size_t i = 0; i < ids.size(); ++i) {
    ledger.Reserve(SampleReservation(ids[i]), answers[i].Done());
  }
  writer.Release();
  std::vector<absl::StatusOr<Reserved>> reserved;
  for (LedgerAnswer<Reserved>& answer : answers) reserved.push_back(answer.Wait());
  return reserved;
}

TEST_F(SqliteLedgerTest, EveryFreshHasReachedTheDisk) {
  FaultyDisk disk;
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  for (int i = 0; i < 20; ++i) {
    const int before = disk.syncs();
    ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation(std::to_string(i))).ok());
    EXPECT_GE(disk.syncs(), before + 1);
  }
}

TEST_F(SqliteLedgerTest, CallsThatWaitShareOneSync) {
  FaultyDisk disk;
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("warm up")).ok());
  const int before = disk.syncs();
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(std::to_string(i));
  for (const auto& reserved : ReserveTogether(*ledger, ids)) {
    ASSERT_TRUE(reserved.ok());
    EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
  }
  EXPECT_EQ(disk.syncs(), before + 1);
}

TEST_F(SqliteLedgerTest, CallThatFailsAloneLeavesTheOthersAlone) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Shell(path_).Run(
      "CREATE TRIGGER t AFTER INSERT ON placement WHEN NEW.request_id = 'bad'"
      " BEGIN INSERT INTO meta VALUES ('half', '', x'00'); SELECT RAISE(FAIL, 'no'); END");
  const auto reserved = ReserveTogether(*ledger, {"a", "bad", "b"});
  EXPECT_EQ(reserved[0]->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(reserved[1].status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(reserved[2]->outcome, ReserveOutcome::kFresh);
  EXPECT_FALSE(FindAndWait(*ledger, {"shop", "bad"})->has_value());
  EXPECT_EQ(Shell(path_).Run("SELECT count(*) FROM meta WHERE name = 'half'"), "0");
}

TEST_F(SqliteLedgerTest, OutcomeBesideACallThatFailsIsWrittenAndGivenBackWhole) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("a"))->row;
  Shell(path_).Run(
      "CREATE TRIGGER t AFTER INSERT ON placement WHEN NEW.request_id = 'bad'"
      " BEGIN SELECT RAISE(FAIL, 'no'); END");
  LedgerAnswer<Recorded> recorded;
  LedgerAnswer<Reserved> bad;
  HeldWriter writer(*ledger);
  ledger->Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED), recorded.Done());
  ledger->Reserve(SampleReservation("bad"), bad.Done());
  writer.Release();
  EXPECT_EQ(bad.Wait().status().code(), absl::StatusCode::kUnavailable);
  const absl::StatusOr<Recorded> answer = recorded.Wait();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->outcome, RecordOutcome::kRecorded);
  const auto found = FindAndWait(*ledger, {"shop", "a"});
  EXPECT_EQ((*found)->placement->gateway_request_id(), "gateway-1");
  EXPECT_EQ((*found)->placement->DebugString(), answer->row.placement->DebugString());
  EXPECT_EQ((*found)->fingerprint, answer->row.fingerprint);
  EXPECT_EQ((*found)->fence, answer->row.fence);
}

TEST_F(SqliteLedgerTest, LostTransactionIsUnavailableForAllItsCalls) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Shell(path_).Run(
      "CREATE TRIGGER t AFTER INSERT ON placement WHEN NEW.request_id = 'bad'"
      " BEGIN SELECT RAISE(ROLLBACK, 'no'); END");
  for (const auto& reserved : ReserveTogether(*ledger, {"a", "bad", "b"})) {
    EXPECT_EQ(reserved.status().code(), absl::StatusCode::kUnavailable);
  }
  for (const char* id : {"a", "bad", "b"}) {
    EXPECT_FALSE(FindAndWait(*ledger, {"shop", id})->has_value()) << id;
  }
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("a"))->outcome, ReserveOutcome::kFresh);
}

TEST_F(SqliteLedgerTest, ForeignWriterMakesItUnavailableForAWhile) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Shell shell(path_);
  shell.Run("BEGIN IMMEDIATE");
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1")).status().code(),
            absl::StatusCode::kUnavailable);
  shell.Run("ROLLBACK");
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1"))->outcome, ReserveOutcome::kFresh);
}

TEST_F(SqliteLedgerTest, RowThatContradictsItselfIsUnavailable) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  Shell(path_).Run("UPDATE placement SET state = 6");
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1")).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(SqliteLedgerTest, OutcomeIsWrittenOverTheRowThatReserveWroteWithoutReadingIt) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
  Shell(path_).Run("UPDATE placement SET placement = x'00'");
  ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).ok());
  const LedgerRow found = **FindAndWait(*ledger, {"shop", "r1"});
  EXPECT_EQ(found.placement->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(found.placement->account(), "main");
  EXPECT_EQ(found.placement->create_time().seconds(), row.placement->create_time().seconds());
}

TEST_F(SqliteLedgerTest, OutcomeOfARowThatHasMovedOnIsEvidence) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  for (const char* moved : {"fence = 2", "state = 4"}) {
    const std::string id = moved;
    const LedgerRow row = ReserveAndWait(*ledger, SampleReservation(id.substr(0, 5)))->row;
    const LedgerRow other = ReserveAndWait(*ledger, SampleReservation(id.substr(0, 4)))->row;
    Shell(path_).Run("UPDATE placement SET " + id + " WHERE request_id = '" + id.substr(0, 5) +
                     "'");
    const auto recorded = RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
    EXPECT_TRUE(!recorded.ok() || recorded->outcome == RecordOutcome::kSuperseded) << moved;
    EXPECT_EQ(RecordAndWait(*ledger, SampleRecord(other, v1::PLACEMENT_STATE_PLACED))->outcome,
              RecordOutcome::kRecorded);
  }
  EXPECT_EQ(Shell(path_).Run("SELECT count(*) FROM placement WHERE state = 2"), "2");
}

TEST_F(SqliteLedgerTest, OutcomesOfMoreRowsThanAreRememberedAreWritten) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  std::vector<std::string> ids;
  for (int i = 0; i < 600; ++i) ids.push_back(std::to_string(i));
  for (const auto& reserved : ReserveTogether(*ledger, ids)) {
    EXPECT_EQ(
        RecordAndWait(*ledger, SampleRecord(reserved->row, v1::PLACEMENT_STATE_PLACED))->outcome,
        RecordOutcome::kRecorded);
  }
  EXPECT_EQ(Shell(path_).Run("SELECT count(*) FROM placement WHERE state = 2"), "600");
}

TEST_F(SqliteLedgerTest, EverythingThatIsSaidOfAnAccountIsAudited) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const AccountChange pause{"main", AccountChange::Kind::kPause, "", "", "five in doubt"};
  const AccountChange declare{"main", AccountChange::Kind::kDeclareRefusal, "A1", "desk", "known"};
  for (const AccountChange& change : {pause, pause, declare}) {
    ASSERT_TRUE(ChangeAccountAndWait(*ledger, change).ok());
  }
  Shell shell(path_);
  EXPECT_EQ(shell.Run("SELECT count(*) FROM account_audit WHERE change = 'pause'"), "2");
  EXPECT_EQ(shell.Run("SELECT account||' '||change||' '||code||' '||actor||' '||reason||' '||time"
                      " FROM account_audit ORDER BY audit_id DESC LIMIT 1"),
            "main declare_refusal A1 desk known 1767323045000000");
}

TEST_F(SqliteLedgerTest, LookupStaysDueByTheWallClockOverARestart) {
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen();
    const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("r1"))->row;
    ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT)).ok());
    LookupNote note;
    note.key = {"shop", "r1"};
    note.fence = row.fence;
    note.next_in = absl::Minutes(5);
    ASSERT_TRUE(*NoteLookupAndWait(*ledger, note));
  }
  clock_.SetSinceBoot(absl::ZeroDuration());
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  EXPECT_THAT(*TakeLookupsAndWait(*ledger, {"main", 1, absl::Minutes(1)}), IsEmpty());
  clock_.SetNow(clock_.Now() + absl::Minutes(5));
  EXPECT_THAT(*TakeLookupsAndWait(*ledger, {"main", 1, absl::Minutes(1)}), SizeIs(1));
}

// An index that is not used is a full scan for each call, on the one thread that writes.
TEST_F(SqliteLedgerTest, FrequentQueriesAreFoundByAnIndex) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Shell shell(path_);
  const std::pair<const char*, const char*> plans[] = {
      {"SELECT caller FROM placement WHERE state = 1 AND (lease_end IS NULL OR lease_end <= ?)",
       "placement_by_lease"},
      {"SELECT caller FROM placement WHERE state = 1 AND account = ?", "placement_by_lease"},
      {"SELECT caller FROM placement WHERE state = ?1 AND state <> 1 AND update_time >= ?2"
       " AND (update_time, caller, request_id) > (?3, ?4, ?5) AND caller = ?8"
       " ORDER BY update_time, request_id",
       "placement_by_caller (caller=? AND state=? AND update_time>?)"},
      {"SELECT min(caller) FROM placement WHERE caller > ?", "(caller>?)"},
      {"SELECT caller FROM placement WHERE account = ? AND lookup_due <= ? ORDER BY lookup_due",
       "placement_by_lookup (account=? AND lookup_due<?)"},
      {"SELECT caller FROM placement WHERE account = ?"
       " AND (state = 5 OR state = 7)"
       " AND sign_time BETWEEN ? AND ?",
       "placement_unsettled (account=? AND sign_time>? AND sign_time<?)"},
      {"SELECT state FROM placement WHERE caller = ? AND business_mac = ? AND create_time > ?"
       " ORDER BY create_time DESC",
       "placement_by_business (caller=? AND business_mac=? AND create_time>?)"},
      {"SELECT caller FROM placement WHERE erased = 0 AND erase_time <= ? AND state NOT IN (1, 5)",
       "placement_by_erase (erase_time<?)"},
      {"SELECT caller FROM placement WHERE key_id < ?1", "placement_by_key"}};
  for (const auto& [sql, plan] : plans) {
    EXPECT_THAT(shell.Plan(sql), ::testing::HasSubstr(plan)) << sql;
    EXPECT_THAT(shell.Plan(sql), ::testing::Not(::testing::HasSubstr("TEMP B-TREE"))) << sql;
  }
}

}  // namespace
}  // namespace order1688
