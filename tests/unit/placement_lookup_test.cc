#include "server/placement/placement_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "server/ledger/row_transition.h"
#include "tests/support/placement_rig.h"

namespace order1688 {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kSeller[] = "BBBgGWh2O6JFI6v1aQuZVgRIA";
constexpr char kSpec[] = "e61a85a671bb3d0301d0412b51641c6b";
constexpr char kControlId[] = "2540608320348880794";  // of the sample answer
constexpr char kLostId[] = "2540608320348991234";

std::string OrderJson(const std::string& id, absl::Time created,
                      const std::string& seller = kSeller, const std::string& spec = kSpec,
                      const std::string& quantity = "1") {
  return absl::StrCat(
      R"({"productItems":[{"specId":")", spec, R"(","quantity":)", quantity,
      R"(}],"baseInfo":{"idOfStr":")", id, R"(","createTime":")",
      absl::FormatTime("%Y-%m-%dT%H:%M:%S+00:00", created, absl::UTCTimeZone()),
      R"("},"nativeLogistics":{"contactPerson":"li","mobile":"13800000001"},"sellerOpenId":")",
      seller, "\"}");
}

class PlacementLookupTest : public testing::Test {
 protected:
  PlacementLookupTest() {
    OrderListTerms terms;
    terms.path = "/v2/alibaba/order/page";
    terms.body_template =
        R"({"page":{{page}},"size":{{page_size}},"from":"{{created_after}}","to":"{{created_before}}"})";
    terms.least_interval = absl::Seconds(1);
    list_ = *OrderList::Create(TestAccount(), terms, list_transport_, rig_.clock);
    StartLookup();
  }
  ~PlacementLookupTest() override { lookup_->Stop(); }

  void StartLookup() {
    lookup_ = std::make_shared<PlacementLookup>(
        "main", PlacementLookup::Parts{*list_, rig_.ledger, rig_.timer, rig_.clock, rig_.metrics,
                                       rig_.log});
    lookup_->Start();
  }

  // A placement whose answer never came.
  void Lose(const std::string& request_id) {
    rig_.Place(request_id);
    ASSERT_TRUE(rig_.transport.OpenGate());
    rig_.transport.Fail("no_answer");
    rig_.ledger.RunPending();
    ASSERT_EQ(rig_.row(request_id).state(), v1::PLACEMENT_STATE_IN_DOUBT);
  }

  // Another placement that owns an order of the list.
  void PlaceControl() {
    rig_.Place("control");
    rig_.Deliver(Answered(SampleAnswer()));
    ASSERT_EQ(rig_.row("control").state(), v1::PLACEMENT_STATE_PLACED);
    listed_.push_back(OrderJson(kControlId, rig_.clock.Now()));
  }

  // Another placement that knows its order only by the rounded number.
  void PlaceRounded() {
    const std::string exact = absl::StrCat("\"", kControlId, "\"");
    ASSERT_THAT(SampleAnswer(), HasSubstr(exact));
    rig_.Place("rounded");
    rig_.Deliver(Answered(absl::StrReplaceAll(SampleAnswer(), {{exact, "null"}})));
    ASSERT_EQ(rig_.row("rounded").state(), v1::PLACEMENT_STATE_PLACED);
    ASSERT_TRUE(rig_.row("rounded").results(0).order_id_inexact());
  }

  // The same again, with an order id of its own, as the only order of the list.
  void PlaceControlNumber(const std::string& name) {
    const std::string id = absl::StrCat("25406083203499", 10000 + ++controls_);
    rig_.Place(absl::StrCat("control-of-", name));
    rig_.Deliver(Answered(absl::StrReplaceAll(SampleAnswer(), {{kControlId, id}})));
    listed_ = {OrderJson(id, rig_.clock.Now())};
  }

