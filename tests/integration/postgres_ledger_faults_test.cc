// A PostgreSQL ledger whose connection or database goes away.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <deque>
#include <map>
#include <thread>
#include <vector>

#include "server/ledger/row_transition.h"
#include "tests/integration/postgres_ledger_fixture.h"
#include "tests/support/cutting_proxy.h"

namespace order1688 {
namespace {

using Cut = CuttingProxy::Cut;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The ledger reaches its database through the proxy, the test directly.
class PostgresCutTest : public PostgresLedgerFixture {
 protected:
  void SetUp() override {
    PostgresLedgerFixture::SetUp();
    if (IsSkipped()) return;
    proxy_ = std::make_unique<CuttingProxy>(PostgresServer::Shared().socket());
    ledger_ = Open(PostgresServer::ThroughSocket(dsn_, proxy_->folder()));
  }
  void TearDown() override { ledger_.reset(); }

  LedgerRow Reserved(const std::string& request_id) {
    const auto reserved = ReserveAndWait(*ledger_, SampleReservation(request_id));
    EXPECT_TRUE(reserved.ok()) << reserved.status();
    return reserved.ok() ? reserved->row : LedgerRow();
  }

  std::unique_ptr<CuttingProxy> proxy_;
  std::unique_ptr<PostgresLedger> ledger_;
};

TEST_F(PostgresCutTest, ReserveFindsOutThatItsCommitHappened) {
  proxy_->CutNext(Cut::kAfterCommit);
  const auto reserved = ReserveAndWait(*ledger_, SampleReservation("r1"));
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(reserved->row.fence, 1);
  EXPECT_EQ(proxy_->cuts(), 1);
  EXPECT_EQ(RowsOf("r1"), "1");
  EXPECT_EQ(ReserveAndWait(*ledger_, SampleReservation("r1"))->outcome, ReserveOutcome::kBusy);
}

TEST_F(PostgresCutTest, ReserveFindsOutThatItsCommitDidNotHappen) {
  proxy_->CutNext(Cut::kBeforeCommit);
  const auto reserved = ReserveAndWait(*ledger_, SampleReservation("r1"));
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(reserved->row.fence, 1);
  EXPECT_EQ(proxy_->cuts(), 1);
  EXPECT_EQ(RowsOf("r1"), "1");
}

TEST_F(PostgresCutTest, ReserveWhoseCommitIsStillOnItsWayIsNotFreshTwice) {
  proxy_->CutNext(Cut::kHeldCommit);
  LedgerAnswer<order1688::Reserved> first;
  ledger_->Reserve(SampleReservation("r1"), first.Done());
  proxy_->WaitForHeldCommit();
  // Another server asks for the same, while the first one's row is neither there nor not there.
  const std::unique_ptr<PostgresLedger> other = Open(dsn_);
  LedgerAnswer<order1688::Reserved> second;
  other->Reserve(SampleReservation("r1"), second.Done());
  proxy_->ReleaseCommit();
  int fresh = 0;
  for (LedgerAnswer<order1688::Reserved>* answer : {&first, &second}) {
    const auto reserved = answer->Wait();
    if (!reserved.ok()) {
      EXPECT_EQ(reserved.status().code(), absl::StatusCode::kUnavailable);
      continue;
    }
    fresh += reserved->outcome == ReserveOutcome::kFresh ? 1 : 0;
  }
  EXPECT_LE(fresh, 1);
  EXPECT_EQ(proxy_->cuts(), 1);
  EXPECT_EQ(RowsOf("r1"), "1");
}

TEST_F(PostgresCutTest, FreshAttemptFindsOutThatItsCommitHappened) {
  const LedgerRow row = Reserved("r1");
  ASSERT_TRUE(RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_NOT_PLACED)).ok());
  proxy_->CutNext(Cut::kAfterCommit);
  const auto again = ReserveAndWait(*ledger_, SampleReservation("r1"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(again->row.fence, 2);
  EXPECT_EQ(Count("order1688_evidence"), "1");
  EXPECT_EQ(proxy_->cuts(), 1);
}

TEST_F(PostgresCutTest, RecordFindsOutThatItsCommitHappened) {
  const LedgerRow row = Reserved("r1");
  proxy_->CutNext(Cut::kAfterCommit);
  const auto recorded = RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(recorded->outcome, RecordOutcome::kRecorded);
  EXPECT_EQ(recorded->row.placement->state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(Count("order1688_evidence"), "0");
  EXPECT_EQ(proxy_->cuts(), 1);
}

TEST_F(PostgresCutTest, SupersededAnswerIsKeptOnce) {
  LedgerRow row = Reserved("r1");
  row.fence = 7;
  proxy_->CutNext(Cut::kAfterCommit);
  const auto recorded = RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
  ASSERT_TRUE(recorded.ok()) << recorded.status();
  EXPECT_EQ(recorded->outcome, RecordOutcome::kSuperseded);
  EXPECT_EQ(Count("order1688_evidence"), "1");
  EXPECT_EQ(proxy_->cuts(), 1);
}

TEST_F(PostgresCutTest, SettleFindsOutThatItsCommitHappened) {
  LedgerRow row = Reserved("r1");
  row = RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT))->row;
  RowSettlement settlement;
  settlement.key = {"shop", "r1"};
  settlement.fence = row.fence;
  settlement.revision = RevisionOf(row);
  settlement.placement = row.placement;
  settlement.placement->set_state(v1::PLACEMENT_STATE_CLOSED);
  proxy_->CutNext(Cut::kAfterCommit);
  const auto settled = SettleAndWait(*ledger_, settlement);
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->outcome, SettleOutcome::kSettled);
  EXPECT_EQ(settled->row.placement->state(), v1::PLACEMENT_STATE_CLOSED);
  EXPECT_EQ(Count("order1688_evidence"), "1");
  EXPECT_EQ(SettleAndWait(*ledger_, settlement)->outcome, SettleOutcome::kChanged);
  EXPECT_EQ(proxy_->cuts(), 1);
}

