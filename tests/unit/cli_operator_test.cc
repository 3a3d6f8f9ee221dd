// The commands that read and settle what is there: get --raw, list, watch, resolve, account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/cli/cli.h"
#include "google/protobuf/util/json_util.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/fake_order_service.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

struct Result {
  int code = -1;
  std::string out;
  std::string err;
};

class CliOperatorTest : public testing::Test {
 protected:
  Result Run(std::vector<std::string> arguments) {
    std::istringstream in(input_);
    std::ostringstream out;
    std::ostringstream err;
    CliIo io{in, out, err};
    io.in_is_terminal = in_is_terminal_;
    io.sleep = [](absl::Duration) {};
    io.environment = [this](const char* name) {
      return std::string(name) == "ORDER1688_TOKEN"  ? "canary-token"
             : std::string(name) == "XDG_STATE_HOME" ? folder_.File("state")
                                                     : "";
    };
    arguments.insert(arguments.begin(),
                     {"order1688", "--plaintext", "--server", server_.address()});
    const ExitCode code = RunCli(arguments, io);
    EXPECT_THAT(out.str() + err.str(), Not(HasSubstr("canary")));
    return {static_cast<int>(code), out.str(), err.str()};
  }

  static v1::Placement Placement(const std::string& request_id, v1::PlacementState state,
                                 int64_t changed = 1767323045) {
    v1::Placement placement;
    placement.set_request_id(request_id);
    placement.set_caller("shop");
    placement.set_account("main");
    placement.set_gateway_host("gateway.test");
    placement.set_environment(v1::ENVIRONMENT_SANDBOX);
    placement.set_state(state);
    placement.set_attempt(2);
    placement.set_cause("no_answer");
    placement.mutable_update_time()->set_seconds(changed);
    return placement;
  }
  void ShowInDoubt() {
    server_.service.SetPlacement(grpc::Status::OK, Placement("a-1", v1::PLACEMENT_STATE_IN_DOUBT));
  }
  static grpc::Status Failed(v1::ErrorReason reason) {
    return ToGrpcStatus(MakeError(reason, "told to", "a-1"));
  }
  std::vector<std::string> Resolve(std::vector<std::string> more) {
    std::vector<std::string> all = {"resolve", "a-1", "--reason", "seen on 1688"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  FakeOrderServer server_;
  TempFolder folder_;
  std::string input_;
  bool in_is_terminal_ = false;
};

TEST_F(CliOperatorTest, GetRawPrintsTheBytesAndNothingElse) {
  server_.service.SetPlacement(grpc::Status::OK, Placement("a-1", v1::PLACEMENT_STATE_PLACED));
  const Result result = Run({"get", "a-1", "--raw", "--caller", "shop"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "raw \n bytes");
  EXPECT_THAT(result.err, HasSubstr("SANDBOX"));
  ASSERT_THAT(server_.service.get_requests(), SizeIs(1));
  EXPECT_TRUE(server_.service.get_requests()[0].include_raw_answer());
  EXPECT_EQ(server_.service.get_requests()[0].caller(), "shop");
}

TEST_F(CliOperatorTest, GetShowsWhoSettledItAndWhatMayBeItsOrders) {
  v1::Placement placement = Placement("a-1", v1::PLACEMENT_STATE_IN_DOUBT);
  placement.add_candidates()->set_order_id("2540608320348880794");
  placement.mutable_settlement()->set_source(v1::SETTLEMENT_SOURCE_PERSON);
  placement.mutable_settlement()->set_actor("desk");
  placement.mutable_settlement()->set_reason("seen \x1b[2J");
  placement.set_possible_duplicate_of("a-0");
  server_.service.SetPlacement(grpc::Status::OK, placement);
  const Result result = Run({"get", "a-1"});
  EXPECT_THAT(result.out, HasSubstr("candidate: order 2540608320348880794 · seller not known"));
  EXPECT_THAT(result.out, HasSubstr("settled by person desk at "));
  EXPECT_THAT(result.out, HasSubstr("possible duplicate of a-0\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));
}

TEST_F(CliOperatorTest, ListFollowsThePagesAndShowsOneTable) {
  server_.service.largest_page = 2;
  server_.service.SetListed({Placement("a-1", v1::PLACEMENT_STATE_IN_DOUBT),
                             Placement("a-2", v1::PLACEMENT_STATE_PLACED),
                             Placement("a-3", v1::PLACEMENT_STATE_PLACED)});
  const Result result = Run({"list"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out,
            "REQUEST ID  CALLER  ACCOUNT  STATE     CAUSE      ORDERS  CHANGED                  "
            "REFERENCE\n"
            "a-1         shop    main     IN_DOUBT  no_answer  -       2026-01-02 03:04:05 UTC\n"
            "a-2         shop    main     PLACED    no_answer  -       2026-01-02 03:04:05 UTC\n"
            "a-3         shop    main     PLACED    no_answer  -       2026-01-02 03:04:05 UTC\n");
  EXPECT_THAT(result.err, HasSubstr("3 placements"));
  EXPECT_THAT(server_.service.list_requests(), SizeIs(2));
}

TEST_F(CliOperatorTest, ListOfNothingIsNoTable) {
  const Result result = Run({"list"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("0 placements"));
}

TEST_F(CliOperatorTest, ListAsksWhatItIsTold) {
  Run({"list", "--in-doubt", "--state", "placed", "--state", "CLOSED", "--since",
       "2026-01-02T03:04:05.5Z", "--caller", "-", "--limit", "7"});
  ASSERT_THAT(server_.service.list_requests(), SizeIs(1));
  const v1::ListPlacementsRequest request = server_.service.list_requests()[0];
  EXPECT_THAT(request.states(),
              ElementsAre(v1::PLACEMENT_STATE_IN_DOUBT, v1::PLACEMENT_STATE_PLACED,
                          v1::PLACEMENT_STATE_CLOSED));
  EXPECT_EQ(request.update_time_after().seconds(), 1767323045);
  EXPECT_EQ(request.update_time_after().nanos(), 500000000);
  EXPECT_EQ(request.caller(), "-");
  EXPECT_EQ(request.page_size(), 7);
  Run({"list", "--since", "36h"});
  EXPECT_TRUE(server_.service.list_requests()[1].has_update_time_after());
}

TEST_F(CliOperatorTest, ListStopsAtTheLimit) {
  server_.service.largest_page = 2;
  server_.service.SetListed(
      {Placement("a-1", v1::PLACEMENT_STATE_PLACED), Placement("a-2", v1::PLACEMENT_STATE_PLACED),
       Placement("a-3", v1::PLACEMENT_STATE_PLACED), Placement("a-4", v1::PLACEMENT_STATE_PLACED)});
  const Result result = Run({"list", "--limit", "3"});
  EXPECT_THAT(result.out, HasSubstr("a-3"));
  EXPECT_THAT(result.out, Not(HasSubstr("a-4")));
}

TEST_F(CliOperatorTest, ListAsJsonIsALineForEachPage) {
  server_.service.largest_page = 2;
  server_.service.SetListed({Placement("a-1", v1::PLACEMENT_STATE_PLACED),
                             Placement("a-2", v1::PLACEMENT_STATE_PLACED),
                             Placement("a-3", v1::PLACEMENT_STATE_PLACED)});
  std::istringstream lines(Run({"--json", "list"}).out);
  std::string line;
  std::vector<int> sizes;
  while (std::getline(lines, line)) {
    v1::ListPlacementsResponse page;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(line, &page).ok()) << line;
    sizes.push_back(page.placements_size());
  }
  EXPECT_THAT(sizes, ElementsAre(2, 1));
}

TEST_F(CliOperatorTest, WrongOptionsAreOneAndAskNothing) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"list", "--state", "NONSENSE"},
           {"list", "--since", "yesterday"},
           {"list", "--limit", "0"},
           {"watch"},
           {"resolve", "a-1", "--placed", "1"},
           Resolve({"--yes"}),
           Resolve({"--yes", "--closed", "--not-placed"}),
           {"account"},
           {"account", "main", "--pause"},
           {"account", "main", "--reason", "r"},
           {"account", "main", "--pause", "--resume", "--reason", "r"}}) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 1) << testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_THAT(server_.service.list_requests(), IsEmpty());
  EXPECT_THAT(server_.service.resolve_requests(), IsEmpty());
  EXPECT_THAT(server_.accounts.asked, IsEmpty());
}

TEST_F(CliOperatorTest, AFailedListSaysSo) {
  server_.service.SetListed({}, Failed(v1::ERROR_REASON_NOT_PERMITTED));
  EXPECT_EQ(Run({"list", "--caller", "-"}).code, 5);
}

TEST_F(CliOperatorTest, WatchShowsEachChangeAndItsCodeIsTheLastState) {
  server_.service.ThenStream({Placement("a-1", v1::PLACEMENT_STATE_SENDING, 1),
                              Placement("a-1", v1::PLACEMENT_STATE_IN_DOUBT, 2),
                              Placement("a-1", v1::PLACEMENT_STATE_PARTIALLY_PLACED, 3)});
  const Result result = Run({"watch", "a-1"});
  EXPECT_EQ(result.code, 7) << result.err;
  EXPECT_THAT(result.out, testing::ContainsRegex("SENDING.*\n.*IN_DOUBT.*\n.*PARTIALLY_PLACED"));
  const Result json = Run({"--json", "watch", "a-1"});
  EXPECT_EQ(std::count(json.out.begin(), json.out.end(), '\n'), 3) << json.out;
}

TEST_F(CliOperatorTest, ABrokenWatchGoesOnWithoutRepeatingItself) {
  server_.service.ThenStream({Placement("a-1", v1::PLACEMENT_STATE_SENDING, 1)},
                             grpc::Status(grpc::UNAVAILABLE, "reset"));
  server_.service.ThenStream({Placement("a-1", v1::PLACEMENT_STATE_SENDING, 1)},
                             Failed(v1::ERROR_REASON_SHUTTING_DOWN));
  server_.service.ThenStream({Placement("a-1", v1::PLACEMENT_STATE_SENDING, 1),
                              Placement("a-1", v1::PLACEMENT_STATE_PLACED, 2)});
  const Result result = Run({"--json", "watch", "a-1"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2) << result.out;
}

TEST_F(CliOperatorTest, AWatchThatLearnsNothingEnds) {
  server_.service.ThenStream({}, grpc::Status(grpc::UNAVAILABLE, "reset"));
  EXPECT_EQ(Run({"watch", "a-1"}).code, 4);
  server_.service.ThenStream({}, Failed(v1::ERROR_REASON_PLACEMENT_NOT_FOUND));
  EXPECT_EQ(Run({"watch", "a-1"}).code, 3);
}

TEST_F(CliOperatorTest, ResolveRecordsTheVerdictOnTheAttemptThatItShows) {
  ShowInDoubt();
  const Result result = Run(Resolve({"--placed", "11", "22", "--caller", "shop", "--yes"}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("IN_DOUBT"));
  EXPECT_THAT(result.out, HasSubstr("PLACED"));
  ASSERT_THAT(server_.service.resolve_requests(), SizeIs(1));
  const v1::ResolvePlacementRequest request = server_.service.resolve_requests()[0];
  EXPECT_EQ(request.request_id(), "a-1");
  EXPECT_EQ(request.caller(), "shop");
  EXPECT_EQ(request.verdict(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_THAT(request.order_ids(), ElementsAre("11", "22"));
  EXPECT_EQ(request.reason(), "seen on 1688");
  EXPECT_EQ(request.attempt(), 2);
  EXPECT_EQ(server_.service.get_requests()[0].caller(), "shop");
  Run(Resolve({"--not-placed", "--yes"}));
  EXPECT_EQ(server_.service.resolve_requests()[1].verdict(), v1::PLACEMENT_STATE_NOT_PLACED);
  Run(Resolve({"--closed", "--yes"}));
  EXPECT_EQ(server_.service.resolve_requests()[2].verdict(), v1::PLACEMENT_STATE_CLOSED);
}

TEST_F(CliOperatorTest, ResolveAsksOnATerminalAndChangesNothingUnlessConfirmed) {
  ShowInDoubt();
  in_is_terminal_ = true;
  for (const char* wrong : {"", "yes\n", "a-2\n"}) {
    input_ = wrong;
    const Result refused = Run(Resolve({"--not-placed"}));
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, HasSubstr("AGAIN"));
    EXPECT_THAT(refused.err, HasSubstr("nothing was changed"));
  }
  EXPECT_THAT(server_.service.resolve_requests(), IsEmpty());
  input_ = "a-1\n";
  EXPECT_EQ(Run(Resolve({"--not-placed"})).code, 0);
  EXPECT_THAT(server_.service.resolve_requests(), SizeIs(1));
}

TEST_F(CliOperatorTest, ResolveWithoutATerminalNeedsYes) {
  ShowInDoubt();
  input_ = "a-1\n";
  const Result result = Run(Resolve({"--not-placed"}));
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("--yes"));
  EXPECT_THAT(server_.service.resolve_requests(), IsEmpty());
}

TEST_F(CliOperatorTest, ARefusedVerdictIsNotTriedAgain) {
  ShowInDoubt();
  const std::map<v1::ErrorReason, int> codes = {{v1::ERROR_REASON_TOO_EARLY, 2},
                                                {v1::ERROR_REASON_NOT_IN_DOUBT, 2},
                                                {v1::ERROR_REASON_ORDER_OWNED, 2},
                                                {v1::ERROR_REASON_PLACEMENT_CHANGED, 2},
                                                {v1::ERROR_REASON_NOT_PERMITTED, 5}};
  size_t tries = 0;
  for (const auto& [reason, code] : codes) {
    server_.service.SetResolveStatus(Failed(reason));
    const Result result = Run(Resolve({"--not-placed", "--yes"}));
    EXPECT_EQ(result.code, code) << NameOf(reason);
    EXPECT_THAT(result.err, HasSubstr(NameOf(reason)));
    EXPECT_THAT(server_.service.resolve_requests(), SizeIs(++tries)) << NameOf(reason);
  }
  server_.service.SetResolveStatus(Failed(v1::ERROR_REASON_LEDGER_UNAVAILABLE));
  EXPECT_EQ(Run(Resolve({"--not-placed", "--yes"})).code, 4) << "it may have been recorded";
}

TEST_F(CliOperatorTest, AccountShowsAndChanges) {
  server_.accounts.account.set_name("main");
  EXPECT_EQ(Run({"account", "main"}).out, "account main · sending\n");
  EXPECT_EQ(Run({"account", "main", "--refusal-code", "500_009", "--reason", "asked"}).out,
            "account main · sending\nrefusal code 500_009\n");
  EXPECT_EQ(Run({"account", "main", "--pause", "--reason", "stock-taking"}).out,
            "account main · PAUSED, nothing is sent: stock-taking\nrefusal code 500_009\n");
  EXPECT_THAT(Run({"--json", "account", "main", "--resume", "--reason", "done"}).out,
              HasSubstr("{\"account\":{\"name\":\"main\""));
  EXPECT_THAT(server_.accounts.asked,
              ElementsAre("get main", "refusal 500_009", "pause stock-taking", "resume done"));
}

TEST_F(CliOperatorTest, AnUnknownAccountIsThree) {
  server_.accounts.status = Failed(v1::ERROR_REASON_ACCOUNT_NOT_FOUND);
  EXPECT_EQ(Run({"account", "other"}).code, 3);
}

}  // namespace
}  // namespace order1688