  HttpResult Page() const {
    HttpResult page = Answered(absl::StrCat(R"({"code":200,"data":{"totalRecord":)",
                                            total_.value_or(static_cast<int>(listed_.size())),
                                            R"(,"result":[)", absl::StrJoin(listed_, ","), "]}}"));
    if (skew_.has_value()) {
      page.date = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", rig_.clock.Now() + *skew_,
                                   absl::UTCTimeZone());
    }
    return page;
  }

  // Time passes, and the gateway answers every question at once.
  void Run(absl::Duration duration) {
    const absl::Duration end = rig_.clock.SinceBoot() + duration;
    while (rig_.clock.SinceBoot() < end) {
      rig_.Pass(absl::Milliseconds(500));
      while (list_transport_.unanswered() > 0) {
        list_transport_.Deliver(Page());
        rig_.ledger.RunPending();
      }
    }
  }
  // Until just before this time after the signature of `request_id`.
  void RunUntil(const std::string& request_id, absl::Duration after_signature) {
    Run(TimeOf(rig_.row(request_id).sign_time()) + after_signature - rig_.clock.Now());
  }

  // Until so many lookups found nothing in a way that counts; at most an hour.
  void RunUntilAbsent(int lookups) {
    for (int i = 0; i < 3600 && Lookups("absent") < lookups; ++i) Run(absl::Seconds(1));
    ASSERT_EQ(Lookups("absent"), lookups);
  }

  v1::PlacementState StateOf(const std::string& request_id) const {
    return rig_.row(request_id).state();
  }
  double Lookups(const std::string& result) const {
    return rig_.Metric(
        absl::StrCat("order1688_lookups_total{account=\"main\",result=\"", result, "\"}"));
  }

  PlacementRig rig_;
  std::unique_ptr<OrderList> list_;
  FakeTransport list_transport_;
  std::shared_ptr<PlacementLookup> lookup_;
  std::vector<std::string> listed_;
  int controls_ = 0;
  std::optional<int> total_;                                   // instead of the true one
  std::optional<absl::Duration> skew_ = absl::ZeroDuration();  // of Date; nullopt: none
};

TEST_F(PlacementLookupTest, SettlesAPlacementByTheOneOrderThatFits) {
  Lose("lost");
  listed_ = {OrderJson(kLostId, rig_.clock.Now() + absl::Seconds(1))};
  Run(absl::Seconds(6));
  const v1::Placement row = rig_.row("lost");
  EXPECT_EQ(row.state(), v1::PLACEMENT_STATE_PLACED);
  ASSERT_EQ(row.results_size(), 1);
  EXPECT_EQ(row.results(0).order().base_info().order_id(), kLostId);
  EXPECT_EQ(row.settlement().source(), v1::SETTLEMENT_SOURCE_LOOKUP);
  EXPECT_EQ(row.cause(), "lookup");
  EXPECT_EQ(Lookups("placed"), 1);
  EXPECT_EQ(rig_.transport.requests().size(), 1U) << "it sends no order";
  PlaceOutcomePtr again = rig_.Place("lost");
  EXPECT_TRUE(again->ok()) << "the same request_id gets the settled answer";
  EXPECT_THAT(rig_.log_text.str(),
              AllOf(HasSubstr("\"result\":\"placed\""), Not(HasSubstr("13800000001")),
                    Not(HasSubstr("xxxxxxx")), Not(HasSubstr("canary-secret"))));
}

TEST_F(PlacementLookupTest, AsksForTheTimeAroundTheSignatureWhateverOurClockSays) {
  Lose("lost");
  rig_.clock.SetNow(rig_.clock.Now() - absl::Hours(2));
  rig_.Pass(absl::Seconds(5));
  ASSERT_EQ(list_transport_.requests().size(), 0U) << "the ledger's clock went back too";
  rig_.clock.SetNow(rig_.clock.Now() + absl::Hours(2));
  rig_.Pass(absl::Seconds(5));
  ASSERT_EQ(list_transport_.requests().size(), 1U);
  // Signed at 2026-01-02 03:04:05 UTC.
  EXPECT_EQ(
      list_transport_.requests()[0].body,
      R"({"page":1,"size":20,"from":"20260102103405000+0800","to":"20260102113405000+0800"})");
}