TEST_F(PostgresCutTest, AccountChangeIsAuditedOnce) {
  proxy_->CutNext(Cut::kAfterCommit);
  const auto state = ChangeAccountAndWait(
      *ledger_, {"main", AccountChange::Kind::kDeclareRefusal, "E1", "ops", "seen by hand"});
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_THAT(state->refusal_codes, ElementsAre("E1"));
  EXPECT_EQ(Count("order1688_account_audit"), "1");
  EXPECT_EQ(proxy_->cuts(), 1);
}

TEST_F(PostgresCutTest, LookupsThatMayBeTakenAreUnavailable) {
  const LedgerRow row = Reserved("r1");
  ASSERT_TRUE(RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT)).ok());
  proxy_->CutNext(Cut::kAfterCommit);
  const LookupClaim claim = {"main", 10, absl::Minutes(1)};
  EXPECT_EQ(TakeLookupsAndWait(*ledger_, claim).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(*TakeLookupsAndWait(*ledger_, claim), IsEmpty());
}

TEST_F(PostgresCutTest, CallIsUnavailableWhileTheDatabaseIsAwayAndNothingIsWritten) {
  proxy_->SetRefusing(true);
  proxy_->CutNext(Cut::kBeforeCommit);
  const auto reserved = ReserveAndWait(*ledger_, SampleReservation("r1"));
  EXPECT_EQ(reserved.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(RowsOf("r1"), "0");
  proxy_->SetRefusing(false);
  EXPECT_EQ(ReserveAndWait(*ledger_, SampleReservation("r1"))->outcome, ReserveOutcome::kFresh);
}

TEST_F(PostgresCutTest, LedgerClosesWhileTheDatabaseIsAway) {
  proxy_->SetRefusing(true);
  LedgerAnswer<order1688::Reserved> answer;
  ledger_->Reserve(SampleReservation("r1"), answer.Done());
  ledger_.reset();
  EXPECT_EQ(answer.Wait().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(PostgresCutTest, LockThatNobodyReleasesCostsTheCallAndNotTheLedger) {
  const LedgerRow row = Reserved("r1");
  {
    const auto other = PostgresConnection::Open(dsn_);
    ASSERT_TRUE(other.ok()) << other.status();
    ASSERT_TRUE((*other)->Execute("SET idle_in_transaction_session_timeout = 0").ok());
    ASSERT_TRUE((*other)->Execute("BEGIN").ok());
    ASSERT_TRUE((*other)->Execute("SELECT 1 FROM order1688_placement FOR UPDATE").ok());
    const auto recorded = RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_PLACED));
    EXPECT_EQ(recorded.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(FindAndWait(*ledger_, {"shop", "r1"}).ok());
  }
  EXPECT_EQ(RecordAndWait(*ledger_, SampleRecord(row, v1::PLACEMENT_STATE_PLACED))->outcome,
            RecordOutcome::kRecorded);
}

class PostgresKillTest : public PostgresLedgerFixture {};

TEST_F(PostgresKillTest, KilledDatabaseIsUnavailableAndTheLedgerRecoversByItself) {
  PostgresServer server;
  server.Start();
  dsn_ = server.NewSchemaDsn();
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("before")).ok());
  server.Kill();
  std::deque<LedgerAnswer<Reserved>> waiting(20);
  for (size_t i = 0; i < waiting.size(); ++i) {
    ledger->Reserve(SampleReservation(absl::StrCat("during ", i)), waiting[i].Done());
  }
  // A session may outlive the first process for as long as it has work. Then what it says counts.
  std::vector<std::string> written = {"before"};
  for (size_t i = 0; i < waiting.size(); ++i) {
    const absl::StatusOr<Reserved> reserved = waiting[i].Wait();
    if (reserved.ok()) {
      written.push_back(absl::StrCat("during ", i));
    } else {
      EXPECT_EQ(reserved.status().code(), absl::StatusCode::kUnavailable);
    }
  }
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("away")).status().code(),
            absl::StatusCode::kUnavailable);
  server.Start();
  for (const std::string& id : written) {
    EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation(id))->outcome, ReserveOutcome::kBusy) << id;
  }
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("after"))->outcome, ReserveOutcome::kFresh);
}

