#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/cli/cli.h"
#include "client/cli/connection.h"
#include "google/protobuf/util/json_util.h"
#include "rapidjson/document.h"
#include "tests/support/loopback_port.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/fake_order_service.h"

namespace order1688 {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kToken[] = "secret-canary-token";

struct Result {
  int code = -1;
  std::string out;
  std::string err;
};

class CliCommandTest : public testing::Test {
 protected:
  CliCommandTest() {
    environment_ = {{"ORDER1688_TOKEN", kToken}, {"XDG_STATE_HOME", folder_.File("state")}};
  }

  // Every output of every test is searched for the token.
  Result RunRaw(std::vector<std::string> arguments) {
    std::istringstream in(input_);
    std::ostringstream out;
    std::ostringstream err;
    CliIo io{in, out, one_terminal_ ? out : err};
    io.err_is_terminal = err_is_terminal_;
    io.out_is_terminal = out_is_terminal_;
    io.sleep = [](absl::Duration) {};
    io.environment = [this](const char* name) { return environment_[name]; };
    arguments.insert(arguments.begin(), "order1688");
    if (out_is_broken_) out.setstate(std::ios::badbit);
    const ExitCode code = RunCli(arguments, io);
    EXPECT_THAT(out.str() + err.str(), Not(HasSubstr("canary")));
    return {static_cast<int>(code), out.str(), err.str()};
  }

  Result Run(const std::vector<std::string>& arguments) {
    return RunAt(server_.address(), arguments);
  }

  Result RunAt(const std::string& server, const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"--plaintext", "--server", server};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return RunRaw(all);
  }

  // Where nobody listens.
  std::string RefusingServer() const { return absl::StrCat("127.0.0.1:", refuses_.number()); }

  std::string File(const std::string& name, int quantity = 1) {
    std::ofstream(folder_.File(name)) << R"({"flow": "general", "cargoParamList": [{"quantity": )"
                                      << quantity << R"(, "sellerOpenId": "BBB"}]})";
    return folder_.File(name);
  }

  std::vector<std::string> SentIds() const {
    std::vector<std::string> ids;
    for (const auto& request : server_.service.requests()) ids.push_back(request.request_id());
    return ids;
  }

  const LoopbackPort refuses_;
  FakeOrderServer server_;
  TempFolder folder_;
  std::map<std::string, std::string> environment_;
  std::string input_;
  bool out_is_terminal_ = false;
  bool err_is_terminal_ = false;
  bool one_terminal_ = false;  // both streams are `out`
  bool out_is_broken_ = false;
};

