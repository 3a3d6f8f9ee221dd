// What every store behind Ledger must do: reserve, record, expire. Runs on each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/shared_text.h"
#include "server/ledger/ledger.h"
#include "server/ledger/row_transition.h"
#include "tests/contract/ledger_contract_fixture.h"
#include "tests/contract/ledger_stores.h"
#include "tests/support/blocking_ledger.h"
#include "tests/support/sample_placement.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_P(LedgerContractTest, NewPlacementIsFreshAndSending) {
  const Reserved reserved = Reserve(SampleReservation("r1"));

  EXPECT_EQ(reserved.outcome, ReserveOutcome::kFresh);
  const v1::Placement& placement = *reserved.row.placement;
  EXPECT_EQ(placement.caller(), "shop");
  EXPECT_EQ(placement.request_id(), "r1");
  EXPECT_EQ(placement.state(), v1::PLACEMENT_STATE_SENDING);
  EXPECT_EQ(placement.attempt(), 1);
  EXPECT_EQ(placement.account(), "main");
  EXPECT_EQ(placement.gateway_host(), "gateway.example");
  EXPECT_EQ(placement.environment(), v1::ENVIRONMENT_SANDBOX);
  EXPECT_EQ(placement.reference(), "basket 7");
  EXPECT_EQ(placement.sign_time().seconds(), 1767323045);
  EXPECT_EQ(TimeOf(placement.create_time()), clock_.Now());
  EXPECT_EQ(TimeOf(placement.update_time()), clock_.Now());
  EXPECT_EQ(reserved.row.fence, 1);
  EXPECT_EQ(reserved.row.fingerprint, SampleReservation("r1").fingerprint);
}

TEST_P(LedgerContractTest, FindGivesTheRowThatWasWritten) {
  const LedgerRow reserved = Reserve(SampleReservation("r1")).row;
  std::optional<LedgerRow> found = Find({"shop", "r1"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->placement->SerializeAsString(), reserved.placement->SerializeAsString());
  EXPECT_EQ(found->fence, reserved.fence);
  EXPECT_EQ(found->fingerprint, reserved.fingerprint);

  const LedgerRow recorded = Record(SampleRecord(reserved, v1::PLACEMENT_STATE_PLACED)).row;
  found = Find({"shop", "r1"});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->placement->SerializeAsString(), recorded.placement->SerializeAsString());
}

TEST_P(LedgerContractTest, FindOfNothingIsNothing) {
  Reserve(SampleReservation("r1"));
  EXPECT_FALSE(Find({"shop", "r2"}).has_value());
  EXPECT_FALSE(Find({"other", "r1"}).has_value());
}

TEST_P(LedgerContractTest, RequestIdBelongsToItsCaller) {
  Reserve(SampleReservation("r1"));
  Reservation other = SampleReservation("r1", "ten lamps");
  other.key.caller = "other";
  EXPECT_EQ(Reserve(other).outcome, ReserveOutcome::kFresh);
}

TEST_P(LedgerContractTest, KeyIsComparedByteByByte) {
  Reserve(SampleReservation("abc"));
  EXPECT_EQ(Reserve(SampleReservation("ABC")).outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(Reserve(SampleReservation("abc ")).outcome, ReserveOutcome::kFresh);
}

TEST_P(LedgerContractTest, SecondReserveWhileSendingIsBusy) {
  Reserve(SampleReservation("r1"));
  const Reserved second = Reserve(SampleReservation("r1"));
  EXPECT_EQ(second.outcome, ReserveOutcome::kBusy);
  EXPECT_EQ(second.row.fence, 1);
}

TEST_P(LedgerContractTest, SendingStaysBusyHoweverOld) {
  Reserve(SampleReservation("r1"));
  clock_.Advance(absl::Hours(24 * 365));
  EXPECT_EQ(Reserve(SampleReservation("r1")).outcome, ReserveOutcome::kBusy);
}

TEST_P(LedgerContractTest, SettledOrInDoubtIsReplayed) {
  for (const v1::PlacementState state : kAllStates) {
    if (state == v1::PLACEMENT_STATE_SENDING || state == v1::PLACEMENT_STATE_NOT_PLACED) continue;
    const std::string id = v1::PlacementState_Name(state);
    const LedgerRow row = RowIn(state, id);
    const Reserved again = Reserve(SampleReservation(id));
    EXPECT_EQ(again.outcome, ReserveOutcome::kReplay) << id;
    EXPECT_EQ(again.row.placement->SerializeAsString(), row.placement->SerializeAsString()) << id;
  }
}

TEST_P(LedgerContractTest, OtherContentIsMismatchInEveryState) {
  for (const v1::PlacementState state : kAllStates) {
    const std::string id = v1::PlacementState_Name(state);
    RowIn(state, id);
    EXPECT_EQ(Reserve(SampleReservation(id, "ten lamps")).outcome, ReserveOutcome::kMismatch) << id;
    EXPECT_EQ(StateOf(id), state) << id;
  }
}

TEST_P(LedgerContractTest, FingerprintOfOtherVersionIsNoMismatchWhileAnOrderMayExist) {
  Reservation newer = SampleReservation("r1");
  newer.fingerprint = {2, "mac of another rule"};
  const LedgerRow row = Reserve(SampleReservation("r1")).row;
  EXPECT_EQ(Reserve(newer).outcome, ReserveOutcome::kBusy);
  Record(SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT));
  EXPECT_EQ(Reserve(newer).outcome, ReserveOutcome::kReplay);
  Record(SampleRecord(row, v1::PLACEMENT_STATE_NOT_PLACED));
  EXPECT_EQ(Reserve(newer).outcome, ReserveOutcome::kMismatch);
}

