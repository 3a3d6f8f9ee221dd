#include "server/inbound/list_placements_call.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/inbound/placement_page_token.h"
#include "server/ledger/row_transition.h"
#include "tests/support/service_rig.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class ListPlacementsCallTest : public testing::Test {
 protected:
  // Puts a row there; each one changed a second after the one before.
  void Put(const std::string& caller, const std::string& request_id,
           v1::PlacementState state = v1::PLACEMENT_STATE_PLACED, size_t bytes = 0) {
    LedgerRow row;
    row.fence = 1;
    row.placement->set_caller(caller);
    row.placement->set_request_id(request_id);
    row.placement->set_state(state);
    row.placement->mutable_update_time()->set_seconds(++seconds_);
    row.placement->set_reference(std::string(bytes, 'x'));
    rig_.rig.ledger.SetRow({caller, request_id}, row);
  }

  // The ids of every page, following the tokens.
  std::vector<std::string> FollowPages(const std::string& token, v1::ListPlacementsRequest request,
                                       int* pages = nullptr) {
    std::vector<std::string> ids;
    do {
      const auto answer = rig_.List(token, request);
      EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
      if (!answer.status.ok()) break;
      for (const v1::Placement& placement : answer.response.placements()) {
        ids.push_back(placement.request_id());
      }
      request.set_page_token(answer.response.next_page_token());
      if (pages != nullptr) ++*pages;
    } while (!request.page_token().empty());
    return ids;
  }

  ServiceRig rig_;
  int64_t seconds_ = 1000;
};

TEST_F(ListPlacementsCallTest, PagesHoldEveryPlacementOfTheCallerOnceInOrder) {
  std::vector<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    Put("shop", absl::StrCat("a-", i));
    Put("rival", absl::StrCat("b-", i));
    expected.push_back(absl::StrCat("a-", i));
  }
  v1::ListPlacementsRequest request;
  request.set_page_size(3);
  int pages = 0;
  EXPECT_EQ(FollowPages("shop", request, &pages), expected);
  EXPECT_EQ(pages, 3);
  request.set_page_size(7);
  EXPECT_EQ(rig_.List("shop", request).response.next_page_token(), "")
      << "a full page that is the last one has no next";
}

TEST_F(ListPlacementsCallTest, AnEmptyAnswerIsNoError) {
  const auto answer = rig_.List("shop", {});
  EXPECT_TRUE(answer.status.ok());
  EXPECT_THAT(answer.response.placements(), IsEmpty());
}

TEST_F(ListPlacementsCallTest, FiftyIsTheDefaultAndAThousandTheMost) {
  for (int i = 0; i < 120; ++i) Put("shop", absl::StrCat("a-", i));
  EXPECT_THAT(rig_.List("shop", {}).response.placements(), SizeIs(50));
  v1::ListPlacementsRequest request;
  request.set_page_size(1000);
  EXPECT_THAT(rig_.List("shop", request).response.placements(), SizeIs(120));
}

TEST_F(ListPlacementsCallTest, ChoosesByStateAndTime) {
  Put("shop", "a-1", v1::PLACEMENT_STATE_IN_DOUBT);
  Put("shop", "a-2", v1::PLACEMENT_STATE_PLACED);
  Put("shop", "a-3", v1::PLACEMENT_STATE_IN_DOUBT);
  Put("shop", "a-4", v1::PLACEMENT_STATE_SENDING);
  v1::ListPlacementsRequest request;
  request.add_states(v1::PLACEMENT_STATE_IN_DOUBT);
  request.add_states(v1::PLACEMENT_STATE_SENDING);
  EXPECT_THAT(FollowPages("shop", request), ElementsAre("a-1", "a-3", "a-4"));
  request.mutable_update_time_after()->set_seconds(1003);
  EXPECT_THAT(FollowPages("shop", request), ElementsAre("a-4")) << "later, not at";
}

