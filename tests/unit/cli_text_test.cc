#include <gtest/gtest.h>

#include "client/cli/exit_code.h"
#include "client/cli/json_report.h"
#include "client/cli/report.h"
#include "client/cli/shell_command.h"
#include "client/cli/table.h"
#include "client/cli/text_width.h"

namespace order1688 {
namespace {

TEST(TextWidthTest, ChineseFullWidthAndEmojiTakeTwoColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("等待买家付款"), 12);
  EXPECT_EQ(DisplayWidth("ＡＢ，"), 6);
  EXPECT_EQ(DisplayWidth("한글"), 4);
  EXPECT_EQ(DisplayWidth("𠀀"), 2);
  EXPECT_EQ(DisplayWidth("😀"), 2);
  EXPECT_EQ(DisplayWidth("é"), 1);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1);
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(TextWidthTest, PadsToColumnsNotBytes) {
  EXPECT_EQ(PadRight("件", 4), "件  ");
  EXPECT_EQ(PadLeft("件", 4), "  件");
  EXPECT_EQ(PadRight("too long", 3), "too long");
}

TEST(TextWidthTest, CutsNoCharacterInTwo) {
  EXPECT_EQ(CutTo("新款女包", 8), "新款女包");
  EXPECT_EQ(CutTo("新款女包", 7), "新款女…");
  EXPECT_EQ(CutTo("新款女包", 6), "新款…");
  EXPECT_EQ(CutTo("新款女包", 1), "…");
  EXPECT_EQ(CutTo("新款女包", 0), "");
}

TEST(TextWidthTest, NoControlCharacterReachesTheTerminal) {
  EXPECT_EQ(SafeForTerminal("a\x1b[31mb"), "a\uFFFD[31mb");
  EXPECT_EQ(SafeForTerminal("a\nb\tc\x7f"), "a\uFFFDb\uFFFDc\uFFFD");
  EXPECT_EQ(SafeForTerminal("\u009b31m"), "\uFFFD31m");
  EXPECT_EQ(SafeForTerminal("\u202Eabc"), "\uFFFDabc");
  EXPECT_EQ(SafeForTerminal("a\xff\xfe"), "a\uFFFD\uFFFD");
  EXPECT_EQ(SafeForTerminal("\xed\xa0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(SafeForTerminal("等待 ok"), "等待 ok");
}

TEST(TableTest, ColumnsStartAtTheSamePlaceBesideChinese) {
  Table table({{"ID"}, {"STATUS"}, {"TOTAL", true}});
  table.AddRow({"1", "等待买家付款", "23.00"});
  table.AddRow({"22", "success", "1.00"});
  EXPECT_EQ(table.Render(),
            "ID  STATUS        TOTAL\n"
            "1   等待买家付款  23.00\n"
            "22  success        1.00\n");
}

TEST(TableTest, NeutralisesEscapeSequences) {
  Table table({{"A"}});
  table.AddRow({"\x1b]0;evil\x07"});
  EXPECT_EQ(table.Render().find('\x1b'), std::string::npos);
}

v1::Money Yuan(int64_t units, int32_t nanos) {
  v1::Money money;
  money.set_currency_code("CNY");
  money.set_units(units);
  money.set_nanos(nanos);
  return money;
}

TEST(ReportTest, ShowsMoneyExactly) {
  EXPECT_EQ(FormatMoney(Yuan(23, 0)), "23.00 CNY");
  EXPECT_EQ(FormatMoney(Yuan(1, 50000000)), "1.05 CNY");
  EXPECT_EQ(FormatMoney(Yuan(0, 125000000)), "0.125 CNY");
  EXPECT_EQ(FormatMoney(Yuan(-1, -750000000)), "-1.75 CNY");
  EXPECT_EQ(FormatMoney(Yuan(0, -10000000)), "-0.01 CNY");
  EXPECT_EQ(FormatMoney(Yuan(INT64_MIN, 0)), "-9223372036854775808.00 CNY");
}

TEST(ReportTest, SaysServerAccountGatewayAndEnvironment) {
  v1::Placement placement;
  placement.set_account("main");
  placement.set_gateway_host("api.example");
  placement.set_environment(v1::ENVIRONMENT_REAL);
  EXPECT_EQ(Describe(OriginOf("h:1", placement), false),
            "server h:1 · account main · gateway api.example · REAL");
  EXPECT_NE(Describe(OriginOf("h:1", placement), true).find("\x1b[1;31mREAL\x1b[0m"),
            std::string::npos);
}

TEST(ReportTest, AnInexactIdIsNeverShownAsAnId) {
  v1::Placement placement;
  v1::OrderResult* result = placement.add_results();
  result->set_order_id_inexact(true);
  result->mutable_order()->mutable_base_info()->set_id_number(2540608320348881000);
  const std::string text = RenderPlacement(placement, false);
  EXPECT_NE(text.find("id not exact"), std::string::npos);
  EXPECT_EQ(text.find("2540608320348881000"), std::string::npos);
}

TEST(ReportTest, ListsEveryViolationAndCountsTheRest) {
  CallFailure failure;
  failure.sent = true;
  failure.message = "bad \x1b[2J";
  failure.error = MakeError(v1::ERROR_REASON_INVALID_REQUEST, "", "id");
  failure.error->violations = {{"batch.flow", "is required"},
                               {"batch.address.mobile", "digits and dashes"}};
  failure.error->total_violations = 5;
  const std::string text = RenderFailure("a.json", ExitCode::kRefused, failure);
  EXPECT_EQ(text,
            "order1688: a.json: refused (INVALID_REQUEST): bad \uFFFD[2J\n"
            "  batch.flow: is required\n"
            "  batch.address.mobile: digits and dashes\n"
            "  … and 3 more\n");
}

TEST(JsonReportTest, LeavesNoControlCharacterInTheJsonOfAMessage) {
  v1::GetPlacementResponse response;
  response.mutable_placement()->set_reference("\x1b[31m \u009b \x7f");
  const std::string json = MessageJson(response);
  EXPECT_EQ(json.find('\x1b'), std::string::npos);
  EXPECT_EQ(json.find("\u009b"), std::string::npos);
  EXPECT_EQ(json.find('\x7f'), std::string::npos);
}

TEST(ShellCommandTest, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(ShellQuote("a/b.json"), "a/b.json");
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("my order.json"), "'my order.json'");
  EXPECT_EQ(ShellQuote("it's $HOME"), "'it'\\''s $HOME'");
  EXPECT_EQ(ShellQuote("订单.json"), "'订单.json'");
  EXPECT_EQ(ShellQuote("a\nb'"), "$'a\\x0ab\\x27'");
}

TEST(ShellCommandTest, RepeatsEveryOptionThatMatters) {
  GlobalOptions global;
  global.server = "h:1";
  global.ca_file = "c a.pem";
  global.token_file = "tok";
  PlaceOptions place;
  place.account = "main";
  place.reference = "-r";
  EXPECT_EQ(PlaceAgainCommand(global, place, "-f.json", "-id"),
            "order1688 --server=h:1 '--ca=c a.pem' --token-file=tok --timeout=60 place "
            "--request-id=-id --account=main "
            "--reference=-r ./-f.json");
  EXPECT_EQ(GetCommandLine(global, "-id"),
            "order1688 --server=h:1 '--ca=c a.pem' --token-file=tok --timeout=60 get -- -id");
}

CallFailure Known(v1::ErrorReason reason) {
  CallFailure failure;
  failure.sent = true;
  failure.error = MakeError(reason, "", "id");
  failure.order_may_exist = failure.error->order_may_exist;
  return failure;
}

TEST(ExitCodeTest, EveryReasonHasItsCode) {
  const std::map<v1::ErrorReason, int> codes = {
      {v1::ERROR_REASON_INVALID_REQUEST, 2},     {v1::ERROR_REASON_REQUEST_ID_REUSED, 9},
      {v1::ERROR_REASON_UNKNOWN_CALLER, 5},      {v1::ERROR_REASON_NOT_PERMITTED, 5},
      {v1::ERROR_REASON_PLACEMENT_NOT_FOUND, 3}, {v1::ERROR_REASON_PLACEMENT_IN_PROGRESS, 8},
      {v1::ERROR_REASON_OVERLOADED, 3},          {v1::ERROR_REASON_RATE_LIMITED, 3},
      {v1::ERROR_REASON_ACCOUNT_PAUSED, 3},      {v1::ERROR_REASON_GATEWAY_UNREACHABLE, 3},
      {v1::ERROR_REASON_GATEWAY_REJECTED, 2},    {v1::ERROR_REASON_GATEWAY_AUTHENTICATION, 3},
      {v1::ERROR_REASON_GATEWAY_THROTTLED, 3},   {v1::ERROR_REASON_OUTCOME_IN_DOUBT, 4},
      {v1::ERROR_REASON_LEDGER_UNAVAILABLE, 3},  {v1::ERROR_REASON_DEADLINE_TOO_SHORT, 3},
      {v1::ERROR_REASON_PLACEMENT_CLOSED, 2},    {v1::ERROR_REASON_NOT_OFFERED, 3},
      {v1::ERROR_REASON_SHUTTING_DOWN, 3},       {v1::ERROR_REASON_UNSPECIFIED, 4},
      {v1::ERROR_REASON_POSSIBLE_DUPLICATE, 2},  {v1::ERROR_REASON_NOT_IN_DOUBT, 3},
      {v1::ERROR_REASON_ORDER_OWNED, 4},         {v1::ERROR_REASON_PLACEMENT_CHANGED, 4},
      {v1::ERROR_REASON_ACCOUNT_NOT_FOUND, 3},   {v1::ERROR_REASON_TOO_EARLY, 4},
  };
  EXPECT_EQ(codes.size(), v1::ErrorReason_ARRAYSIZE);
  for (const auto& [reason, code] : codes) {
    EXPECT_EQ(static_cast<int>(ExitCodeOfPlace(Known(reason))), code) << NameOf(reason);
  }
}

TEST(ExitCodeTest, AnUnknownOutcomeWinsOverTheLastAnswer) {
  CallFailure failure = Known(v1::ERROR_REASON_UNKNOWN_CALLER);
  failure.outcome_known = false;
  EXPECT_EQ(ExitCodeOfPlace(failure), ExitCode::kUnknown);
  failure.error.reset();
  EXPECT_EQ(ExitCodeOfPlace(failure), ExitCode::kUnknown);
}

TEST(ExitCodeTest, GetSaysNotSentOnlyForNotFound) {
  for (int reason = v1::ErrorReason_MIN; reason <= v1::ErrorReason_MAX; ++reason) {
    const ExitCode code = ExitCodeOfGet(Known(static_cast<v1::ErrorReason>(reason)));
    EXPECT_EQ(code == ExitCode::kNotSent, reason == v1::ERROR_REASON_PLACEMENT_NOT_FOUND) << reason;
  }
}

TEST(ExitCodeTest, StatesHaveCodes) {
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_PLACED), ExitCode::kPlaced);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_PARTIALLY_PLACED), ExitCode::kPartlyPlaced);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_REJECTED), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_IN_DOUBT), ExitCode::kUnknown);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_NOT_PLACED), ExitCode::kNotSent);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_CLOSED), ExitCode::kRefused);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_SENDING), ExitCode::kInProgress);
  EXPECT_EQ(ExitCodeOf(v1::PLACEMENT_STATE_UNSPECIFIED), ExitCode::kUnknown);
}

TEST(ExitCodeTest, TheWorstMoneyRiskWins) {
  const std::vector<int> worst_first = {4, 8, 7, 9, 5, 6, 3, 2, 1, 0};
  for (size_t i = 0; i < worst_first.size(); ++i) {
    for (size_t j = i; j < worst_first.size(); ++j) {
      const auto a = static_cast<ExitCode>(worst_first[i]);
      const auto b = static_cast<ExitCode>(worst_first[j]);
      EXPECT_EQ(Worse(a, b), a);
      EXPECT_EQ(Worse(b, a), a);
    }
  }
}

}  // namespace
}  // namespace order1688