TEST_F(CliCommandTest, PlacesAndShowsTheOrderAsATable) {
  server_.service.ThenPlace();
  const Result result = Run(
      {"place", File("a.json"), "--request-id", "id-1", "--account", "main", "--reference", "r"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(
      result.out,
      absl::StrCat(
          "server ", server_.address(),
          " · account main · gateway gateway.test · SANDBOX\n"
          "request id id-1 · PLACED\n"
          "ORDER ID             SELLER  OUTCOME  STATUS        LINES      TOTAL  GOODS\n"
          "2540608320348880791  BBB     placed   waitbuyerpay  0      23.00 CNY  新款女包\n"));
  EXPECT_THAT(result.err, HasSubstr("does not pay it"));
  const auto requests = server_.service.requests();
  ASSERT_THAT(requests, SizeIs(1));
  EXPECT_EQ(requests[0].account(), "main");
  EXPECT_EQ(requests[0].reference(), "r");
  EXPECT_FALSE(requests[0].validate_only());
}

struct CodeCase {
  v1::ErrorReason reason;
  int code;
};

class PlaceExitCodeTest : public CliCommandTest, public testing::WithParamInterface<CodeCase> {};

TEST_P(PlaceExitCodeTest, BelongsToTheReasonAndSaysWhere) {
  server_.service.ThenFail(GetParam().reason);
  const Result result = Run({"place", File("a.json"), "--request-id", "id-1"});
  EXPECT_EQ(result.code, GetParam().code) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr(NameOf(GetParam().reason)));
  EXPECT_THAT(result.err,
              HasSubstr(absl::StrCat("server ", server_.address(),
                                     " · account main · gateway gateway.test · SANDBOX")));
}

INSTANTIATE_TEST_SUITE_P(Reasons, PlaceExitCodeTest,
                         testing::Values(CodeCase{v1::ERROR_REASON_INVALID_REQUEST, 2},
                                         CodeCase{v1::ERROR_REASON_GATEWAY_REJECTED, 2},
                                         CodeCase{v1::ERROR_REASON_GATEWAY_UNREACHABLE, 3},
                                         CodeCase{v1::ERROR_REASON_RATE_LIMITED, 3},
                                         CodeCase{v1::ERROR_REASON_OUTCOME_IN_DOUBT, 4},
                                         CodeCase{v1::ERROR_REASON_UNKNOWN_CALLER, 5},
                                         CodeCase{v1::ERROR_REASON_NOT_PERMITTED, 5},
                                         CodeCase{v1::ERROR_REASON_PLACEMENT_IN_PROGRESS, 8},
                                         CodeCase{v1::ERROR_REASON_REQUEST_ID_REUSED, 9},
                                         CodeCase{v1::ERROR_REASON_PLACEMENT_CLOSED, 2}),
                         [](const auto& param) { return NameOf(param.param.reason); });

TEST_F(CliCommandTest, PartlyPlacedIsSeven) {
  server_.service.ThenPlace(v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  EXPECT_EQ(Run({"place", File("a.json"), "--request-id", "id-1"}).code, 7);
}

TEST_F(CliCommandTest, AnErrorWithoutErrorInfoIsFourAndPrintsTheCommandToAskAgain) {
  server_.service.ThenFail(grpc::Status(grpc::UNAVAILABLE, "gone \x1b[2J"));
  const std::string file = File("my order.json");
  const Result result = Run({"place", file, "--request-id", "id-1"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.err, HasSubstr(absl::StrCat(
                              "\n  order1688 --server=", server_.address(),
                              " --plaintext --timeout=60 place --request-id=id-1 '", file, "'\n")));
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));
}

TEST_F(CliCommandTest, NoServerIsSixAndUsesNoId) {
  const Result result = RunAt(RefusingServer(), {"place", File("a.json")});
  EXPECT_EQ(result.code, 6) << result.err;
  EXPECT_THAT(result.err, HasSubstr("Nothing was sent"));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("state")));
}

TEST_F(CliCommandTest, NoTokenIsFive) {
  environment_["ORDER1688_TOKEN"] = "";
  EXPECT_EQ(Run({"place", File("a.json"), "--request-id", "id-1"}).code, 5);
  EXPECT_THAT(SentIds(), SizeIs(0));
}

TEST_F(CliCommandTest, TheTokenMayComeFromAFile) {
  environment_["ORDER1688_TOKEN"] = "other";
  std::ofstream(folder_.File("token")) << "file-canary\n";
  chmod(folder_.File("token").c_str(), 0600);
  server_.service.ThenPlace();
  EXPECT_EQ(
      Run({"--token-file", folder_.File("token"), "place", File("a.json"), "--request-id", "id-1"})
          .code,
      0);
  EXPECT_THAT(server_.service.authorizations(), testing::ElementsAre("Bearer file-canary"));
}

