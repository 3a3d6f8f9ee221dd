// That an SQLite ledger's file shows nothing of people and purchases, and what happens to its keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/shared_text.h"
#include "server/ledger/row_transition.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/sample_placement.h"
#include "tests/unit/sqlite_ledger_fixture.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kOld(32, 'o');
const std::string kNew(32, 'n');
constexpr const char* kCanaries[] = {"canary-request",  "canary-answer",    "canary-reference",
                                     "canary-progress", "canary-candidate", "canary-late"};

class SqliteLedgerEncryptionTest : public SqliteLedgerTest {
 protected:
  // Rows whose every sealed column is filled, and evidence.
  static void Fill(SqliteLedger& ledger) {
    Reservation reservation = SampleReservation("r1");
    reservation.request = "canary-request";
    reservation.placement->set_reference("canary-reference");
    const LedgerRow row = ReserveAndWait(ledger, reservation)->row;
    PlacementRecord record = SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT);
    record.raw_answer = SharedText("canary-answer");
    ASSERT_TRUE(RecordAndWait(ledger, record).ok());
    LookupNote note;
    note.key = record.key;
    note.fence = row.fence;
    note.progress = "canary-progress";
    note.candidates.emplace_back().set_order_id("canary-candidate");
    note.next_in = absl::Hours(1);
    ASSERT_TRUE(*NoteLookupAndWait(ledger, note));
    record.fence += 1;
    record.raw_answer = SharedText("canary-late");
    ASSERT_TRUE(RecordAndWait(ledger, record).ok());
  }
  static void ExpectWhole(SqliteLedger& ledger) {
    const absl::StatusOr<std::optional<WholeRow>> whole = FindWholeAndWait(ledger, {"shop", "r1"});
    ASSERT_TRUE(whole.ok() && whole->has_value()) << whole.status();
    EXPECT_EQ((*whole)->request, "canary-request");
    EXPECT_EQ((*whole)->raw_answer, "canary-answer");
    EXPECT_EQ((*whole)->row.placement->reference(), "canary-reference");
    ASSERT_EQ((*whole)->evidence.size(), 1);
    EXPECT_EQ((*whole)->evidence[0].raw_answer, "canary-late");
  }
  // All that is on the disk.
  std::string Disk() const {
    return ReadBytes(path_) + ReadBytes(path_ + "-wal") + ReadBytes(path_ + "-shm");
  }
  std::string KeyIds() {
    return Shell(path_).Run("SELECT group_concat(DISTINCT key_id) FROM placement");
  }
};

TEST_F(SqliteLedgerEncryptionTest, FileAndLogShowNothing) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Fill(*ledger);
  ExpectWhole(*ledger);
  EXPECT_THAT(Disk(), HasSubstr("shop"));
  for (const char* canary : kCanaries) EXPECT_THAT(Disk(), Not(HasSubstr(canary))) << canary;
  EXPECT_THAT(Disk(), Not(HasSubstr(std::string(ledger->fingerprint_key()))));
}

TEST_F(SqliteLedgerEncryptionTest, ErrorsShowNothing) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Fill(*ledger);
  Shell(path_).Run("UPDATE placement SET raw_answer = CAST(x'01' || zeroblob(40) AS BLOB)");
  const absl::Status status = FindWholeAndWait(*ledger, {"shop", "r1"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.ToString(), HasSubstr("raw_answer"));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("canary")));
}

TEST_F(SqliteLedgerEncryptionTest, BytesMovedToAnotherRowAreRefused) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r2")).ok());
  Shell(path_).Run(
      "UPDATE placement SET placement = (SELECT placement FROM placement WHERE request_id = 'r1')"
      " WHERE request_id = 'r2'");
  EXPECT_TRUE(FindAndWait(*ledger, {"shop", "r1"}).ok());
  EXPECT_EQ(FindAndWait(*ledger, {"shop", "r2"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(SqliteLedgerEncryptionTest, KeyFileIsMadeOnceAndItsLossIsRefused) {
  { Fill(*MustOpen()); }
  const std::string key = ReadBytes(path_ + ".key");
  EXPECT_EQ(key.size(), 65);
  ExpectWhole(*MustOpen());
  EXPECT_EQ(ReadBytes(path_ + ".key"), key);

  std::filesystem::rename(path_ + ".key", path_ + ".moved");
  EXPECT_THAT(Refusal(), HasSubstr("restore it"));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".key"));
  std::filesystem::rename(path_ + ".moved", path_ + ".key");
  chmod((path_ + ".key").c_str(), 0644);
  EXPECT_THAT(Refusal(), HasSubstr("chmod 600"));
}

TEST_F(SqliteLedgerEncryptionTest, ConfiguredKeysMakeNoKeyFile) {
  MustOpen({kOld});
  EXPECT_FALSE(std::filesystem::exists(path_ + ".key"));
}

TEST_F(SqliteLedgerEncryptionTest, OtherKeyIsRefusedByItsId) {
  { Fill(*MustOpen({kOld})); }
  const std::string id = KeyIds();
  EXPECT_THAT(Refusal({kNew}), HasSubstr("DATA_LOSS"));
  EXPECT_THAT(Refusal({kNew}), HasSubstr(id));
  EXPECT_EQ(Refusal({kOld}), "opened");
}

TEST_F(SqliteLedgerEncryptionTest, RotationMovesEverythingToTheFirstKey) {
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen({kOld});
    Fill(*ledger);
    for (const char* id : {"r2", "r3"}) {
      ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation(id)).ok());
    }
  }
  std::string fingerprint_key;
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen({kNew, kOld});
    fingerprint_key = std::string(ledger->fingerprint_key());
    // Those that were SENDING have been written with the new key already.
    ExpectWhole(*ledger);
    const Maintained first = *MaintainAndWait(*ledger, 1);
    EXPECT_EQ(first.resealed, 1);
    EXPECT_EQ(first.under_older_keys, 1);
    const Maintained second = *MaintainAndWait(*ledger, 100);
    EXPECT_EQ(second.resealed, 1);
    EXPECT_EQ(second.under_older_keys, 0);
    EXPECT_EQ(MaintainAndWait(*ledger, 100)->resealed, 0);
    ExpectWhole(*ledger);
  }
  const std::unique_ptr<SqliteLedger> ledger = MustOpen({kNew});
  EXPECT_EQ(ledger->fingerprint_key(), fingerprint_key);
  ExpectWhole(*ledger);
}

TEST_F(SqliteLedgerEncryptionTest, OldKeyIsNeededUntilNothingIsUnderIt) {
  { Fill(*MustOpen({kOld})); }
  const std::string id = KeyIds();
  { ASSERT_EQ(MaintainAndWait(*MustOpen({kNew, kOld}), 1)->under_older_keys, 1); }
  EXPECT_THAT(Refusal({kNew}), HasSubstr(id));
  EXPECT_THAT(Refusal({kNew}), HasSubstr("encryption_key_files"));
}

TEST_F(SqliteLedgerEncryptionTest, ResealedRowsAreNoChange) {
  int64_t revision = 0;
  {
    const std::unique_ptr<SqliteLedger> ledger = MustOpen({kOld});
    Fill(*ledger);
    revision = RevisionOf(**FindAndWait(*ledger, {"shop", "r1"}));
  }
  clock_.Advance(absl::Hours(1));
  const std::unique_ptr<SqliteLedger> ledger = MustOpen({kNew, kOld});
  EXPECT_EQ(MaintainAndWait(*ledger, 100)->resealed, 2);
  EXPECT_EQ(RevisionOf(**FindAndWait(*ledger, {"shop", "r1"})), revision);
}

}  // namespace
}  // namespace order1688