TEST_P(LedgerContractTest, NotPlacedStartsOneFreshAttempt) {
  const LedgerRow first = RowIn(v1::PLACEMENT_STATE_NOT_PLACED, "r1");
  clock_.Advance(absl::Seconds(10));
  Reservation again = SampleReservation("r1");
  again.placement->mutable_sign_time()->set_seconds(1767329999);
  again.placement->set_reference("basket 8");

  const Reserved second = Reserve(again);
  EXPECT_EQ(second.outcome, ReserveOutcome::kFresh);
  const v1::Placement& placement = *second.row.placement;
  EXPECT_EQ(placement.state(), v1::PLACEMENT_STATE_SENDING);
  EXPECT_EQ(placement.attempt(), 2);
  EXPECT_EQ(second.row.fence, first.fence + 1);
  EXPECT_EQ(placement.sign_time().seconds(), 1767329999);
  EXPECT_EQ(placement.reference(), "basket 8");
  EXPECT_EQ(placement.evidence(), v1::NOT_PLACED_EVIDENCE_UNSPECIFIED);
  EXPECT_EQ(placement.cause(), "");
  EXPECT_EQ(placement.create_time().seconds(), first.placement->create_time().seconds());
  EXPECT_EQ(TimeOf(placement.update_time()), clock_.Now());
  EXPECT_EQ(Reserve(again).outcome, ReserveOutcome::kBusy);
}

TEST_P(LedgerContractTest, FreshAttemptHasALeaseOfItsOwn) {
  RowIn(v1::PLACEMENT_STATE_NOT_PLACED, "r1");
  clock_.Advance(absl::Seconds(1000));
  Reserve(SampleReservation("r1"));
  EXPECT_THAT(Expire(), IsEmpty());
  clock_.Advance(absl::Seconds(90));
  EXPECT_THAT(Expire(), ElementsAre(PlacementKey{"shop", "r1"}));
}

TEST_P(LedgerContractTest, RecordAllowsDeclaredEdgesAndRefusesEveryOther) {
  for (const v1::PlacementState from : kAllStates) {
    for (int to = v1::PlacementState_MIN; to <= v1::PlacementState_MAX; ++to) {
      const auto target = static_cast<v1::PlacementState>(to);
      const std::string edge =
          v1::PlacementState_Name(from) + "-" + v1::PlacementState_Name(target);
      const LedgerRow row = RowIn(from, edge);
      // NOT_PLACED -> SENDING is for Reserve alone.
      const bool allowed = IsDeclaredEdge(from, target) && target != v1::PLACEMENT_STATE_SENDING;

      const Recorded recorded = Record(SampleRecord(row, target, "test_of_edges"));
      EXPECT_EQ(recorded.outcome, allowed ? RecordOutcome::kRecorded : RecordOutcome::kSuperseded)
          << edge;
      EXPECT_EQ(recorded.row.placement->state(), allowed ? target : from) << edge;
      EXPECT_EQ(StateOf(edge), allowed ? target : from) << edge;
      EXPECT_EQ(SupersededAnswers({"shop", edge}).size(), allowed ? 0 : 1) << edge;
    }
  }
}