TEST_F(CliCommandTest, UsageIsOne) {
  const std::string file = File("a.json");
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {},
           {"place"},
           {"nonsense"},
           {"place", file, "--request-id", "a b"},
           {"place", file, "--request-id", ""},
           {"place", file, "--request-id="},
           {"place", file, "--request-id-prefix", ""},
           {"place", file, "--timeout", "0"},
           {"place", folder_.File("none.json"), "--request-id", "x"},
           {"place", file, file, "--request-id", "x"},
           {"place", file, File("b.json", 2)},
           {"--ca", file, "place", file, "--request-id", "x"},
           {"get"},
       }) {
    const Result result = Run(arguments);
    EXPECT_EQ(result.code, 1) << testing::PrintToString(arguments) << result.err;
    EXPECT_EQ(result.out, "");
  }
  EXPECT_THAT(SentIds(), SizeIs(0));
}

TEST_F(CliCommandTest, AWrongFileIsNamedAndNothingIsSent) {
  std::ofstream(folder_.File("bad.json")) << "{\n\"flow\": \"general\",\n\"flw\": 1}";
  const std::string good = File("a.json");
  const Result result = Run({"place", good, folder_.File("bad.json"), folder_.File("none.json"),
                             "--request-id-prefix", "p"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("bad.json: line 3, byte 26: unknown field flw\n"));
  EXPECT_THAT(result.err, HasSubstr("none.json: No such file"));
  EXPECT_THAT(SentIds(), SizeIs(0));
}

TEST_F(CliCommandTest, HelpAndVersionAreDataAndZero) {
  const Result help = RunRaw({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, HasSubstr("Exit codes:"));
  EXPECT_THAT(help.out, HasSubstr("Examples:"));
  EXPECT_THAT(RunRaw({"--version"}).out, StartsWith("order1688 "));
}

TEST_F(CliCommandTest, AMadeIdIsSavedAndPrintedBeforeItIsSent) {
  std::vector<std::string> saved;
  server_.service.Then([&](const v1::PlaceOrdersRequest& request, v1::PlaceOrdersResponse*) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.File("state/order1688"))) {
      if (entry.path().extension() != ".json") continue;
      std::stringstream content;
      content << std::ifstream(entry.path()).rdbuf();
      saved.push_back(content.str());
    }
    return ToGrpcStatus(MakeError(v1::ERROR_REASON_OUTCOME_IN_DOUBT, "?", request.request_id()));
  });
  const Result result = Run({"place", File("a.json")});
  EXPECT_EQ(result.code, 4);
  ASSERT_THAT(SentIds(), SizeIs(1));
  ASSERT_THAT(saved, SizeIs(1));
  EXPECT_THAT(saved[0], HasSubstr(SentIds()[0]));
  EXPECT_THAT(saved[0], HasSubstr("unsettled"));
  EXPECT_THAT(result.err, StartsWith(absl::StrCat("request id ", SentIds()[0], " (new, saved)\n")));
}

TEST_F(CliCommandTest, AnUnsettledFileIsTheSamePurchaseUntilItIsSettled) {
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  server_.service.ThenPlace();
  const std::string file = File("a.json");
  EXPECT_EQ(Run({"place", file}).code, 4);
  EXPECT_EQ(Run({"place", file}).code, 0);
  const Result third = Run({"place", file});
  EXPECT_EQ(third.code, 0);
  const std::vector<std::string> ids = SentIds();
  ASSERT_THAT(ids, SizeIs(3));
  EXPECT_EQ(ids[0], ids[1]);
  EXPECT_NE(ids[1], ids[2]);
  EXPECT_THAT(third.err,
              HasSubstr(absl::StrCat("a NEW purchase; the same content was settled before under ",
                                     ids[0])));
}

TEST_F(CliCommandTest, AWrongTokenDoesNotSettleAnEarlierUnknownOutcome) {
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  server_.service.ThenFail(v1::ERROR_REASON_UNKNOWN_CALLER);
  server_.service.ThenPlace();
  const std::string file = File("a.json");
  EXPECT_EQ(Run({"place", file}).code, 4);
  EXPECT_EQ(Run({"place", file}).code, 4);
  EXPECT_EQ(Run({"place", file}).code, 0);
  EXPECT_EQ(SentIds()[0], SentIds()[2]);
}

