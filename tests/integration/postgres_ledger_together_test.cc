// Calls that share a transaction of a PostgreSQL ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <vector>

#include "absl/functional/function_ref.h"
#include "tests/integration/postgres_ledger_fixture.h"
#include "tests/support/cutting_proxy.h"

namespace order1688 {
namespace {

using Cut = CuttingProxy::Cut;

class PostgresTogetherTest : public PostgresLedgerFixture {
 protected:
  // One worker, through the proxy, so that calls pile up behind one another.
  void SetUp() override {
    PostgresLedgerFixture::SetUp();
    if (IsSkipped()) return;
    proxy_ = std::make_unique<CuttingProxy>(PostgresServer::Shared().socket());
    ledger_ = OpenOneWorker(PostgresServer::ThroughSocket(dsn_, proxy_->folder()));
  }
  void TearDown() override { ledger_.reset(); }

  static std::unique_ptr<PostgresLedger> OpenOneWorker(const std::string& dsn) {
    PostgresOptions options;
    options.dsn = dsn;
    options.connections = 1;
    absl::StatusOr<std::unique_ptr<PostgresLedger>> ledger = PostgresLedger::Open(
        std::move(options), *ColumnCipher::Create({std::string(kEncryptionKeyBytes, 'k')}));
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }

  // Runs `enqueue` while the worker is held by a call before.
  static void HoldWhile(PostgresLedger& ledger, absl::FunctionRef<void()> enqueue) {
    struct Hold {
      std::promise<void> held;
      std::promise<void> release;
    };
    const auto hold = std::make_shared<Hold>();
    ledger.Find({"shop", "hold"}, [hold](absl::StatusOr<std::optional<LedgerRow>>) {
      hold->held.set_value();
      hold->release.get_future().wait();
    });
    hold->held.get_future().wait();
    enqueue();
    hold->release.set_value();
  }
  template <typename T>
  static std::vector<absl::StatusOr<T>> AllOf(std::deque<LedgerAnswer<T>>& answers) {
    std::vector<absl::StatusOr<T>> all;
    for (LedgerAnswer<T>& answer : answers) all.push_back(answer.Wait());
    return all;
  }

  std::vector<absl::StatusOr<Reserved>> ReserveTogether(const std::vector<Reservation>& all) {
    return ReserveTogether(*ledger_, all);
  }
  static std::vector<absl::StatusOr<Reserved>> ReserveTogether(
      PostgresLedger& ledger, const std::vector<Reservation>& all) {
    std::deque<LedgerAnswer<Reserved>> answers(all.size());
    HoldWhile(ledger, [&] {
      for (size_t i = 0; i < all.size(); ++i) ledger.Reserve(all[i], answers[i].Done());
    });
    return AllOf(answers);
  }
  std::vector<absl::StatusOr<Recorded>> RecordTogether(const std::vector<PlacementRecord>& all) {
    std::deque<LedgerAnswer<Recorded>> answers(all.size());
    HoldWhile(*ledger_, [&] {
      for (size_t i = 0; i < all.size(); ++i) ledger_->Record(all[i], answers[i].Done());
    });
    return AllOf(answers);
  }
  static std::vector<Reservation> Samples(const std::vector<std::string>& ids) {
    std::vector<Reservation> all;
    for (const std::string& id : ids) all.push_back(SampleReservation(id));
    return all;
  }
  void AwaitWaiting(const std::string& sessions) const {
    while (RunSql(dsn_, "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") != sessions) {
    }
  }
  std::string Deadlocks() const {
    return RunSql(dsn_,
                  "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");
  }
  std::string Transactions() const {
    return RunSql(dsn_, "SELECT count(DISTINCT xmin::text) FROM order1688_placement");
  }