TEST_P(LedgerContractTest, RecordKeepsWhatReserveWrote) {
  const LedgerRow row = Reserve(SampleReservation("r1")).row;
  PlacementRecord record;
  record.key = {"shop", "r1"};
  record.fence = row.fence;
  record.placement->set_state(v1::PLACEMENT_STATE_PLACED);
  record.placement->set_account("another");
  record.placement->set_attempt(7);
  record.placement->mutable_sign_time()->set_seconds(1);
  record.placement->add_results()->set_seller_open_id("seller-1");

  const v1::Placement after = *Record(record).row.placement;
  EXPECT_EQ(after.request_id(), "r1");
  EXPECT_EQ(after.caller(), "shop");
  EXPECT_EQ(after.account(), "main");
  EXPECT_EQ(after.gateway_host(), "gateway.example");
  EXPECT_EQ(after.environment(), v1::ENVIRONMENT_SANDBOX);
  EXPECT_EQ(after.reference(), "basket 7");
  EXPECT_EQ(after.attempt(), 1);
  EXPECT_EQ(after.sign_time().seconds(), row.placement->sign_time().seconds());
  EXPECT_EQ(after.results(0).seller_open_id(), "seller-1");
}

TEST_P(LedgerContractTest, SameRecordTwiceChangesNothing) {
  for (const v1::PlacementState state : kAllStates) {
    if (state == v1::PLACEMENT_STATE_SENDING || state == v1::PLACEMENT_STATE_CLOSED) continue;
    const std::string id = v1::PlacementState_Name(state);
    const LedgerRow row = Reserve(SampleReservation(id)).row;
    const LedgerRow first = Record(SampleRecord(row, state)).row;
    clock_.Advance(absl::Seconds(1));
    const Recorded second = Record(SampleRecord(row, state));
    EXPECT_EQ(second.outcome, RecordOutcome::kRecorded) << id;
    EXPECT_EQ(second.row.placement->SerializeAsString(), first.placement->SerializeAsString())
        << id;
    EXPECT_THAT(SupersededAnswers({"shop", id}), IsEmpty()) << id;
  }
}

TEST_P(LedgerContractTest, SameStateWithOtherContentIsSuperseded) {
  const LedgerRow row = Reserve(SampleReservation("r1")).row;
  const LedgerRow first = Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).row;
  PlacementRecord other = SampleRecord(row, v1::PLACEMENT_STATE_PLACED);
  other.placement->add_results()->set_seller_open_id("seller-2");
  other.raw_answer = SharedText("second answer");
  const Recorded second = Record(other);
  EXPECT_EQ(second.outcome, RecordOutcome::kSuperseded);
  EXPECT_EQ(second.row.placement->SerializeAsString(), first.placement->SerializeAsString());
  EXPECT_THAT(SupersededAnswers(other.key), ElementsAre("second answer"));
}

TEST_P(LedgerContractTest, AnswerOfAnEarlierAttemptIsEvidenceOnly) {
  const LedgerRow first = RowIn(v1::PLACEMENT_STATE_NOT_PLACED, "r1");
  const LedgerRow second = Reserve(SampleReservation("r1")).row;

  const Recorded late = Record(SampleRecord(first, v1::PLACEMENT_STATE_PLACED, "late"));
  EXPECT_EQ(late.outcome, RecordOutcome::kSuperseded);
  EXPECT_EQ(late.row.fence, second.fence);
  EXPECT_EQ(StateOf("r1"), v1::PLACEMENT_STATE_SENDING);
  EXPECT_THAT(SupersededAnswers({"shop", "r1"}), ElementsAre("answer: late"));

  EXPECT_EQ(Record(SampleRecord(second, v1::PLACEMENT_STATE_PLACED)).outcome,
            RecordOutcome::kRecorded);
}

TEST_P(LedgerContractTest, FenceFromTheFutureIsEvidenceOnly) {
  LedgerRow row = Reserve(SampleReservation("r1")).row;
  row.fence = 2;
  EXPECT_EQ(Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).outcome,
            RecordOutcome::kSuperseded);
  EXPECT_EQ(StateOf("r1"), v1::PLACEMENT_STATE_SENDING);
}

TEST_P(LedgerContractTest, AnswerWithoutARowIsKept) {
  LedgerRow row;
  row.placement->set_caller("shop");
  row.placement->set_request_id("never reserved");
  row.fence = 1;
  EXPECT_EQ(Record(SampleRecord(row, v1::PLACEMENT_STATE_PLACED, "lost")).outcome,
            RecordOutcome::kSuperseded);
  EXPECT_FALSE(Find({"shop", "never reserved"}).has_value());
  EXPECT_THAT(SupersededAnswers({"shop", "never reserved"}), ElementsAre("answer: lost"));
}

