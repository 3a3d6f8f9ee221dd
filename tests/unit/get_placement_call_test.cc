#include "server/inbound/get_placement_call.h"

#include "common/shared_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/service_rig.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class GetPlacementCallTest : public testing::Test {
 protected:
  static v1::GetPlacementRequest Request(const std::string& request_id,
                                         const std::string& caller = "", bool raw = false) {
    v1::GetPlacementRequest request;
    request.set_request_id(request_id);
    request.set_caller(caller);
    request.set_include_raw_answer(raw);
    return request;
  }

  // A placed row of "auditor" with a raw answer.
  void PlaceAsAuditor(const std::string& request_id) {
    Reservation reservation = SampleReservation(request_id);
    reservation.key.caller = "auditor";
    const LedgerRow row = ReserveAndWait(rig_.rig.ledger, reservation)->row;
    ASSERT_TRUE(RecordAndWait(rig_.rig.ledger, SampleRecord(row, v1::PLACEMENT_STATE_PLACED)).ok());
  }

  ServiceRig rig_;
};

TEST_F(GetPlacementCallTest, ShowsTheCallersOwnPlacementWithoutItsRawAnswer) {
  rig_.Record("a-1", v1::PLACEMENT_STATE_PLACED);
  const auto answer = rig_.Get("shop", Request("a-1"));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.response.placement().state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(answer.response.raw_answer(), "");
  EXPECT_EQ(rig_.Get("shop", Request("a-1", "shop")).reason(), "");
}

TEST_F(GetPlacementCallTest, AnotherCallersPlacementNeedsThePermissionResolve) {
  rig_.Record("a-1", v1::PLACEMENT_STATE_PLACED);
  const auto refused = rig_.Get("rival", Request("a-1", "shop"));
  EXPECT_EQ(refused.reason(), "NOT_PERMITTED");
  EXPECT_EQ(refused.status.error_code(), grpc::PERMISSION_DENIED);
  EXPECT_EQ(rig_.Get("rival", Request("a-1")).reason(), "PLACEMENT_NOT_FOUND");
  const auto shown = rig_.Get("desk", Request("a-1", "shop"));
  ASSERT_TRUE(shown.status.ok()) << shown.status.error_message();
  EXPECT_EQ(shown.response.placement().caller(), "shop");
}

TEST_F(GetPlacementCallTest, TellsEveryWrongField) {
  EXPECT_THAT(rig_.Get("shop", Request("a b", "Shop!")).fields(),
              ElementsAre("request_id", "caller"));
}

TEST_F(GetPlacementCallTest, TheRawAnswerNeedsItsOwnPermissionAndIsLogged) {
  rig_.Record("a-1", v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(rig_.Get("shop", Request("a-1", "", true)).reason(), "NOT_PERMITTED");
  EXPECT_EQ(rig_.Get("desk", Request("a-1", "shop", true)).reason(), "NOT_PERMITTED");
  EXPECT_THAT(rig_.rig.log_text.str(), Not(HasSubstr("raw_answer_read")));
  PlaceAsAuditor("a-1");
  const auto answer = rig_.Get("auditor", Request("a-1", "", true));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.response.raw_answer(), "answer: answered");
  EXPECT_THAT(rig_.rig.log_text.str(), HasSubstr("raw_answer_read"));
  EXPECT_THAT(rig_.rig.log_text.str(), Not(HasSubstr("answer: answered")));
}

TEST_F(GetPlacementCallTest, EvidenceComesOldestFirst) {
  PlaceAsAuditor("a-1");
  for (const char* cause : {"first", "second"}) {
    PlacementRecord late =
        SampleRecord(*rig_.rig.ledger.row({"auditor", "a-1"}), v1::PLACEMENT_STATE_REJECTED, cause);
    late.fence = 99;
    ASSERT_TRUE(RecordAndWait(rig_.rig.ledger, late).ok());
  }
  const auto answer = rig_.Get("auditor", Request("a-1", "", true));
  ASSERT_EQ(answer.response.evidence_size(), 2);
  EXPECT_EQ(answer.response.evidence(0).raw_answer(), "answer: first");
  EXPECT_EQ(answer.response.evidence(0).reason(), "superseded");
  EXPECT_EQ(answer.response.evidence(0).placement().state(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_TRUE(answer.response.evidence(0).has_time());
  EXPECT_EQ(answer.response.evidence(1).raw_answer(), "answer: second");
}

TEST_F(GetPlacementCallTest, AnAnswerStaysBelowTheLimitOfAClientAndKeepsTheNewestEvidence) {
  PlaceAsAuditor("a-1");
  for (char name = 'a'; name < 'f'; ++name) {
    PlacementRecord late =
        SampleRecord(*rig_.rig.ledger.row({"auditor", "a-1"}), v1::PLACEMENT_STATE_REJECTED);
    late.fence = 99;
    late.raw_answer = SharedText(std::string(1 << 20, name));
    ASSERT_TRUE(RecordAndWait(rig_.rig.ledger, late).ok());
  }
  const auto answer = rig_.Get("auditor", Request("a-1", "", true));
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  ASSERT_EQ(answer.response.evidence_size(), 2);
  EXPECT_EQ(answer.response.evidence(0).raw_answer()[0], 'd');
  EXPECT_EQ(answer.response.evidence(1).raw_answer()[0], 'e');
}

TEST_F(GetPlacementCallTest, EvidenceWithoutARowIsNoPlacement) {
  PlacementRecord lost;
  lost.key = {"auditor", "a-1"};
  lost.fence = 1;
  lost.placement->set_state(v1::PLACEMENT_STATE_PLACED);
  ASSERT_TRUE(RecordAndWait(rig_.rig.ledger, lost).ok());
  EXPECT_EQ(rig_.Get("auditor", Request("a-1", "", true)).reason(), "PLACEMENT_NOT_FOUND");
}

TEST_F(GetPlacementCallTest, ALedgerThatIsAwayIsUnavailable) {
  PlaceAsAuditor("a-1");
  rig_.rig.ledger.FailNext(MemoryLedger::Method::kFind, MemoryLedger::Fault::kBeforeEffect);
  EXPECT_EQ(rig_.Get("auditor", Request("a-1")).reason(), "LEDGER_UNAVAILABLE");
  rig_.rig.ledger.FailNext(MemoryLedger::Method::kFindWhole, MemoryLedger::Fault::kBeforeEffect);
  EXPECT_EQ(rig_.Get("auditor", Request("a-1", "", true)).reason(), "LEDGER_UNAVAILABLE");
}

}  // namespace
}  // namespace order1688
