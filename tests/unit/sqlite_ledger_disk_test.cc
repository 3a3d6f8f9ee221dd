// What SqliteLedger does when the disk fails it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <future>
#include <memory>
#include <string>

#include "common/shared_text.h"
#include "server/ledger/sqlite_ledger.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/faulty_disk.h"
#include "tests/support/sample_placement.h"
#include "tests/unit/sqlite_ledger_fixture.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

using SqliteLedgerDiskTest = SqliteLedgerTest;

TEST_F(SqliteLedgerDiskTest, FullDiskIsUnavailableUntilThereIsSpace) {
  FaultyDisk disk;
  std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const LedgerRow row = ReserveAndWait(*ledger, SampleReservation("sent"))->row;

  disk.Set(FaultyDisk::Fault::kFull);
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(disk.faults_hit(), 2);
  EXPECT_FALSE(FindAndWait(*ledger, {"shop", "r1"})->has_value());
  EXPECT_EQ((*FindAndWait(*ledger, {"shop", "sent"}))->placement->state(),
            v1::PLACEMENT_STATE_SENDING);

  disk.Set(FaultyDisk::Fault::kNone);
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1"))->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED))->outcome,
            RecordOutcome::kRecorded);
  ledger.reset();
  ledger = MustOpen();
  EXPECT_THAT(ledger->found_sending(), SizeIs(1));
}

TEST_F(SqliteLedgerDiskTest, ReservationThatWasUndoneLeavesNothingInTheNext) {
  FaultyDisk disk;
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  Reservation reservation = SampleReservation("r1");
  reservation.placement->set_reference("undone");
  disk.Set(FaultyDisk::Fault::kFull);
  ASSERT_FALSE(ReserveAndWait(*ledger, reservation).ok());
  disk.Set(FaultyDisk::Fault::kNone);
  // What was undone is known to nobody.
  LedgerRow undone{reservation.placement, reservation.fingerprint, 1};
  undone.placement->set_caller("shop");
  undone.placement->set_request_id("r1");
  EXPECT_EQ(RecordAndWait(*ledger, SampleRecord(undone, v1::PLACEMENT_STATE_PLACED))->outcome,
            RecordOutcome::kSuperseded);
  reservation.placement->set_reference("written");
  const LedgerRow row = ReserveAndWait(*ledger, reservation)->row;
  ASSERT_TRUE(RecordAndWait(*ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).ok());
  EXPECT_EQ((*FindAndWait(*ledger, {"shop", "r1"}))->placement->reference(), "written");
}

TEST_F(SqliteLedgerDiskTest, FileSizeLimitIsUnavailableUntilItIsLifted) {
  std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("warm up")).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit old = {};
  getrlimit(RLIMIT_FSIZE, &old);
  rlimit small = old;
  // In the middle of what the next COMMIT writes.
  small.rlim_cur = std::filesystem::file_size(path_ + "-wal") + 6000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto refused = ReserveAndWait(*ledger, SampleReservation("r1"));
  setrlimit(RLIMIT_FSIZE, &old);
  signal(SIGXFSZ, SIG_DFL);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(FindAndWait(*ledger, {"shop", "r1"})->has_value());
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1"))->outcome, ReserveOutcome::kFresh);
  ledger.reset();
  EXPECT_THAT(MustOpen()->found_sending(), SizeIs(2));
}

TEST_F(SqliteLedgerDiskTest, FailedSyncStopsItUntilRestart) {
  FaultyDisk disk;
  std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("before")).ok());
  disk.Set(FaultyDisk::Fault::kSyncFails);
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1")).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(disk.faults_hit(), 1);
  disk.Set(FaultyDisk::Fault::kNone);

  const absl::Status stopped = ReserveAndWait(*ledger, SampleReservation("r2")).status();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(stopped.message()), HasSubstr("stopped"));
  EXPECT_FALSE(FindAndWait(*ledger, {"shop", "before"}).ok());
  EXPECT_FALSE(ExpireAndWait(*ledger).ok());

  ledger.reset();
  ledger = MustOpen();
  EXPECT_TRUE(FindAndWait(*ledger, {"shop", "before"})->has_value());
  EXPECT_FALSE(FindAndWait(*ledger, {"shop", "r2"})->has_value());
  // Whether the disk kept the row is open. If it did, it is in doubt: nothing was sent, nothing
  // will be.
  const auto doubtful = FindAndWait(*ledger, {"shop", "r1"});
  ASSERT_TRUE(doubtful.ok());
  if (doubtful->has_value()) {
    EXPECT_EQ((*doubtful)->placement->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  }
}