TEST_P(LedgerContractTest, ExpiresOnlyWhatIsSendingAndOver) {
  for (const v1::PlacementState state : kAllStates) {
    RowIn(state, v1::PlacementState_Name(state));
  }
  clock_.Advance(absl::Seconds(90) - absl::Microseconds(1));
  EXPECT_THAT(Expire(), IsEmpty());
  Reserve(SampleReservation("young"));
  clock_.Advance(absl::Microseconds(1));

  EXPECT_THAT(Expire(), ElementsAre(PlacementKey{"shop", "PLACEMENT_STATE_SENDING"}));
  const std::optional<LedgerRow> expired = Find({"shop", "PLACEMENT_STATE_SENDING"});
  ASSERT_TRUE(expired.has_value());
  EXPECT_EQ(expired->placement->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(expired->placement->cause(), "lease_expired");
  EXPECT_EQ(TimeOf(expired->placement->update_time()), clock_.Now());
  EXPECT_EQ(StateOf("young"), v1::PLACEMENT_STATE_SENDING);
  EXPECT_EQ(StateOf("PLACEMENT_STATE_CLOSED"), v1::PLACEMENT_STATE_CLOSED);
  EXPECT_THAT(Expire(), IsEmpty());
}

TEST_P(LedgerContractTest, ExpiredPlacementIsNeverSentAgain) {
  Reserve(SampleReservation("r1"));
  clock_.Advance(absl::Seconds(90));
  Expire();
  EXPECT_EQ(Reserve(SampleReservation("r1")).outcome, ReserveOutcome::kReplay);
}

TEST_P(LedgerContractTest, ExpiresAllThatAreOver) {
  for (int i = 0; i < 3; ++i) Reserve(SampleReservation(std::to_string(i)));
  clock_.Advance(absl::Hours(1));
  EXPECT_THAT(Expire(), UnorderedElementsAre(PlacementKey{"shop", "0"}, PlacementKey{"shop", "1"},
                                             PlacementKey{"shop", "2"}));
}

TEST_P(LedgerContractTest, LeaseDoesNotFollowTheWallClock) {
  if (store_->LeasesFollowTheWallClock()) {
    GTEST_SKIP() << "replicas share no other clock than the database's wall clock";
  }
  Reserve(SampleReservation("r1"));
  clock_.SetNow(clock_.Now() + absl::Hours(24));
  EXPECT_THAT(Expire(), IsEmpty());
}

TEST_P(LedgerContractTest, LateAnswerOfTheOwnAttemptSettlesAnExpiredRow) {
  for (const v1::PlacementState state :
       {v1::PLACEMENT_STATE_PLACED, v1::PLACEMENT_STATE_PARTIALLY_PLACED,
        v1::PLACEMENT_STATE_REJECTED, v1::PLACEMENT_STATE_NOT_PLACED}) {
    const std::string id = v1::PlacementState_Name(state);
    const LedgerRow row = Reserve(SampleReservation(id)).row;
    clock_.Advance(absl::Seconds(90));
    EXPECT_EQ(Expire().size(), 1);
    EXPECT_EQ(Record(SampleRecord(row, state)).outcome, RecordOutcome::kRecorded) << id;
    EXPECT_EQ(StateOf(id), state);
  }
}

TEST_P(LedgerContractTest, LateDoubtOfTheOwnAttemptSaysMoreThanTheLease) {
  const LedgerRow row = Reserve(SampleReservation("r1")).row;
  clock_.Advance(absl::Seconds(90));
  Expire();
  const Recorded late = Record(SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT, "no_answer"));
  EXPECT_EQ(late.outcome, RecordOutcome::kRecorded);
  EXPECT_EQ(late.row.placement->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(late.row.placement->cause(), "no_answer");
  // Once only: now the row says what the sender knew.
  EXPECT_EQ(Record(SampleRecord(row, v1::PLACEMENT_STATE_IN_DOUBT, "answer_cut")).outcome,
            RecordOutcome::kSuperseded);
}

TEST_P(LedgerContractTest, UpdateTimeGrowsWithEveryChangeEvenIfTheClockDoesNot) {
  LedgerRow row = Reserve(SampleReservation("r1")).row;
  absl::Time last = TimeOf(row.placement->update_time());
  const absl::Time created = last;
  clock_.SetNow(clock_.Now() - absl::Hours(1));
  for (const v1::PlacementState state :
       {v1::PLACEMENT_STATE_IN_DOUBT, v1::PLACEMENT_STATE_NOT_PLACED}) {
    row = Record(SampleRecord(row, state)).row;
    EXPECT_GT(TimeOf(row.placement->update_time()), last);
    last = TimeOf(row.placement->update_time());
  }
  row = Reserve(SampleReservation("r1")).row;
  EXPECT_GT(TimeOf(row.placement->update_time()), last);
  last = TimeOf(row.placement->update_time());
  clock_.SetSinceBoot(clock_.SinceBoot() + absl::Hours(1));
  Expire();
  row = *Find({"shop", "r1"});
  EXPECT_EQ(row.placement->state(), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_GT(TimeOf(row.placement->update_time()), last);
  EXPECT_EQ(TimeOf(row.placement->create_time()), created);
}

TEST_P(LedgerContractTest, OneOfManyConcurrentReservesIsFresh) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<LedgerAnswer<Reserved>> answers(kThreads);
    std::vector<std::thread> threads;
    for (LedgerAnswer<Reserved>& answer : answers) {
      threads.emplace_back([this, round, &answer] {
        ledger().Reserve(SampleReservation("race " + std::to_string(round)), answer.Done());
      });
    }
    for (std::thread& thread : threads) thread.join();
    int fresh = 0;
    int busy = 0;
    for (LedgerAnswer<Reserved>& answer : answers) {
      const absl::StatusOr<Reserved> reserved = answer.Wait();
      ASSERT_TRUE(reserved.ok()) << reserved.status();
      fresh += reserved->outcome == ReserveOutcome::kFresh ? 1 : 0;
      busy += reserved->outcome == ReserveOutcome::kBusy ? 1 : 0;
    }
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(busy, kThreads - 1);
  }
}