TEST_F(ListPlacementsCallTest, OtherCallersNeedThePermissionResolve) {
  Put("shop", "a-1");
  Put("rival", "b-1");
  v1::ListPlacementsRequest request;
  for (const char* caller : {"shop", "-"}) {
    request.set_caller(caller);
    EXPECT_EQ(rig_.List("rival", request).reason(), "NOT_PERMITTED") << caller;
  }
  request.set_caller("rival");
  EXPECT_THAT(FollowPages("rival", request), ElementsAre("b-1")) << "its own name is no other";
  request.set_caller("-");
  EXPECT_THAT(FollowPages("desk", request), ElementsAre("a-1", "b-1"));
  request.set_caller("shop");
  EXPECT_THAT(FollowPages("desk", request), ElementsAre("a-1"));
}

TEST_F(ListPlacementsCallTest, TellsEveryWrongField) {
  v1::ListPlacementsRequest request;
  request.add_states(v1::PLACEMENT_STATE_PLACED);
  request.add_states(v1::PLACEMENT_STATE_UNSPECIFIED);
  request.add_states(static_cast<v1::PlacementState>(99));
  request.mutable_update_time_after()->set_nanos(-1);
  request.set_page_size(1001);
  request.set_page_token("!");
  request.set_caller("A");
  EXPECT_THAT(rig_.List("shop", request).fields(),
              UnorderedElementsAre("states[1]", "states[2]", "update_time_after", "page_size",
                                   "page_token", "caller"));
  request = {};
  request.set_page_size(-1);
  EXPECT_THAT(rig_.List("shop", request).fields(), ElementsAre("page_size"));
}

TEST_F(ListPlacementsCallTest, ATokenBelongsToItsQuestion) {
  for (int i = 0; i < 3; ++i) Put("shop", absl::StrCat("a-", i));
  v1::ListPlacementsRequest request;
  request.set_page_size(1);
  request.add_states(v1::PLACEMENT_STATE_PLACED);
  request.add_states(v1::PLACEMENT_STATE_REJECTED);
  const std::string token = rig_.List("shop", request).response.next_page_token();
  request.set_page_token(token);
  request.set_page_size(2);
  request.clear_states();
  request.add_states(v1::PLACEMENT_STATE_REJECTED);
  request.add_states(v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(rig_.List("shop", request).reason(), "") << "size and order are no question";
  EXPECT_THAT(rig_.List("rival", request).fields(), ElementsAre("page_token"));
  v1::ListPlacementsRequest other = request;
  other.mutable_update_time_after()->set_seconds(1);
  EXPECT_THAT(rig_.List("shop", other).fields(), ElementsAre("page_token"));
  other = request;
  other.mutable_states()->RemoveLast();
  EXPECT_THAT(rig_.List("shop", other).fields(), ElementsAre("page_token"));
}

TEST_F(ListPlacementsCallTest, APageStaysBelowTheLimitOfAClient) {
  std::vector<std::string> expected;
  for (int i = 0; i < 7; ++i) {
    Put("shop", absl::StrCat("a-", i), v1::PLACEMENT_STATE_PLACED, 1 << 20);
    expected.push_back(absl::StrCat("a-", i));
  }
  int pages = 0;
  EXPECT_EQ(FollowPages("shop", {}, &pages), expected);
  EXPECT_EQ(pages, 4);
}

TEST_F(ListPlacementsCallTest, ALedgerThatIsAwayIsUnavailable) {
  rig_.rig.ledger.FailNext(MemoryLedger::Method::kList, MemoryLedger::Fault::kBeforeEffect);
  EXPECT_EQ(rig_.List("shop", {}).reason(), "LEDGER_UNAVAILABLE");
}

TEST(PlacementPageTokenTest, SurvivesTheWayAndNothingElseIsOne) {
  const PlacementPosition last{1767323045000001, "shop", "a-1"};
  const std::string token = PageTokenOf(last, 42);
  EXPECT_EQ(ReadPageToken(token, 42), last);
  EXPECT_FALSE(ReadPageToken(token, 43).has_value());
  EXPECT_FALSE(ReadPageToken(token.substr(0, 9), 42).has_value());
  EXPECT_FALSE(ReadPageToken("", 42).has_value());
  EXPECT_FALSE(ReadPageToken(std::string(1000, 'A'), 42).has_value());
}

}  // namespace
}  // namespace order1688