TEST_F(CliCommandTest, AnExplicitSavedIdSettlesTheSavedOne) {
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  server_.service.ThenPlace();
  const std::string file = File("a.json");
  Run({"place", file});
  EXPECT_EQ(Run({"place", file, "--request-id", SentIds()[0]}).code, 0);
  EXPECT_THAT(Run({"place", file}).err, HasSubstr("NEW purchase"));
}

TEST_F(CliCommandTest, GetSettlesASavedId) {
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  server_.service.ThenPlace();
  const std::string file = File("a.json");
  Run({"place", file});
  v1::PlaceOrdersRequest request;
  request.set_request_id(SentIds()[0]);
  server_.service.SetPlacement(grpc::Status::OK,
                               FakeOrderService::Placement(request, v1::PLACEMENT_STATE_PLACED));
  EXPECT_EQ(Run({"get", SentIds()[0]}).code, 0);
  EXPECT_THAT(Run({"place", file}).err, HasSubstr("NEW purchase"));
}

TEST_F(CliCommandTest, APartlyPlacedFileIsNotBoughtAgain) {
  server_.service.ThenPlace(v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  const std::string file = File("a.json");
  EXPECT_EQ(Run({"place", file}).code, 7);
  EXPECT_EQ(Run({"place", file}).code, 7);
  EXPECT_EQ(SentIds()[0], SentIds()[1]);
}

TEST_F(CliCommandTest, AnAnswerThatCouldNotBeWrittenIsNotSettled) {
  server_.service.ThenPlace();
  const std::string file = File("a.json");
  out_is_broken_ = true;
  Run({"place", file});
  out_is_broken_ = false;
  Run({"place", file});
  EXPECT_EQ(SentIds()[0], SentIds()[1]);
}

TEST_F(CliCommandTest, WithoutAStateDirectoryNothingIsSent) {
  std::ofstream(folder_.File("state")) << "a file in the way";
  const Result result = Run({"place", File("a.json")});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("--request-id"));
  EXPECT_THAT(SentIds(), SizeIs(0));
}

TEST_F(CliCommandTest, AChangedFileIsRefusedWhileTheOldOneIsUnknown) {
  server_.service.ThenFail(grpc::Status(grpc::UNAVAILABLE, "gone"));
  EXPECT_EQ(Run({"place", File("a.json", 1)}).code, 4);
  const size_t sent = SentIds().size();
  const Result result = Run({"place", File("a.json", 2)});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              HasSubstr("has changed since it was sent under request id " + SentIds()[0]));
  EXPECT_THAT(SentIds(), SizeIs(sent));
}

TEST_F(CliCommandTest, ReadsStandardInput) {
  server_.service.ThenPlace();
  input_ = R"({"requestId": "from-file", "batch": {"cargoParamList": [{"quantity": 1}]}})";
  EXPECT_EQ(Run({"place", "-"}).code, 0);
  EXPECT_EQ(SentIds()[0], "from-file");
}

TEST_F(CliCommandTest, AnOptionThatContradictsTheFileIsRefused) {
  input_ =
      R"({"requestId": "from-file", "account": "a", "batch": {"cargoParamList": [{"quantity": 1}]}})";
  EXPECT_EQ(Run({"place", "-", "--request-id", "other"}).code, 1);
  EXPECT_EQ(Run({"place", "-", "--account", "b"}).code, 1);
  EXPECT_THAT(SentIds(), SizeIs(0));
}