TEST_P(LedgerContractTest, OneOfManyConcurrentFreshAttemptsIsFresh) {
  RowIn(v1::PLACEMENT_STATE_NOT_PLACED, "r1");
  std::vector<LedgerAnswer<Reserved>> answers(16);
  std::vector<std::thread> threads;
  for (LedgerAnswer<Reserved>& answer : answers) {
    threads.emplace_back(
        [this, &answer] { ledger().Reserve(SampleReservation("r1"), answer.Done()); });
  }
  for (std::thread& thread : threads) thread.join();
  int fresh = 0;
  for (LedgerAnswer<Reserved>& answer : answers) {
    const absl::StatusOr<Reserved> reserved = answer.Wait();
    ASSERT_TRUE(reserved.ok()) << reserved.status();
    fresh += reserved->outcome == ReserveOutcome::kFresh ? 1 : 0;
    EXPECT_EQ(reserved->row.placement->attempt(), 2);
  }
  EXPECT_EQ(fresh, 1);
}

TEST_P(LedgerContractTest, CallsOfOneThreadTakeEffectInOrder) {
  LedgerAnswer<Reserved> reserved;
  LedgerAnswer<std::optional<LedgerRow>> before;
  LedgerAnswer<std::optional<LedgerRow>> after;
  ledger().Find({"shop", "r1"}, before.Done());
  ledger().Reserve(SampleReservation("r1"), reserved.Done());
  ledger().Find({"shop", "r1"}, after.Done());
  EXPECT_FALSE(before.Wait()->has_value());
  EXPECT_EQ(reserved.Wait()->outcome, ReserveOutcome::kFresh);
  EXPECT_TRUE(after.Wait()->has_value());
}

TEST_P(LedgerContractTest, AnswersOnAThreadOfItsOwnAndMayBeCalledFromThere) {
  std::promise<std::thread::id> answered_on;
  LedgerAnswer<std::optional<LedgerRow>> second;
  ledger().Find({"shop", "r1"}, [&](absl::StatusOr<std::optional<LedgerRow>>) {
    answered_on.set_value(std::this_thread::get_id());
    ledger().Find({"shop", "r2"}, second.Done());
  });
  EXPECT_NE(answered_on.get_future().get(), std::this_thread::get_id());
  EXPECT_TRUE(second.Wait().ok());
}

TEST_P(LedgerContractTest, FingerprintKeyIsLongEnough) {
  EXPECT_GE(ledger().fingerprint_key().size(), 32);
}

INSTANTIATE_TEST_SUITE_P(Stores, LedgerContractTest, ::testing::ValuesIn(AllStores()), NameOfStore);

}  // namespace
}  // namespace order1688
