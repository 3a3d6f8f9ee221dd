#include "server/ops/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "order1688/v1/order_service.pb.h"
#include "server/ops/rpc_log.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kService[] = "order1688.v1.OrderService";

// Every metric once.
void TouchAll(Metrics& metrics) {
  // Links order_service.proto, as the server does by serving it.
  EXPECT_NE(v1::PlaceOrdersRequest::descriptor(), nullptr);
  metrics.RpcStarted(kService, "PlaceOrders");
  metrics.RpcHandled(kService, "PlaceOrders", grpc::StatusCode::UNKNOWN, absl::Milliseconds(20));
  metrics.PlacementEnded("main", v1::PLACEMENT_STATE_IN_DOUBT, "no_answer");
  metrics.GatewayAnswered("main", "answered", 200, absl::Milliseconds(300));
  metrics.SendStopped("main");
  metrics.FieldsUnmapped("main", 2);
  metrics.FieldsUnreadable("main", 3);
  metrics.Alarm("unknown_code");
  metrics.PlacementsInFlight("main", 1);
  metrics.AccountPaused("main", true);
  metrics.LedgerWrite("reserve", true, absl::Milliseconds(2));
  metrics.LedgerRowsUnderOlderKeys(4);
  metrics.LookupEnded("main", "placed");
}

// `name type labels` of each metric in Prometheus text.
std::set<std::string> NamesTypesAndLabels(const std::string& text) {
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    if (absl::ConsumePrefix(&line, "# TYPE ")) {
      std::vector<std::string> words = absl::StrSplit(line, ' ');
      types[words[0]] = words[1];
    } else if (!absl::StartsWith(line, "#")) {
      std::string name(line.substr(0, line.find_first_of("{ ")));
      for (absl::string_view suffix : {"_bucket", "_sum", "_count"}) {
        std::string stem(absl::StripSuffix(name, suffix));
        if (types.contains(stem)) name = stem;
      }
      size_t open = line.find('{');
      if (open == absl::string_view::npos) continue;
      for (absl::string_view pair : absl::StrSplit(line.substr(open + 1, line.find('}') - open - 1),
                                                   ',', absl::SkipEmpty())) {
        std::string label(pair.substr(0, pair.find('=')));
        if (label != "le") labels[name].insert(label);
      }
    }
  }
  std::set<std::string> all;
  for (const auto& [name, type] : types)
    all.insert(absl::StrCat(name, " ", type, " ",
                            labels[name].empty() ? "-" : absl::StrJoin(labels[name], ",")));
  return all;
}

TEST(MetricsTest, NamesTypesAndLabelsAreThePinnedOnes) {
  std::ifstream file(SourceFile("tests/vectors/metrics.txt"));
  ASSERT_TRUE(file.is_open());
  std::set<std::string> pinned;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') pinned.insert(line);
  }
  Metrics metrics;
  TouchAll(metrics);
  EXPECT_EQ(NamesTypesAndLabels(metrics.Render()), pinned);
}

TEST(MetricsTest, EachCallCountsWhereItsNameSays) {
  Metrics metrics;
  TouchAll(metrics);
  std::string text = metrics.Render();
  for (const char* line : {
           "grpc_server_started_total{grpc_method=\"PlaceOrders\",grpc_service=\"order1688.v1."
           "OrderService\",grpc_type=\"unary\"} 1",
           "grpc_server_handled_total{grpc_code=\"Unknown\",grpc_method=\"PlaceOrders\",grpc_"
           "service=\"order1688.v1.OrderService\",grpc_type=\"unary\"} 1",
           "order1688_placements_total{account=\"main\",cause=\"no_answer\",state=\"in_doubt\"} 1",
           "order1688_gateway_request_seconds_count{account=\"main\",http_class=\"2xx\",outcome="
           "\"answered\"} 1",
           "order1688_gateway_request_seconds_bucket{account=\"main\",http_class=\"2xx\",outcome="
           "\"answered\",le=\"0.25\"} 0",
           "order1688_gateway_request_seconds_bucket{account=\"main\",http_class=\"2xx\",outcome="
           "\"answered\",le=\"0.5\"} 1",
           "order1688_second_sends_stopped_total{account=\"main\"} 1",
           "order1688_fields_unmapped_total{account=\"main\"} 2",
           "order1688_fields_unreadable_total{account=\"main\"} 3",
           "order1688_alarms_total{kind=\"unknown_code\"} 1",
           "order1688_placements_in_flight{account=\"main\"} 1",
           "order1688_account_paused{account=\"main\"} 1",
           "order1688_ledger_write_seconds_count{operation=\"reserve\",result=\"ok\"} 1",
       }) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat(line, "\n")));
  }
}

TEST(MetricsTest, GaugesGoDownAgain) {
  Metrics metrics;
  metrics.PlacementsInFlight("main", 1);
  metrics.PlacementsInFlight("main", 1);
  metrics.PlacementsInFlight("main", -1);
  metrics.AccountPaused("main", true);
  metrics.AccountPaused("main", false);
  EXPECT_THAT(metrics.Render(), HasSubstr("order1688_placements_in_flight{account=\"main\"} 1\n"));
  EXPECT_THAT(metrics.Render(), HasSubstr("order1688_account_paused{account=\"main\"} 0\n"));
}

TEST(MetricsTest, EveryCodeHasItsOwnName) {
  Metrics metrics;
  for (int code = 0; code <= 16; ++code) {
    metrics.RpcHandled(kService, "GetPlacement", static_cast<grpc::StatusCode>(code),
                       absl::ZeroDuration());
  }
  std::string text = metrics.Render();
  for (const char* name :
       {"OK", "Canceled", "Unknown", "InvalidArgument", "DeadlineExceeded", "NotFound",
        "AlreadyExists", "PermissionDenied", "ResourceExhausted", "FailedPrecondition", "Aborted",
        "OutOfRange", "Unimplemented", "Internal", "Unavailable", "DataLoss", "Unauthenticated"}) {
    EXPECT_THAT(text, HasSubstr(absl::StrCat("{grpc_code=\"", name, "\",")));
  }
}