TEST_F(PlacementLookupTest, NotPlacedNeedsTwoLookupsWithAControlAfterTheSignatureHasEnded) {
  PlaceControl();
  Lose("lost");
  RunUntil("lost", absl::Seconds(720 + 299));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(Lookups("absent"), 1);
  EXPECT_GT(Lookups("too_early"), 0);
  RunUntil("lost", absl::Seconds(720 + 301 + 60));
  const v1::Placement row = rig_.row("lost");
  EXPECT_EQ(row.state(), v1::PLACEMENT_STATE_NOT_PLACED);
  EXPECT_EQ(row.evidence(), v1::NOT_PLACED_EVIDENCE_LOOKUP);
  EXPECT_EQ(row.settlement().reason(), "two complete order lists lack it")
      << "no order of another caller in it";
  EXPECT_EQ(rig_.transport.requests().size(), 2U) << "it sends no order";
  rig_.Place("lost");
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_SENDING) << "the caller may try again";
}

TEST_F(PlacementLookupTest, AWrongAndThereforeEmptyListProvesNothing) {
  PlaceControl();
  listed_.clear();
  Lose("lost");
  Run(absl::Hours(3));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_GT(Lookups("no_control"), 5);
  EXPECT_EQ(Lookups("absent"), 0);
  EXPECT_EQ(rig_.Alarms("lookup_undecided"), 1);
}

TEST_F(PlacementLookupTest, AnOrderThatAnotherPlacementKnowsByItsRoundedIdIsNotGivenAway) {
  PlaceRounded();
  Lose("lost");
  listed_ = {OrderJson(kControlId, rig_.clock.Now())};
  Run(absl::Hours(1));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  ASSERT_EQ(rig_.row("lost").candidates_size(), 1);
  EXPECT_EQ(rig_.row("lost").candidates(0).order_id(), kControlId);
}

TEST_F(PlacementLookupTest, ARoundedIdIsNoControl) {
  PlaceRounded();
  Lose("lost");
  listed_ = {OrderJson(kControlId, rig_.clock.Now(), "other-form")};
  Run(absl::Hours(1));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_GT(Lookups("no_control"), 1);
  EXPECT_EQ(Lookups("control_unlike"), 0);
}

TEST_F(PlacementLookupTest, AListThatWritesItsOrdersInAnotherFormProvesNothing) {
  PlaceControl();
  Lose("lost");
  const absl::Time signed_at = TimeOf(rig_.row("lost").sign_time());
  // Both orders are there: under another form of the seller, and eight hours off.
  listed_ = {OrderJson(kControlId, signed_at, "other-form"),
             OrderJson(kLostId, signed_at, "other-form")};
  RunUntil("lost", absl::Minutes(40));
  listed_ = {OrderJson(kControlId, signed_at + absl::Hours(8)),
             OrderJson(kLostId, signed_at + absl::Hours(8))};
  Run(absl::Hours(3));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(Lookups("absent"), 0);
  EXPECT_GT(Lookups("control_unlike"), 5);
  EXPECT_GT(rig_.Alarms("lookup_control_unlike"), 5);
}

TEST_F(PlacementLookupTest, AControlFromAnotherTimeIsNone) {
  PlaceControl();
  rig_.Pass(absl::Minutes(31));
  Lose("lost");
  Run(absl::Hours(2));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(PlacementLookupTest, TheGatewaysClockDecidesWhenTheSignatureHasEnded) {
  skew_ = -absl::Seconds(500);
  PlaceControl();
  Lose("lost");
  RunUntil("lost", absl::Seconds(720 + 500 + 299));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  RunUntil("lost", absl::Hours(1));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_NOT_PLACED);
}

TEST_F(PlacementLookupTest, WithoutABelievableDateOurClockMustBePast1320Seconds) {
  for (const std::optional<absl::Duration>& skew :
       {std::optional<absl::Duration>(), std::optional<absl::Duration>(absl::Hours(1))}) {
    skew_ = skew;
    const std::string id = skew.has_value() ? "wrong-date" : "no-date";
    PlaceControlNumber(id);
    Lose(id);
    RunUntil(id, absl::Seconds(1320 + 299));
    EXPECT_EQ(StateOf(id), v1::PLACEMENT_STATE_IN_DOUBT) << id;
    RunUntil(id, absl::Hours(1));
    EXPECT_EQ(StateOf(id), v1::PLACEMENT_STATE_NOT_PLACED) << id;
  }
}