TEST_F(CliCommandTest, ValidateOnlyPrintsTheBodyAndSavesNothing) {
  server_.service.Then(
      [](const v1::PlaceOrdersRequest& request, v1::PlaceOrdersResponse* response) {
        EXPECT_TRUE(request.validate_only());
        response->set_request_body(R"({"flow":"general"})");
        response->add_warnings("address looks short");
        response->mutable_placement()->set_account("main");
        response->mutable_placement()->set_environment(v1::ENVIRONMENT_REAL);
        return grpc::Status::OK;
      });
  const Result result = Run({"place", "--validate-only", File("a.json")});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, "{\"flow\":\"general\"}\n");
  EXPECT_THAT(result.err, HasSubstr("warning: address looks short"));
  EXPECT_THAT(result.err, HasSubstr("REAL"));
  EXPECT_FALSE(std::filesystem::exists(folder_.File("state")));
}

TEST_F(CliCommandTest, AFailedValidateOnlyNeverClaimsThatAnOrderMayExist) {
  server_.service.ThenFail(grpc::Status(grpc::UNAVAILABLE, "gone"));
  const Result result = Run({"place", "--validate-only", File("a.json")});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.err, Not(HasSubstr("MAY exist")));
}

TEST_F(CliCommandTest, JsonIsTheResponseMessage) {
  server_.service.ThenPlace();
  const Result result = Run({"--json", "place", File("a.json"), "--request-id", "id-1"});
  v1::PlaceOrdersResponse response;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(result.out, &response).ok())
      << result.out;
  EXPECT_EQ(response.placement().results(0).order().base_info().order_id(), "2540608320348880791");
  EXPECT_THAT(result.err, HasSubstr("SANDBOX"));
}

TEST_F(CliCommandTest, JsonOfAnErrorTellsWhatAScriptNeeds) {
  Error error = MakeError(v1::ERROR_REASON_INVALID_REQUEST, "two fields", "id-1");
  error.violations = {{"batch.flow", "is required"}};
  error.total_violations = 1;
  error.metadata["account"] = "main";
  server_.service.ThenFail(ToGrpcStatus(error));
  const Result result = Run({"place", "--json", File("a.json"), "--request-id", "id-1"});
  rapidjson::Document json;
  json.Parse(result.out.c_str());
  ASSERT_FALSE(json.HasParseError()) << result.out;
  const auto& told = json["error"];
  EXPECT_STREQ(told["code"].GetString(), "INVALID_ARGUMENT");
  EXPECT_STREQ(told["reason"].GetString(), "INVALID_REQUEST");
  EXPECT_STREQ(told["requestId"].GetString(), "id-1");
  EXPECT_STREQ(told["next"].GetString(), "NEW_ID_AFTER_FIX");
  EXPECT_STREQ(told["metadata"]["account"].GetString(), "main");
  EXPECT_STREQ(told["violations"][0]["field"].GetString(), "batch.flow");
  EXPECT_TRUE(told["outcomeKnown"].GetBool());
  EXPECT_FALSE(told["orderMayExist"].GetBool());
  EXPECT_EQ(told["exitCode"].GetInt(), 2);
}

TEST_F(CliCommandTest, SeveralFilesGoUnderStableIdsAndTheWorstDecides) {
  const std::string a = File("a.json", 1);
  const std::string b = File("b.json", 2);
  const std::string c = File("c.json", 3);
  server_.service.ThenPlace();
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  server_.service.ThenPlace(v1::PLACEMENT_STATE_PARTIALLY_PLACED);
  server_.service.ThenPlace();
  const Result result = Run({"place", a, b, c, "--request-id-prefix", "day"});
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_THAT(result.out, HasSubstr("FILE"));
  EXPECT_THAT(result.out, HasSubstr("partly placed"));
  EXPECT_THAT(result.err, HasSubstr("2/3 " + b + ": unknown\n"));
  EXPECT_THAT(result.err, Not(HasSubstr("\x1b")));
  EXPECT_THAT(result.err, HasSubstr("place --request-id=" + SentIds()[1] + " " + b));
  Run({"place", c, b, a, "--request-id-prefix", "day"});
  const std::vector<std::string> ids = SentIds();
  ASSERT_THAT(ids, SizeIs(6));
  EXPECT_THAT(ids[0], StartsWith("day-"));
  EXPECT_EQ(ids[0], ids[5]);
  EXPECT_EQ(ids[1], ids[4]);
  EXPECT_EQ(ids[2], ids[3]);
}

