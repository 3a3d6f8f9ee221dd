// What operators do, on the real server with its real ledger in front of the sandbox gateway.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "order1688/v1/account_service.grpc.pb.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

using std::chrono::seconds;
using testing::SizeIs;

constexpr char kDeskToken[] = "desk-token-0123456789abcdef";

class OperatorTest : public testing::Test {
 protected:
  OperatorTest() : server_(TermsFor(sandbox_)) { server_.Start(); }

  static ServerTerms TermsFor(const SandboxProcess& sandbox) {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
    terms.more_lines = absl::StrCat(
        "callers { id: \"desk\" token_sha256: \"", TokenDigest(kDeskToken),
        "\" accounts: \"main\" permissions: READ permissions: RESOLVE permissions: READ_RAW }\n");
    return terms;
  }

  PlaceAnswer Place(const std::string& request_id) {
    return PlaceOrders(*server_.NewChannel(), kShopToken, SampleRequest(request_id));
  }
  // Places one that the gateway answers with a code that nobody knows.
  void PlaceWithUnknownCode(const std::string& request_id) {
    sandbox_.Plan(R"([{"id": "odd", "fault": {"kind": "envelope_code", "code": 599}}])");
    EXPECT_EQ(Place(request_id).error->reason, v1::ERROR_REASON_OUTCOME_IN_DOUBT);
    sandbox_.Plan("[]");
  }
  std::unique_ptr<v1::OrderService::Stub> Orders() {
    return v1::OrderService::NewStub(server_.NewChannel());
  }
  std::unique_ptr<v1::AccountService::Stub> Accounts() {
    return v1::AccountService::NewStub(server_.NewChannel());
  }
  grpc::Status Pause() {
    grpc::ClientContext context;
    Prepare(kDeskToken, seconds(60), &context);
    v1::PauseAccountRequest request;
    request.set_name("main");
    request.set_reason("stock-taking");
    v1::PauseAccountResponse response;
    return Accounts()->PauseAccount(&context, request, &response);
  }
  grpc::Status Resume() {
    grpc::ClientContext context;
    Prepare(kDeskToken, seconds(60), &context);
    v1::ResumeAccountRequest request;
    request.set_name("main");
    request.set_reason("done");
    v1::ResumeAccountResponse response;
    return Accounts()->ResumeAccount(&context, request, &response);
  }

  SandboxProcess sandbox_;
  ServerProcess server_;
};

TEST_F(OperatorTest, AVerdictIsTheStoredAnswerFromThenOn) {
  PlaceWithUnknownCode("a-1");
  grpc::ClientContext list_context;
  Prepare(kDeskToken, seconds(60), &list_context);
  v1::ListPlacementsRequest list;
  list.set_caller("-");
  list.add_states(v1::PLACEMENT_STATE_IN_DOUBT);
  v1::ListPlacementsResponse listed;
  ASSERT_TRUE(Orders()->ListPlacements(&list_context, list, &listed).ok());
  ASSERT_THAT(listed.placements(), SizeIs(1));
  EXPECT_EQ(listed.placements(0).request_id(), "a-1");

  grpc::ClientContext context;
  Prepare(kDeskToken, seconds(60), &context);
  v1::ResolvePlacementRequest verdict;
  verdict.set_caller("shop");
  verdict.set_request_id("a-1");
  verdict.set_verdict(v1::PLACEMENT_STATE_PLACED);
  verdict.add_order_ids("2540608320348880794");
  verdict.set_reason("seen on 1688");
  v1::ResolvePlacementResponse resolved;
  const grpc::Status status = Orders()->ResolvePlacement(&context, verdict, &resolved);
  ASSERT_TRUE(status.ok()) << status.error_message();
  server_.Stop();
  server_.Start();
  const PlaceAnswer again = Place("a-1");
  ASSERT_TRUE(again.status.ok()) << again.status.error_message();
  EXPECT_TRUE(again.response.replayed());
  EXPECT_EQ(again.response.placement().results(0).order().base_info().order_id(),
            "2540608320348880794");
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 1) << "nothing was sent again";
}

TEST_F(OperatorTest, ADeclaredCodeSettlesWhatWaitsOnItAndAWatchTells) {
  PlaceWithUnknownCode("a-1");
  grpc::ClientContext watch_context;
  Prepare(kShopToken, seconds(120), &watch_context);
  v1::WatchPlacementRequest request;
  request.set_request_id("a-1");
  auto watch = Orders()->WatchPlacement(&watch_context, request);
  v1::WatchPlacementResponse update;
  ASSERT_TRUE(watch->Read(&update));
  EXPECT_EQ(update.placement().state(), v1::PLACEMENT_STATE_IN_DOUBT);

  grpc::ClientContext context;
  Prepare(kDeskToken, seconds(60), &context);
  v1::DeclareRefusalCodeRequest declare;
  declare.set_name("main");
  declare.set_code("599");
  declare.set_reason("the vendor said so");
  v1::DeclareRefusalCodeResponse declared;
  const grpc::Status status = Accounts()->DeclareRefusalCode(&context, declare, &declared);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_TRUE(watch->Read(&update));
  EXPECT_EQ(update.placement().state(), v1::PLACEMENT_STATE_REJECTED);
  EXPECT_EQ(update.placement().settlement().source(), v1::SETTLEMENT_SOURCE_REFUSAL_CODE);
  EXPECT_FALSE(watch->Read(&update));
  EXPECT_TRUE(watch->Finish().ok());
}

TEST_F(OperatorTest, APauseOutlivesARestartAndNothingIsSentUntilItIsResumed) {
  ASSERT_TRUE(Pause().ok());
  server_.Stop();
  server_.Start();
  const PlaceAnswer refused = Place("a-1");
  ASSERT_TRUE(refused.error.has_value()) << refused.status.error_message();
  EXPECT_EQ(refused.error->reason, v1::ERROR_REASON_ACCOUNT_PAUSED);
  EXPECT_EQ(sandbox_.CountOf("requests_read_whole"), 0);
  ASSERT_TRUE(Resume().ok());
  EXPECT_TRUE(Place("a-1").status.ok());
}

TEST_F(OperatorTest, AWatchDoesNotHoldAServerThatStops) {
  PlaceWithUnknownCode("a-1");
  grpc::ClientContext context;
  Prepare(kShopToken, seconds(120), &context);
  v1::WatchPlacementRequest request;
  request.set_request_id("a-1");
  auto watch = Orders()->WatchPlacement(&context, request);
  v1::WatchPlacementResponse update;
  ASSERT_TRUE(watch->Read(&update));
  server_.Signal(SIGTERM);
  EXPECT_FALSE(watch->Read(&update));
  const std::optional<Error> error = FromGrpcStatus(watch->Finish());
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->reason, v1::ERROR_REASON_SHUTTING_DOWN);
  EXPECT_EQ(server_.Wait(), 0);
}

}  // namespace
}  // namespace order1688
