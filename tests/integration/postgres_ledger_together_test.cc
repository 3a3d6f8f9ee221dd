// Calls that share a transaction of a PostgreSQL ledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <vector>

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
    PostgresOptions options;
    options.dsn = PostgresServer::ThroughSocket(dsn_, proxy_->folder());
    options.connections = 1;
    absl::StatusOr<std::unique_ptr<PostgresLedger>> ledger = PostgresLedger::Open(
        std::move(options), *ColumnCipher::Create({std::string(kEncryptionKeyBytes, 'k')}));
    ASSERT_TRUE(ledger.ok()) << ledger.status();
    ledger_ = *std::move(ledger);
  }
  void TearDown() override { ledger_.reset(); }

  // Reserves all of them while the worker is held by a call before them.
  std::vector<absl::StatusOr<Reserved>> ReserveTogether(const std::vector<Reservation>& all) {
    std::promise<void> held;
    std::promise<void> release;
    ledger_->Find({"shop", "hold"}, [&](absl::StatusOr<std::optional<LedgerRow>>) {
      held.set_value();
      release.get_future().wait();
    });
    held.get_future().wait();
    std::deque<LedgerAnswer<Reserved>> answers(all.size());
    for (size_t i = 0; i < all.size(); ++i) ledger_->Reserve(all[i], answers[i].Done());
    release.set_value();
    std::vector<absl::StatusOr<Reserved>> reserved;
    for (LedgerAnswer<Reserved>& answer : answers) reserved.push_back(answer.Wait());
    return reserved;
  }
  static std::vector<Reservation> Samples(const std::vector<std::string>& ids) {
    std::vector<Reservation> all;
    for (const std::string& id : ids) all.push_back(SampleReservation(id));
    return all;
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