  std::unique_ptr<CuttingProxy> proxy_;
  std::unique_ptr<PostgresLedger> ledger_;
};

TEST_F(PostgresTogetherTest, CallsThatWaitShareOneTransaction) {
  for (const auto& reserved : ReserveTogether(Samples({"a", "b", "c", "a"}))) {
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    EXPECT_EQ(reserved->row.fence, 1);
  }
  EXPECT_EQ(Transactions(), "1");
  EXPECT_EQ(Count("order1688_placement"), "3");
}

TEST_F(PostgresTogetherTest, CallThatFailsAloneLeavesTheOthersAlone) {
  // TEXT takes no NUL.
  const auto reserved = ReserveTogether(Samples({"a", std::string("b\0d", 3), "c"}));
  EXPECT_EQ(reserved[0]->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(reserved[1].status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(reserved[2]->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(Count("order1688_placement"), "2");
  EXPECT_EQ(Transactions(), "2") << "each ran again in a transaction of its own";
}

TEST_F(PostgresTogetherTest, EachFindsOutThatTheirCommitHappened) {
  proxy_->CutNext(Cut::kAfterCommit);
  for (const auto& reserved : ReserveTogether(Samples({"a", "b", "c"}))) {
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
    EXPECT_EQ(reserved->row.fence, 1);
  }
  EXPECT_EQ(proxy_->cuts(), 1);
  EXPECT_EQ(Count("order1688_placement"), "3");
}

TEST_F(PostgresTogetherTest, EachFindsOutThatTheirCommitDidNotHappen) {
  proxy_->CutNext(Cut::kBeforeCommit);
  for (const auto& reserved : ReserveTogether(Samples({"a", "b", "c"}))) {
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
  }
  EXPECT_EQ(proxy_->cuts(), 1);
  EXPECT_EQ(Count("order1688_placement"), "3");
}

TEST_F(PostgresTogetherTest, OutcomesThatShareATransactionAreEachJudged) {
  std::vector<LedgerRow> rows;
  for (const auto& reserved : ReserveTogether(Samples({"a", "b", "c", "d"}))) {
    rows.push_back(reserved->row);
  }
  ASSERT_TRUE(RecordAndWait(*ledger_, SampleRecord(rows[1], v1::PLACEMENT_STATE_IN_DOUBT)).ok());
  rows[2].fence = 7;
  std::vector<PlacementRecord> records;
  for (const LedgerRow& row : rows) {
    records.push_back(SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
  }
  const auto recorded = RecordTogether(records);
  for (size_t i = 0; i < recorded.size(); ++i) {
    ASSERT_TRUE(recorded[i].ok()) << recorded[i].status();
    EXPECT_EQ(recorded[i]->outcome, i == 2 ? RecordOutcome::kSuperseded : RecordOutcome::kRecorded);
    const std::optional<WholeRow> whole =
        *FindWholeAndWait(*ledger_, {"shop", rows[i].placement->request_id()});
    EXPECT_EQ(whole->row.placement->state(),
              i == 2 ? v1::PLACEMENT_STATE_SENDING : v1::PLACEMENT_STATE_PLACED);
    EXPECT_EQ(whole->request, "request for one lamp");
    EXPECT_EQ(whole->evidence.size(), i == 1 || i == 2 ? 1 : 0) << i;
  }
  EXPECT_EQ(Transactions(), "2") << "what is superseded leaves its row alone";
}

TEST_F(PostgresTogetherTest, RowThatAnotherServerWroteMeanwhileIsJudgedAnewAndTheRestStands) {
  ReserveTogether(Samples({"b"}));
  RunSql(dsn_,
         "CREATE TABLE kept AS SELECT * FROM order1688_placement;"
         "DELETE FROM order1688_placement");
  const auto other = PostgresConnection::Open(dsn_);
  ASSERT_TRUE((*other)->Begin().ok());
  ASSERT_TRUE((*other)->Execute("INSERT INTO order1688_placement SELECT * FROM kept").ok());
  auto reserving = std::async(std::launch::async, [this] {
    return ReserveTogether(Samples({"a", "b", "c"}));
  });
  AwaitWaiting("1");
  ASSERT_TRUE((*other)->Commit().ok());
  const auto reserved = reserving.get();
  EXPECT_EQ(reserved[0]->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(reserved[1]->outcome, ReserveOutcome::kBusy);
  EXPECT_EQ(reserved[2]->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(Count("order1688_placement"), "3");
  EXPECT_EQ(Transactions(), "2");
}

TEST_F(PostgresTogetherTest, ServersThatGetTheSameIdsInAnotherOrderDoNotWaitForEachOther) {
  const std::string deadlocks = Deadlocks();
  ReserveTogether(Samples({"a", "b"}));
  std::unique_ptr<PostgresLedger> second = OpenOneWorker(dsn_);
  auto holder = PostgresConnection::Open(dsn_);
  ASSERT_TRUE((*holder)->Begin().ok());
  ASSERT_TRUE((*holder)
                  ->Execute("SELECT 1 FROM order1688_placement WHERE request_id = 'a' FOR UPDATE")
                  .ok());
  auto one = std::async(std::launch::async, [this] {
    return ReserveTogether(Samples({"a", "b"}));
  });
  AwaitWaiting("1");
  auto other = std::async(std::launch::async, [&] {
    return ReserveTogether(*second, Samples({"b", "a"}));
  });
  AwaitWaiting("2");
  ASSERT_TRUE((*holder)->Commit().ok());
  for (auto* reserving : {&one, &other}) {
    for (const auto& reserved : reserving->get()) {
      EXPECT_EQ(reserved->outcome, ReserveOutcome::kBusy);
    }
  }
  holder->reset();
  second.reset();
  ledger_.reset();
  AwaitSessionsEnd();
  EXPECT_EQ(Deadlocks(), deadlocks);
}

TEST_F(PostgresTogetherTest, SearchesForDuplicatesRunAloneBecauseTheyLockThePurchase) {
  std::vector<Reservation> all = Samples({"a", "b"});
  for (Reservation& reservation : all) {
    reservation.duplicates = {"mac of " + reservation.key.request_id, absl::Hours(1), false};
  }
  for (const auto& reserved : ReserveTogether(all)) {
    EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
  }
  EXPECT_EQ(Transactions(), "2");
}

}  // namespace
}  // namespace order1688