TEST_F(CliCommandTest, SeveralFilesWithEqualContentAreRefused) {
  const Result result =
      Run({"place", File("a.json"), File("b.json"), "--request-id-prefix", "day"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("same content as"));
  EXPECT_THAT(SentIds(), SizeIs(0));
}

TEST_F(CliCommandTest, SeveralFilesAreJsonLines) {
  server_.service.ThenPlace();
  server_.service.ThenFail(v1::ERROR_REASON_GATEWAY_REJECTED);
  const Result result =
      Run({"--json", "place", File("a.json", 1), File("b.json", 2), "--request-id-prefix", "day"});
  EXPECT_EQ(result.code, 2);
  std::istringstream lines(result.out);
  std::string line;
  std::vector<int> codes;
  while (std::getline(lines, line)) {
    rapidjson::Document json;
    json.Parse(line.c_str());
    ASSERT_FALSE(json.HasParseError()) << line;
    codes.push_back(json["exitCode"].GetInt());
    EXPECT_EQ(json.HasMember("response"), codes.back() == 0);
    EXPECT_EQ(json.HasMember("error"), codes.back() != 0);
  }
  EXPECT_THAT(codes, testing::ElementsAre(0, 2));
}

TEST_F(CliCommandTest, AWrongTokenStopsTheFilesThatAreLeft) {
  server_.service.ThenFail(v1::ERROR_REASON_UNKNOWN_CALLER);
  EXPECT_EQ(Run({"place", File("a.json", 1), File("b.json", 2), "--request-id-prefix", "day"}).code,
            5);
  EXPECT_THAT(SentIds(), SizeIs(1));
}

TEST_F(CliCommandTest, ATerminalGetsABarThatIsTakenAway) {
  server_.service.ThenPlace();
  err_is_terminal_ = true;
  const Result result =
      Run({"place", File("a.json", 1), File("b.json", 2), "--request-id-prefix", "day"});
  EXPECT_THAT(result.err, HasSubstr("[==========          ] 1/2 placed 1, "));
  EXPECT_GT(result.err.rfind("\r\x1b[K"), result.err.rfind("2/2 placed 2, "));
}

TEST_F(CliCommandTest, DataNeverStandsBehindTheBar) {
  server_.service.ThenPlace();
  one_terminal_ = out_is_terminal_ = err_is_terminal_ = true;
  for (const char* form : {"--json=false", "--json"}) {
    const Result result =
        Run({form, "place", File("a.json", 1), File("b.json", 2), "--request-id-prefix", "day"});
    for (const absl::string_view line : absl::StrSplit(result.out, '\n')) {
      const size_t cleared = line.rfind("\x1b[K");
      const absl::string_view seen = cleared == line.npos ? line : line.substr(cleared + 3);
      EXPECT_THAT(std::string(seen), Not(HasSubstr("[="))) << form;
    }
  }
}

TEST_F(CliCommandTest, ColourOnlyOnATerminalAndNotWithNoColor) {
  server_.service.ThenPlace();
  EXPECT_THAT(Run({"place", File("a.json"), "--request-id", "i"}).out, Not(HasSubstr("\x1b")));
  out_is_terminal_ = true;
  EXPECT_THAT(Run({"place", File("a.json"), "--request-id", "i"}).out,
              HasSubstr("\x1b[32mSANDBOX"));
  environment_["NO_COLOR"] = "1";
  EXPECT_THAT(Run({"place", File("a.json"), "--request-id", "i"}).out, Not(HasSubstr("\x1b")));
}

TEST_F(CliCommandTest, GetShowsAndItsCodeIsTheState) {
  v1::PlaceOrdersRequest request;
  request.set_request_id("id-1");
  request.mutable_batch()->add_cargo_lines();
  const std::map<v1::PlacementState, int> codes = {
      {v1::PLACEMENT_STATE_SENDING, 8},          {v1::PLACEMENT_STATE_PLACED, 0},
      {v1::PLACEMENT_STATE_PARTIALLY_PLACED, 7}, {v1::PLACEMENT_STATE_REJECTED, 2},
      {v1::PLACEMENT_STATE_IN_DOUBT, 4},         {v1::PLACEMENT_STATE_NOT_PLACED, 3},
      {v1::PLACEMENT_STATE_CLOSED, 2},
  };
  for (const auto& [state, code] : codes) {
    server_.service.SetPlacement(grpc::Status::OK, FakeOrderService::Placement(request, state));
    const Result result = Run({"get", "id-1"});
    EXPECT_EQ(result.code, code);
    EXPECT_THAT(result.out, HasSubstr("account main · gateway gateway.test · SANDBOX"));
  }
}

TEST_F(CliCommandTest, GetOfNothingIsThree) {
  server_.service.SetPlacement(
      ToGrpcStatus(MakeError(v1::ERROR_REASON_PLACEMENT_NOT_FOUND, "none", "id-1")), {});
  EXPECT_EQ(Run({"get", "id-1"}).code, 3);
}

TEST_F(CliCommandTest, GetThatLearnsNothingIsFour) {
  server_.service.SetPlacement(
      ToGrpcStatus(MakeError(v1::ERROR_REASON_LEDGER_UNAVAILABLE, "disk", "id-1")), {});
  const Result result = Run({"get", "id-1"});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.err, HasSubstr("get id-1"));
}