TEST_F(SqliteLedgerDiskTest, FailedSyncOfACheckpointStopsIt) {
  FaultyDisk disk;
  std::unique_ptr<SqliteLedger> ledger = MustOpen();
  PlacementRecord record = SampleRecord(ReserveAndWait(*ledger, SampleReservation("big"))->row,
                                        v1::PLACEMENT_STATE_PLACED);
  record.raw_answer = SharedText(std::string(1 << 20, 'a'));
  disk.Set(FaultyDisk::Fault::kDatabaseSyncFails);
  // Until the log is so long that it is copied, and the other thread has failed at that.
  int recorded = 0;
  absl::Status stopped;
  while (stopped.ok()) {
    record.key.request_id = std::to_string(recorded);
    stopped = ReserveAndWait(*ledger, SampleReservation(record.key.request_id)).status();
    if (!stopped.ok()) break;
    stopped = RecordAndWait(*ledger, record).status();
    if (stopped.ok()) ++recorded;
  }
  EXPECT_THAT(std::string(stopped.message()), HasSubstr("stopped"));
  EXPECT_GE(recorded, 6);
  EXPECT_EQ(disk.faults_hit(), 1);
  disk.Set(FaultyDisk::Fault::kNone);
  ledger.reset();
  ledger = MustOpen();
  for (int i = 0; i < recorded; ++i) {
    EXPECT_EQ((*FindAndWait(*ledger, {"shop", std::to_string(i)}))->placement->state(),
              v1::PLACEMENT_STATE_PLACED);
  }
}

TEST_F(SqliteLedgerDiskTest, CheckpointKeepsTheLogShort) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  for (int i = 0; i < 120; ++i) {
    const LedgerRow row = ReserveAndWait(*ledger, SampleReservation(std::to_string(i)))->row;
    PlacementRecord record = SampleRecord(row, v1::PLACEMENT_STATE_PLACED);
    record.raw_answer = SharedText(std::string(1 << 20, 'a'));
    ASSERT_TRUE(RecordAndWait(*ledger, record).ok());
  }
  EXPECT_LT(std::filesystem::file_size(path_ + "-wal"), 60 << 20);
  EXPECT_GT(std::filesystem::file_size(path_), 60 << 20);
}

TEST_F(SqliteLedgerDiskTest, DamageFoundWhileRunningStopsIt) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  {
    Shell shell(path_);
    shell.Run(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 9999 WHERE name = "
        "'evidence';"
        "PRAGMA schema_version = 99");
  }
  EXPECT_FALSE(FindAndWait(*ledger, {"shop", "r1"}).ok());
  EXPECT_THAT(std::string(FindAndWait(*ledger, {"shop", "r1"}).status().message()),
              HasSubstr("stopped"));
}

TEST_F(SqliteLedgerDiskTest, MovedFileStopsIt) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  std::filesystem::rename(path_, folder_.File("moved.db"));
  const absl::Status status = ReserveAndWait(*ledger, SampleReservation("r1")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("moved or deleted"));
  std::filesystem::rename(folder_.File("moved.db"), path_);
  EXPECT_FALSE(ReserveAndWait(*ledger, SampleReservation("r2")).ok());
}

TEST_F(SqliteLedgerDiskTest, ReplacedFileStopsIt) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  const std::string copy = ReadBytes(path_);
  std::filesystem::remove(path_);
  WriteBytes(path_, copy);
  EXPECT_FALSE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
}

TEST_F(SqliteLedgerDiskTest, DeletedLogStopsIt) {
  const std::unique_ptr<SqliteLedger> ledger = MustOpen();
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  std::filesystem::remove(path_ + "-wal");
  EXPECT_FALSE(ReserveAndWait(*ledger, SampleReservation("r2")).ok());
}

}  // namespace
}  // namespace order1688