TEST_F(PostgresKillTest, NothingIsFreshTwiceAndNothingFreshIsLostOverKills) {
  PostgresServer server;
  server.Start();
  dsn_ = server.NewSchemaDsn();
  const std::unique_ptr<PostgresLedger> one = Open(dsn_);
  const std::unique_ptr<PostgresLedger> other = Open(dsn_);
  std::atomic<bool> over = false;
  std::atomic<int> answered = 0;
  // Two servers ask for the same keys, again and again, while the database dies.
  std::vector<std::map<std::string, int>> fresh(2);
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&, i] {
      PostgresLedger& ledger = i == 0 ? *one : *other;
      for (int key = 0; !over; ++key) {
        const std::string id = absl::StrCat("r", key / 2);
        const auto reserved = ReserveAndWait(ledger, SampleReservation(id));
        if (!reserved.ok()) continue;
        fresh[i][id] += reserved->outcome == ReserveOutcome::kFresh ? 1 : 0;
        ++answered;
      }
    });
  }
  for (int kill = 0; kill < 3; ++kill) {
    const int target = answered + 40;
    while (answered < target) std::this_thread::yield();
    server.Kill();
    server.Start();
  }
  over = true;
  for (std::thread& caller : callers) caller.join();

  std::map<std::string, int> total = fresh[0];
  for (const auto& [id, count] : fresh[1]) total[id] += count;
  int all = 0;
  for (const auto& [id, count] : total) {
    EXPECT_LE(count, 1) << id;
    all += count;
    if (count > 0) {
      EXPECT_EQ(RowsOf(id), "1") << id;
    }
  }
  EXPECT_GT(all, 0);
}

}  // namespace
}  // namespace order1688