TEST_F(CliCommandTest, HealthAsksWithoutAToken) {
  environment_["ORDER1688_TOKEN"] = "";
  const Result serving = Run({"health"});
  EXPECT_EQ(serving.code, 0);
  EXPECT_EQ(serving.out, absl::StrCat("server ", server_.address(), " · SERVING\n"));
  EXPECT_EQ(Run({"health", "--json"}).out, "{\"status\":\"SERVING\"}\n");
  server_.health.status = grpc::health::v1::HealthCheckResponse::NOT_SERVING;
  EXPECT_EQ(Run({"health"}).code, 3);
  EXPECT_EQ(RunAt(RefusingServer(), {"health"}).code, 6);
}

TEST_F(CliCommandTest, TheServerMayComeFromTheEnvironment) {
  environment_["ORDER1688_SERVER"] = server_.address();
  EXPECT_EQ(RunRaw({"--plaintext", "health"}).code, 0);
}

TEST_F(CliCommandTest, PlaintextToAnotherMachineWarns) {
  // A channel that is not used connects to nothing.
  for (const auto& [server, warns] : std::map<std::string, bool>{{"orders.example:50051", true},
                                                                 {"127.example.com:1", true},
                                                                 {"127.0.0.1.nip.io:1", true},
                                                                 {"192.0.2.1:1", true},
                                                                 {"127.0.0.1:1", false},
                                                                 {"localhost:1", false},
                                                                 {"[::1]:1", false}}) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    GlobalOptions options;
    options.plaintext = true;
    options.server = server;
    ASSERT_TRUE(MakeChannel(options, CliIo{in, out, err}).ok());
    EXPECT_EQ(err.str().find("warning: --plaintext") != std::string::npos, warns) << server;
  }
}

TEST_F(CliCommandTest, TlsIsTheDefault) {
  const Result result =
      RunRaw({"--server", server_.address(), "place", File("a.json"), "--request-id", "i"});
  EXPECT_EQ(result.code, 6);
  EXPECT_THAT(result.err, HasSubstr("--plaintext"));
  EXPECT_THAT(SentIds(), SizeIs(0));
}

}  // namespace
}  // namespace order1688