TEST_F(PlacementLookupTest, AJumpOfOurClockDoesNotMakeTheTwoLookupsApart) {
  PlaceControl();
  Lose("lost");
  RunUntil("lost", absl::Seconds(722));
  RunUntilAbsent(1);
  rig_.clock.SetNow(rig_.clock.Now() + absl::Minutes(6));
  skew_ = -absl::Minutes(6);
  Run(absl::Seconds(20));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT) << "the gateway's clock says 20 s";
  Run(absl::Minutes(20));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_NOT_PLACED);
}

TEST_F(PlacementLookupTest, AnEarlierLookupCountsOnlyForItsAttemptItsLinesAndAfterFiveMinutes) {
  struct Case {
    const char* name;
    absl::Duration begun;  // before the second lookup, or after the signature if negative
    int line;
    v1::PlacementState state;
  };
  skew_ = std::nullopt;
  for (const Case& earlier :
       {Case{"fits", absl::Seconds(301), 0, v1::PLACEMENT_STATE_NOT_PLACED},
        Case{"too-near", absl::Seconds(290), 0, v1::PLACEMENT_STATE_IN_DOUBT},
        Case{"other-line", absl::Seconds(301), 1, v1::PLACEMENT_STATE_IN_DOUBT},
        Case{"other-attempt", absl::Minutes(40), 0, v1::PLACEMENT_STATE_IN_DOUBT}}) {
    lookup_->Stop();
    PlaceControlNumber(earlier.name);
    Lose(earlier.name);
    rig_.Pass(absl::Minutes(30));
    wire::v1::LookupProgress progress;
    wire::v1::EmptyLookup* empty = progress.add_empty_lookups();
    empty->mutable_begin_time()->set_seconds(absl::ToUnixSeconds(rig_.clock.Now() - earlier.begun));
    empty->add_absent_lines(earlier.line);
    const PlacementKey key = {"shop", earlier.name};
    rig_.ledger.NoteLookup(
        {key, rig_.ledger.row(key)->fence, progress.SerializeAsString(), {}, absl::ZeroDuration()},
        [](auto) {});
    rig_.ledger.RunPending();
    StartLookup();
    Run(absl::Seconds(6));
    EXPECT_EQ(StateOf(earlier.name), earlier.state) << earlier.name;
  }
}

TEST_F(PlacementLookupTest, ACandidateInBetweenForgetsTheFirstEmptyLookup) {
  PlaceControl();
  Lose("lost");
  const absl::Time signed_at = TimeOf(rig_.row("lost").sign_time());
  RunUntil("lost", absl::Seconds(722));
  RunUntilAbsent(1);
  // Half of what was asked for.
  listed_.push_back(OrderJson(kLostId, signed_at, kSeller, kSpec, "0.5"));
  Run(absl::Minutes(6));
  EXPECT_EQ(Lookups("candidates"), 1);
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  ASSERT_EQ(rig_.row("lost").candidates_size(), 1);
  EXPECT_EQ(rig_.row("lost").candidates(0).order_id(), kLostId);
  listed_.pop_back();
  RunUntilAbsent(2);
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT) << "the count begins anew";
  EXPECT_EQ(rig_.row("lost").candidates_size(), 0);
}

TEST_F(PlacementLookupTest, TwoTwinsAndOneOrderAreNeverSettled) {
  PlaceControl();
  Lose("twin-1");
  Lose("twin-2");
  listed_.push_back(OrderJson(kLostId, rig_.clock.Now()));
  Run(absl::Hours(3));
  for (const char* twin : {"twin-1", "twin-2"}) {
    EXPECT_EQ(StateOf(twin), v1::PLACEMENT_STATE_IN_DOUBT);
    ASSERT_EQ(rig_.row(twin).candidates_size(), 1);
    EXPECT_EQ(rig_.row(twin).candidates(0).order_id(), kLostId);
  }
  EXPECT_EQ(rig_.transport.requests().size(), 3U);
}

