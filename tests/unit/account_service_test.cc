#include "server/inbound/account_service.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/service_rig.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class AccountServiceTest : public testing::Test {
 protected:
  CallAnswer<v1::GetAccountResponse> Get(const std::string& token,
                                         const std::string& name = "main") {
    v1::GetAccountRequest request;
    request.set_name(name);
    return rig_.Call(*rig_.accounts, &v1::AccountService::Stub::GetAccount, token, request);
  }
  CallAnswer<v1::PauseAccountResponse> Pause(const std::string& token,
                                             const std::string& name = "main",
                                             const std::string& reason = "CANARY stop") {
    v1::PauseAccountRequest request;
    request.set_name(name);
    request.set_reason(reason);
    return rig_.Call(*rig_.accounts, &v1::AccountService::Stub::PauseAccount, token, request);
  }
  CallAnswer<v1::ResumeAccountResponse> Resume() {
    v1::ResumeAccountRequest request;
    request.set_name("main");
    request.set_reason("looked at");
    return rig_.Call(*rig_.accounts, &v1::AccountService::Stub::ResumeAccount, "desk", request);
  }
  CallAnswer<v1::DeclareRefusalCodeResponse> Declare(const std::string& code,
                                                     const std::string& reason = "asked them") {
    v1::DeclareRefusalCodeRequest request;
    request.set_name("main");
    request.set_code(code);
    request.set_reason(reason);
    return rig_.Call(*rig_.accounts, &v1::AccountService::Stub::DeclareRefusalCode, "desk",
                     request);
  }

  ServiceRig rig_;
};

TEST_F(AccountServiceTest, ShowsAnAccountOfTheCaller) {
  const auto answer = Get("desk");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_EQ(answer.response.account().name(), "main");
  EXPECT_FALSE(answer.response.account().paused());
  EXPECT_THAT(answer.response.account().refusal_codes(), SizeIs(0));
}

TEST_F(AccountServiceTest, NeedsThePermissionResolveAndAnAccountOfTheCaller) {
  EXPECT_EQ(Get("shop").reason(), "NOT_PERMITTED");
  EXPECT_EQ(Pause("shop").reason(), "NOT_PERMITTED");
  for (const char* name : {"other", "gone"}) {
    const auto answer = Get("desk", name);
    EXPECT_EQ(answer.reason(), "ACCOUNT_NOT_FOUND") << name;
    EXPECT_EQ(answer.status.error_code(), grpc::NOT_FOUND);
  }
  EXPECT_FALSE(rig_.rig.placer->pauses()->Paused("main"));
}

TEST_F(AccountServiceTest, APauseIsObeyedAtOnceAndKeptWithWhoAndWhy) {
  const auto answer = Pause("desk");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_TRUE(answer.response.account().paused());
  EXPECT_EQ(answer.response.account().pause_reason(), "CANARY stop");
  EXPECT_TRUE(rig_.rig.placer->pauses()->Paused("main"));
  const std::vector<AccountChange> changes = rig_.rig.ledger.account_changes();
  ASSERT_THAT(changes, SizeIs(1));
  EXPECT_EQ(changes[0].actor, "desk");
  EXPECT_EQ(changes[0].reason, "CANARY stop");
  EXPECT_TRUE(Get("desk").response.account().paused());
  EXPECT_THAT(rig_.rig.log_text.str(), HasSubstr("\"change\":\"pause\""));
  EXPECT_THAT(rig_.rig.log_text.str(), Not(HasSubstr("CANARY")));
  const auto resumed = Resume();
  ASSERT_TRUE(resumed.status.ok());
  EXPECT_FALSE(resumed.response.account().paused());
  EXPECT_FALSE(rig_.rig.placer->pauses()->Paused("main"));
}

TEST_F(AccountServiceTest, ADeclaredCodeIsARefusalAtOnce) {
  const auto answer = Declare("500_009");
  ASSERT_TRUE(answer.status.ok()) << answer.status.error_message();
  EXPECT_THAT(answer.response.account().refusal_codes(), ElementsAre("500_009"));
  EXPECT_EQ(rig_.times_codes_grew, 1);
  EXPECT_THAT(Declare("400_1").response.account().refusal_codes(), ElementsAre("400_1", "500_009"));
  EXPECT_THAT(Get("desk").response.account().refusal_codes(), ElementsAre("400_1", "500_009"));
  const v1::OrderBatch batch = SampleRequest("a-1").batch();
  EXPECT_EQ(rig_.rig.gateway->Judge(batch, AnsweredWithCode("500_009")).outcome->state(),
            v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(rig_.rig.gateway->Judge(batch, AnsweredWithCode("500_010")).outcome->state(),
            v1::PLACEMENT_STATE_IN_DOUBT);
}

TEST_F(AccountServiceTest, TellsEveryWrongField) {
  EXPECT_THAT(Pause("desk", "", "").fields(), ElementsAre("name", "reason"));
  for (const std::string& code : {std::string(), std::string("a b"), std::string(65, 'x'),
                                  std::string("200"), std::string("401"), std::string("429")}) {
    EXPECT_THAT(Declare(code, "").fields(), ElementsAre("code", "reason")) << code;
  }
  EXPECT_THAT(rig_.rig.ledger.account_changes(), SizeIs(0));
}

TEST_F(AccountServiceTest, ALedgerThatIsAwayIsUnavailableAndChangesNothing) {
  rig_.rig.ledger.FailNext(MemoryLedger::Method::kFindAccount, MemoryLedger::Fault::kBeforeEffect);
  EXPECT_EQ(Get("desk").reason(), "LEDGER_UNAVAILABLE");
  rig_.rig.ledger.FailNext(MemoryLedger::Method::kChangeAccount,
                           MemoryLedger::Fault::kBeforeEffect);
  EXPECT_EQ(Pause("desk").reason(), "LEDGER_UNAVAILABLE");
  EXPECT_FALSE(rig_.rig.placer->pauses()->Paused("main"));
}

TEST_F(AccountServiceTest, ItsCallsAreCountedAndLoggedUnderItsOwnName) {
  ASSERT_TRUE(Get("desk").status.ok());
  EXPECT_THAT(rig_.rig.log_text.str(), HasSubstr("order1688.v1.AccountService/GetAccount"));
  EXPECT_EQ(rig_.rig.Metric("grpc_server_handled_total{grpc_code=\"OK\",grpc_method=\"GetAccount\","
                            "grpc_service=\"order1688.v1.AccountService\",grpc_type=\"unary\"}"),
            1);
}

}  // namespace
}  // namespace order1688