TEST(MetricsTest, StreamsAreCountedAsStreams) {
  Metrics metrics;
  metrics.RpcStarted(kService, "WatchPlacement");
  EXPECT_THAT(metrics.Render(), HasSubstr("grpc_type=\"server_stream\""));
}

TEST(MetricsTest, MethodThatAPeerMadeUpIsNoLabel) {
  Metrics metrics;
  metrics.RpcStarted("evil", "x\"} 1\n");
  metrics.RpcStarted(kService, "NoSuchMethod");
  std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total{grpc_method=\"unknown\",grpc_service="
                              "\"unknown\",grpc_type=\"unknown\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("evil")));
}

TEST(MetricsTest, UnknownHttpStatusAndStateHaveFixedLabels) {
  Metrics metrics;
  for (int status : {0, -1, 99, 600, 1000000})
    metrics.GatewayAnswered("main", "in_doubt", status, absl::ZeroDuration());
  EXPECT_THAT(metrics.Render(),
              HasSubstr("order1688_gateway_request_seconds_count{account=\"main\",http_class="
                        "\"none\",outcome=\"in_doubt\"} 5\n"));
  metrics.PlacementEnded("main", static_cast<v1::PlacementState>(99), "answered");
  EXPECT_THAT(metrics.Render(), HasSubstr("state=\"unknown\""));
}

TEST(MetricsTest, ALabelEndsWhereItEnds) {
  Metrics metrics;
  metrics.LookupEnded("ab", "c");
  metrics.LookupEnded("a", "bc");
  const std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("order1688_lookups_total{account=\"ab\",result=\"c\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("order1688_lookups_total{account=\"a\",result=\"bc\"} 1\n"));
}

TEST(MetricsTest, LabelSetsAreBounded) {
  Metrics metrics;
  for (int i = 0; i < 600; ++i) metrics.Alarm(absl::StrCat("kind", i));
  std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("order1688_alarms_total{kind=\"kind499\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("kind500")));
  EXPECT_THAT(text, HasSubstr("order1688_alarms_total{kind=\"other\"} 100\n"));
}

TEST(MetricsTest, ThreadsLoseNoCount) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 500;
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&metrics] {
      for (int i = 0; i < kRounds; ++i) {
        metrics.RpcStarted(kService, "PlaceOrders");
        metrics.Alarm(absl::StrCat("kind", i % 10));
        metrics.LedgerWrite("reserve", true, absl::Milliseconds(1));
        if (i % 100 == 0) {
          EXPECT_FALSE(metrics.Render().empty());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::string text = metrics.Render();
  EXPECT_THAT(text, HasSubstr("grpc_type=\"unary\"} 4000\n"));
  EXPECT_THAT(text, HasSubstr("order1688_alarms_total{kind=\"kind9\"} 400\n"));
  EXPECT_THAT(
      text,
      HasSubstr(
          "order1688_ledger_write_seconds_count{operation=\"reserve\",result=\"ok\"} 4000\n"));
}

class RpcLogTest : public testing::Test {
 protected:
  RpcLogTest() {
    line_.service = kService;
    line_.method = "PlaceOrders";
    line_.caller = "shop";
    line_.request_id = "a-1";
    line_.account = "main";
  }

  std::string LineOf(const RpcLine& line) {
    std::ostringstream text;
    auto logger = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text));
    logger->set_pattern("%v");
    LogRpc(Log(logger), metrics_, line);
    return text.str();
  }

  RpcLine line_;
  Metrics metrics_;
};

TEST_F(RpcLogTest, OneLineTellsTheCall) {
  line_.state = "PLACED";
  line_.replayed = true;
  line_.elapsed = absl::Milliseconds(1234);
  EXPECT_THAT(LineOf(line_), HasSubstr("\"level\":\"info\",\"event\":\"rpc\",\"method\":"
                                       "\"order1688.v1.OrderService/PlaceOrders\",\"code\":\"OK\","
                                       "\"reason\":\"\",\"caller\":\"shop\",\"request_id\":\"a-1\","
                                       "\"account\":\"main\",\"state\":\"PLACED\","
                                       "\"replayed\":true,\"elapsed_ms\":1234}\n"));
  EXPECT_THAT(metrics_.Render(),
              HasSubstr("grpc_server_handling_seconds_count{grpc_method=\"PlaceOrders\""));
}

TEST_F(RpcLogTest, TroubleIsAWarning) {
  line_.code = grpc::StatusCode::UNKNOWN;
  line_.reason = "OUTCOME_IN_DOUBT";
  EXPECT_THAT(LineOf(line_), HasSubstr("\"level\":\"warn\""));
  EXPECT_THAT(LineOf(line_), HasSubstr("\"code\":\"UNKNOWN\",\"reason\":\"OUTCOME_IN_DOUBT\""));
}

TEST_F(RpcLogTest, MalformedRequestIdIsNotRepeated) {
  line_.request_id = "zhang san 13800000001";
  EXPECT_THAT(LineOf(line_), HasSubstr("\"request_id\":\"(malformed)\""));
  line_.request_id = std::string(65, 'a');
  EXPECT_THAT(LineOf(line_), Not(HasSubstr("aaa")));
  line_.request_id = "";
  EXPECT_THAT(LineOf(line_), HasSubstr("\"request_id\":\"\""));
}

}  // namespace
}  // namespace order1688