TEST_F(PlacementLookupTest, AListThatLacksOrdersProvesNothing) {
  PlaceControl();
  total_ = 2;
  Lose("lost");
  Run(absl::Hours(2));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_GT(Lookups("incomplete"), 3);
  EXPECT_EQ(Lookups("absent"), 0);
}

TEST_F(PlacementLookupTest, FailuresAreTriedAgainLaterAndAlarmInARow) {
  Lose("lost");
  std::vector<absl::Duration> times;
  for (int i = 0; i < 6; ++i) {
    while (list_transport_.unanswered() == 0) rig_.Pass(absl::Seconds(1));
    times.push_back(rig_.clock.SinceBoot());
    list_transport_.Deliver(Answered("<html>", 502));
    rig_.ledger.RunPending();
  }
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(Lookups("failed"), 6);
  EXPECT_EQ(rig_.Alarms("lookup_failing"), 1);
  EXPECT_GE(times[1] - times[0], absl::Seconds(10));
  EXPECT_GE(times[4] - times[3], absl::Minutes(5));
  EXPECT_LE(times[5] - times[4], absl::Minutes(10) + absl::Seconds(10));
}

TEST_F(PlacementLookupTest, TheOwnLateAnswerWins) {
  rig_.Place("late");
  ASSERT_TRUE(rig_.transport.OpenGate());
  rig_.Pass(absl::Seconds(91));
  rig_.ledger.ExpireLeases([](auto) {});
  rig_.ledger.RunPending();
  ASSERT_EQ(StateOf("late"), v1::PLACEMENT_STATE_IN_DOUBT);
  rig_.Pass(absl::Seconds(5));
  ASSERT_EQ(list_transport_.unanswered(), 1U);
  listed_ = {OrderJson(kLostId, rig_.clock.Now())};
  list_transport_.Deliver(Page());                   // the lookup asks for neighbours
  rig_.transport.Deliver(Answered(SampleAnswer()));  // the answer is recorded before it settles
  rig_.ledger.RunPending();
  rig_.Pass(absl::Milliseconds(50));
  EXPECT_EQ(StateOf("late"), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(rig_.row("late").results(0).order().base_info().order_id(), kControlId);
  EXPECT_EQ(Lookups("changed"), 1);
}

TEST_F(PlacementLookupTest, AnOrderThatGetsAnOwnerJustThenIsLeftAlone) {
  Lose("lost");
  PlaceCommand other = rig_.Command("other");
  other.request->mutable_batch()->mutable_cargo_lines(0)->set_seller_open_id("seller-z");
  other.wire = other.request->SerializeAsString();
  rig_.Place(std::move(other));
  rig_.Pass(absl::Seconds(5));
  ASSERT_EQ(list_transport_.unanswered(), 1U);
  listed_ = {OrderJson(kLostId, rig_.clock.Now())};
  list_transport_.Deliver(Page());
  rig_.transport.Deliver(Answered(
      absl::StrReplaceAll(SampleAnswer(), {{kControlId, kLostId}, {kSeller, "seller-z"}})));
  rig_.ledger.RunPending();
  rig_.Pass(absl::Milliseconds(50));
  ASSERT_EQ(StateOf("other"), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(rig_.Alarms("lookup_order_owned"), 1);
}

TEST_F(PlacementLookupTest, SomeSellersFoundAndOthersAbsentIsPartlyPlaced) {
  PlaceControl();
  PlaceCommand command = rig_.Command("both");
  AddSeller("seller-b", "b1", command.request.get());
  command.wire = command.request->SerializeAsString();
  rig_.Place(std::move(command));
  ASSERT_TRUE(rig_.transport.OpenGate());
  rig_.transport.Fail("no_answer");
  rig_.ledger.RunPending();
  listed_.push_back(OrderJson(kLostId, rig_.clock.Now(), "seller-b", "b1", "2"));
  RunUntil("both", absl::Seconds(720 + 299));
  EXPECT_EQ(StateOf("both"), v1::PLACEMENT_STATE_IN_DOUBT);
  EXPECT_EQ(rig_.row("both").candidates_size(), 1) << "what is found is shown at once";
  RunUntil("both", absl::Seconds(720 + 400));
  const v1::Placement row = rig_.row("both");
  EXPECT_EQ(row.state(), v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  ASSERT_EQ(row.results_size(), 2);
  EXPECT_EQ(row.results(0).order().base_info().order_id(), kLostId);
  EXPECT_THAT(row.results(0).cargo_indexes(), ElementsAre(1));
  EXPECT_EQ(row.results(1).outcome(), v1::ORDER_OUTCOME_REFUSED);
  EXPECT_THAT(row.results(1).cargo_indexes(), ElementsAre(0));
  EXPECT_EQ(row.results(1).error().code(), "");
  EXPECT_EQ(row.results(1).error().message(), "no order was found by two complete lookups");
}

TEST_F(PlacementLookupTest, PagesAreReadOneAfterTheOtherWithTheLeastIntervalBetween) {
  Lose("lost");
  total_ = 2;
  rig_.Pass(absl::Milliseconds(3100));
  ASSERT_EQ(list_transport_.unanswered(), 1U);
  listed_ = {OrderJson("1001", rig_.clock.Now(), "seller-x")};
  list_transport_.Deliver(Page());
  rig_.ledger.RunPending();
  rig_.Pass(absl::Milliseconds(100));
  EXPECT_EQ(list_transport_.unanswered(), 0U);
  rig_.Pass(absl::Seconds(1));
  ASSERT_EQ(list_transport_.unanswered(), 1U);
  EXPECT_THAT(list_transport_.requests().back().body, HasSubstr("\"page\":2,"));
  listed_ = {OrderJson(kLostId, rig_.clock.Now())};
  list_transport_.Deliver(Page());
  rig_.ledger.RunPending();
  rig_.Pass(absl::Milliseconds(50));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_PLACED);
}

TEST_F(PlacementLookupTest, ALedgerThatFailsOnlyDelaysIt) {
  Lose("lost");
  listed_ = {OrderJson(kLostId, rig_.clock.Now())};
  using Method = MemoryLedger::Method;
  rig_.ledger.FailNext(Method::kTakeLookups, MemoryLedger::Fault::kBeforeEffect);
  rig_.ledger.FailNext(Method::kFindNeighbours, MemoryLedger::Fault::kBeforeEffect);
  rig_.ledger.FailNext(Method::kSettle, MemoryLedger::Fault::kBeforeEffect);
  Run(absl::Minutes(6));
  EXPECT_EQ(rig_.ledger.faults_hit(), 3U);
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_PLACED);
}

TEST_F(PlacementLookupTest, AfterStopNothingIsAskedAnyMore) {
  Lose("lost");
  rig_.Pass(absl::Seconds(5));
  ASSERT_EQ(list_transport_.unanswered(), 1U);
  lookup_->Stop();
  list_transport_.Deliver(Page());
  EXPECT_EQ(rig_.ledger.RunPending(), 0U);
  rig_.Pass(absl::Minutes(10));
  EXPECT_EQ(list_transport_.requests().size(), 1U);
  StartLookup();
  listed_ = {OrderJson(kLostId, TimeOf(rig_.row("lost").sign_time()))};
  Run(absl::Minutes(1));
  EXPECT_EQ(StateOf("lost"), v1::PLACEMENT_STATE_PLACED) << "its lease has ended";
}

TEST_F(PlacementLookupTest, AsksNothingButTheOrderList) {
  Lose("lost");
  Run(absl::Hours(1));
  for (const HttpRequest& request : list_transport_.requests()) {
    EXPECT_TRUE(absl::EndsWith(request.url, "/v2/alibaba/order/page")) << request.url;
  }
  EXPECT_EQ(list_transport_.sent().size(), list_transport_.requests().size());
  EXPECT_GT(list_transport_.sent().size(), 3U);
}

}  // namespace
}  // namespace order1688
