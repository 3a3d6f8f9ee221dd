// What the contract tests of Ledger share.
#ifndef ORDER1688_TESTS_CONTRACT_LEDGER_CONTRACT_FIXTURE_H_
#define ORDER1688_TESTS_CONTRACT_LEDGER_CONTRACT_FIXTURE_H_

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/ledger/ledger.h"
#include "server/ledger/row_transition.h"
#include "tests/contract/ledger_stores.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/fake_clock.h"
#include "tests/support/sample_placement.h"

namespace order1688 {

inline constexpr v1::PlacementState kAllStates[] = {
    v1::PLACEMENT_STATE_SENDING,  v1::PLACEMENT_STATE_PLACED,
    v1::PLACEMENT_STATE_REJECTED, v1::PLACEMENT_STATE_PARTIALLY_PLACED,
    v1::PLACEMENT_STATE_IN_DOUBT, v1::PLACEMENT_STATE_NOT_PLACED,
    v1::PLACEMENT_STATE_CLOSED};

// A store, and its methods as blocking calls that must succeed.
class LedgerContractTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  LedgerContractTest() : store_(GetParam().make(clock_)) {}

  void SetUp() override {
    if (store_ == nullptr) GTEST_SKIP() << PostgresServer::kNotInstalled;
  }

  Ledger& ledger() { return store_->ledger(); }

  Reserved Reserve(const Reservation& reservation) {
    return Must(ReserveAndWait(ledger(), reservation));
  }
  // Checks that what it says of the placement's bytes is true.
  Recorded Record(const PlacementRecord& record) {
    Recorded recorded = Must(RecordAndWait(ledger(), record));
    if (!recorded.bytes.empty()) {
      EXPECT_EQ(recorded.bytes, recorded.row.placement->SerializeAsString());
    }
    return recorded;
  }
  std::optional<LedgerRow> Find(const PlacementKey& key) {
    return Must(FindAndWait(ledger(), key));
  }
  std::vector<PlacementKey> Expire() { return Must(ExpireAndWait(ledger())); }
  Settled Settle(const RowSettlement& settlement) {
    return Must(SettleAndWait(ledger(), settlement));
  }
  std::optional<WholeRow> FindWhole(const PlacementKey& key) {
    return Must(FindWholeAndWait(ledger(), key));
  }
  std::vector<LookupTask> TakeLookups(const LookupClaim& claim) {
    return Must(TakeLookupsAndWait(ledger(), claim));
  }
  bool NoteLookup(const LookupNote& note) { return Must(NoteLookupAndWait(ledger(), note)); }
  Neighbours FindNeighbours(const NeighbourQuery& query) {
    return Must(FindNeighboursAndWait(ledger(), query));
  }
  Maintained Maintain(int most_rows = 100) { return Must(MaintainAndWait(ledger(), most_rows)); }

  // The request_ids of what List gives.
  std::vector<std::string> ListIds(const PlacementQuery& query) {
    std::vector<std::string> ids;
    for (const LedgerRow& row : Must(ListAndWait(ledger(), query))) {
      ids.push_back(row.placement->request_id());
    }
    return ids;
  }

  // Answers of superseded attempts that are kept for the key.
  std::vector<std::string> SupersededAnswers(const PlacementKey& key) {
    std::vector<std::string> answers;
    const std::optional<WholeRow> whole = FindWhole(key);
    if (!whole.has_value()) return answers;
    for (const Evidence& evidence : whole->evidence) {
      if (evidence.reason == kSupersededEvidence) answers.push_back(evidence.raw_answer);
    }
    return answers;
  }
  v1::PlacementState StateOf(const std::string& request_id) {
    const std::optional<LedgerRow> row = Find({"shop", request_id});
    return row.has_value() ? row->placement->state() : v1::PLACEMENT_STATE_UNSPECIFIED;
  }

  // A row in this state, brought there by declared edges.
  LedgerRow RowIn(v1::PlacementState state, const Reservation& reservation) {
    LedgerRow row = Reserve(reservation).row;
    if (state == v1::PLACEMENT_STATE_SENDING) return row;
    if (state == v1::PLACEMENT_STATE_CLOSED) {
      row = Record(SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT, "no_answer")).row;
    }
    row = Record(SampleRecord(row, state)).row;
    EXPECT_EQ(row.placement->state(), state);
    return row;
  }
  LedgerRow RowIn(v1::PlacementState state, const std::string& request_id) {
    return RowIn(state, SampleReservation(request_id));
  }

  template <typename T>
  static T Must(absl::StatusOr<T> answer) {
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : T();
  }

  FakeClock clock_;
  std::unique_ptr<Store> store_;
};

// Adds an order with this id to a placement.
inline void AddOrder(const std::string& order_id, v1::Placement* placement) {
  v1::OrderResult* result = placement->add_results();
  result->set_seller_open_id("seller-1");
  result->set_outcome(v1::ORDER_OUTCOME_PLACED);
  result->mutable_order()->mutable_base_info()->set_order_id(order_id);
}

// A verdict on `row` as it is.
inline RowSettlement SampleSettlement(const LedgerRow& row, v1::PlacementState state) {
  RowSettlement settlement;
  settlement.key = {row.placement->caller(), row.placement->request_id()};
  settlement.fence = row.fence;
  settlement.revision = RevisionOf(row);
  settlement.placement = row.placement;
  settlement.placement->set_state(state);
  settlement.placement->set_cause("resolved");
  settlement.placement->mutable_settlement()->set_source(v1::SETTLEMENT_SOURCE_PERSON);
  settlement.placement->mutable_settlement()->set_actor("desk");
  settlement.placement->mutable_settlement()->set_reason("called the seller");
  return settlement;
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_CONTRACT_LEDGER_CONTRACT_FIXTURE_H_
