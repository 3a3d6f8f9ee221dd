#include "client/cli/report.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/cli/table.h"
#include "client/cli/text_width.h"

namespace order1688 {
namespace {

constexpr char kRed[] = "\x1b[1;31m";
constexpr char kGreen[] = "\x1b[32m";
constexpr char kPlain[] = "\x1b[0m";

std::string ShortName(const std::string& full, absl::string_view prefix) {
  return std::string(absl::StripPrefix(absl::string_view(full), prefix));
}

// For people: "PARTIALLY_PLACED" becomes "partially placed".
std::string Words(const std::string& full, absl::string_view prefix) {
  std::string words = absl::AsciiStrToLower(ShortName(full, prefix));
  for (char& c : words) {
    if (c == '_') c = ' ';
  }
  return words;
}

std::string OrNotKnown(absl::string_view text) {
  return text.empty() ? "not known" : SafeForTerminal(text);
}

std::string MetadataOf(const CallFailure& failure, const std::string& name) {
  if (!failure.error.has_value()) return "";
  const auto found = failure.error->metadata.find(name);
  return found == failure.error->metadata.end() ? "" : found->second;
}

// Our own messages may have several lines; those of others could fake some.
std::string MessageOf(const CallFailure& failure) {
  if (failure.sent) return SafeForTerminal(failure.message);
  std::vector<std::string> lines;
  for (const absl::string_view line : absl::StrSplit(failure.message, '\n'))
    lines.push_back(SafeForTerminal(line));
  return absl::StrJoin(lines, "\n  ");
}

std::string OrderIdOf(const v1::OrderResult& result) {
  if (result.order_id_inexact()) return "id not exact";
  const std::string& id = result.order().base_info().order_id();
  return id.empty() ? "-" : id;
}

std::string TotalOf(const v1::OrderResult& result) {
  const v1::OrderBaseInfo& base = result.order().base_info();
  return base.has_total_amount() ? FormatMoney(base.total_amount()) : "-";
}

std::string GoodsOf(const v1::OrderResult& result) {
  if (result.order().product_items().empty()) return "-";
  const auto& items = result.order().product_items();
  return absl::StrCat(items[0].name(),
                      items.size() > 1 ? absl::StrCat(" +", items.size() - 1) : "");
}

std::string StatusOf(const v1::OrderResult& result) {
  const std::string& status = result.order().base_info().status();
  if (!status.empty()) return status;
  return result.has_error() ? absl::StrCat(result.error().code(), " ", result.error().message())
                            : "-";
}

std::vector<std::string> CellsOf(const v1::OrderResult& result) {
  return {OrderIdOf(result),
          result.seller_open_id(),
          Words(v1::OrderOutcome_Name(result.outcome()), "ORDER_OUTCOME_"),
          StatusOf(result),
          absl::StrJoin(result.cargo_indexes(), ","),
          TotalOf(result),
          GoodsOf(result)};
}

std::vector<TableColumn> ResultColumns() {
  return {{"ORDER ID"}, {"SELLER", false, 30}, {"OUTCOME"},         {"STATUS", false, 40},
          {"LINES"},    {"TOTAL", true},       {"GOODS", false, 34}};
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string RenderSettlement(const v1::Settlement& settlement) {
  return absl::StrCat(
      "settled by ", Words(v1::SettlementSource_Name(settlement.source()), "SETTLEMENT_SOURCE_"),
      settlement.actor().empty() ? "" : absl::StrCat(" ", SafeForTerminal(settlement.actor())),
      " at ", TimeText(settlement.time()),
      settlement.reason().empty() ? "" : absl::StrCat(": ", SafeForTerminal(settlement.reason())),
      "\n");
}

std::string OrderIdsOf(const v1::Placement& placement) {
  std::vector<std::string> ids;
  for (const v1::OrderResult& result : placement.results()) {
    if (result.outcome() == v1::ORDER_OUTCOME_PLACED) ids.push_back(OrderIdOf(result));
  }
  return ids.empty() ? "-" : absl::StrJoin(ids, ",");
}

}  // namespace

AnswerOrigin OriginOf(absl::string_view server, const v1::Placement& placement) {
  AnswerOrigin origin{std::string(server), placement.account(), placement.gateway_host(), ""};
  if (placement.environment() != v1::ENVIRONMENT_UNSPECIFIED) {
    origin.environment = ShortName(v1::Environment_Name(placement.environment()), "ENVIRONMENT_");
  }
  return origin;
}

AnswerOrigin OriginOf(absl::string_view server, const CallFailure& failure) {
  return {std::string(server), MetadataOf(failure, "account"), MetadataOf(failure, "gatewayHost"),
          ShortName(MetadataOf(failure, "environment"), "ENVIRONMENT_")};
}

std::string Describe(const AnswerOrigin& origin, bool colour) {
  std::string environment = origin.environment.empty() ? "SANDBOX or REAL: not known"
                                                       : SafeForTerminal(origin.environment);
  if (colour)
    environment =
        absl::StrCat(origin.environment == "SANDBOX" ? kGreen : kRed, environment, kPlain);
  return absl::StrCat("server ", OrNotKnown(origin.server), " · account ",
                      OrNotKnown(origin.account), " · gateway ", OrNotKnown(origin.gateway_host),
                      " · ", environment);
}

std::string FormatMoney(const v1::Money& money) {
  constexpr size_t kLeastDecimals = 2;
  const bool negative = money.units() < 0 || money.nanos() < 0;
  // Of the unsigned value, because the smallest int64 has no positive twin.
  const uint64_t units = money.units() < 0 ? 0 - static_cast<uint64_t>(money.units())
                                           : static_cast<uint64_t>(money.units());
  std::string decimals = absl::StrFormat("%09d", std::abs(money.nanos()));
  while (decimals.size() > kLeastDecimals && decimals.back() == '0') decimals.pop_back();
  return absl::StrCat(negative ? "-" : "", units, ".", decimals, " ", money.currency_code());
}

std::string RenderPlacement(const v1::Placement& placement, bool replayed) {
  std::string text = absl::StrCat(
      "request id ", SafeForTerminal(placement.request_id()), " · ",
      ShortName(v1::PlacementState_Name(placement.state()), "PLACEMENT_STATE_"),
      placement.attempt() > 1 ? absl::StrCat(" · attempt ", placement.attempt()) : "",
      placement.cause().empty() ? ""
                                : absl::StrCat(" · cause ", SafeForTerminal(placement.cause())),
      placement.reference().empty()
          ? ""
          : absl::StrCat(" · reference ", SafeForTerminal(placement.reference())),
      replayed ? " · stored answer of an earlier call" : "", "\n");
  if (placement.evidence() != v1::NOT_PLACED_EVIDENCE_UNSPECIFIED) {
    absl::StrAppend(&text, "no order, because: ",
                    Words(v1::NotPlacedEvidence_Name(placement.evidence()), "NOT_PLACED_EVIDENCE_"),
                    "\n");
  }
  if (placement.has_error()) {
    absl::StrAppend(&text, "gateway: ", SafeForTerminal(placement.error().code()), " ",
                    SafeForTerminal(placement.error().message()), "\n");
  }
  if (placement.has_settlement()) text += RenderSettlement(placement.settlement());
  if (!placement.possible_duplicate_of().empty()) {
    absl::StrAppend(&text, "possible duplicate of ",
                    SafeForTerminal(placement.possible_duplicate_of()), "\n");
  }
  for (const v1::OrderCandidate& candidate : placement.candidates()) {
    absl::StrAppend(&text, "candidate: order ", SafeForTerminal(candidate.order_id()), " · seller ",
                    OrNotKnown(candidate.seller_open_id()), " · created ",
                    candidate.has_create_time() ? TimeText(candidate.create_time()) : "not known",
                    "\n");
  }
  Table table(ResultColumns());
  for (const v1::OrderResult& result : placement.results()) table.AddRow(CellsOf(result));
  if (!table.empty()) text += table.Render();
  return text;
}

std::string RenderList(const std::vector<v1::Placement>& placements) {
  Table table({{"REQUEST ID"},
               {"CALLER"},
               {"ACCOUNT"},
               {"STATE"},
               {"CAUSE"},
               {"ORDERS"},
               {"CHANGED"},
               {"REFERENCE", false, 30}});
  for (const v1::Placement& placement : placements) {
    table.AddRow({placement.request_id(), placement.caller(), placement.account(),
                  ShortName(v1::PlacementState_Name(placement.state()), "PLACEMENT_STATE_"),
                  placement.cause(), OrderIdsOf(placement), TimeText(placement.update_time()),
                  placement.reference()});
  }
  return table.Render();
}

std::string RenderAccount(const v1::Account& account) {
  std::string text = absl::StrCat(
      "account ", SafeForTerminal(account.name()), " · ",
      account.paused() ? "PAUSED, nothing is sent" : "sending",
      account.paused() ? absl::StrCat(": ", SafeForTerminal(account.pause_reason())) : "", "\n");
  for (const std::string& code : account.refusal_codes()) {
    absl::StrAppend(&text, "refusal code ", SafeForTerminal(code), "\n");
  }
  return text;
}

std::string RenderAnswers(const std::vector<PlaceAnswer>& answers) {
  std::vector<TableColumn> columns = ResultColumns();
  columns.insert(columns.begin(), {{"FILE"}, {"RESULT"}, {"REQUEST ID"}});
  Table table(columns);
  for (const PlaceAnswer& answer : answers) {
    const std::vector<std::string> head = {answer.file, std::string(NameOf(answer.code)),
                                           answer.request_id};
    if (!answer.response.has_value() || answer.response->placement().results().empty()) {
      const bool has_reason = answer.failure.has_value() && answer.failure->error.has_value();
      std::vector<std::string> row = head;
      row.insert(
          row.end(),
          {"-", "-", "-", has_reason ? NameOf(answer.failure->error->reason) : "-", "-", "-", "-"});
      table.AddRow(std::move(row));
      continue;
    }
    for (const v1::OrderResult& result : answer.response->placement().results()) {
      std::vector<std::string> row = head;
      for (std::string& cell : CellsOf(result)) row.push_back(std::move(cell));
      table.AddRow(std::move(row));
    }
  }
  return table.Render();
}

std::string RenderFailure(absl::string_view subject, ExitCode code, const CallFailure& failure) {
  std::string reason = failure.sent ? "no answer of the service" : "";
  if (failure.error.has_value()) {
    const bool known = failure.error->reason != v1::ERROR_REASON_UNSPECIFIED;
    reason = known ? NameOf(failure.error->reason) : "unknown reason";
    if (failure.error->replayed) reason += ", stored answer of an earlier call";
  }
  std::string text = absl::StrCat(
      "order1688: ", subject.empty() ? "" : absl::StrCat(SafeForTerminal(subject), ": "),
      NameOf(code), reason.empty() ? "" : absl::StrCat(" (", reason, ")"), ": ", MessageOf(failure),
      "\n");
  if (!failure.error.has_value()) return text;
  const Error& error = *failure.error;
  for (const FieldViolation& violation : error.violations) {
    absl::StrAppend(&text, "  ", SafeForTerminal(violation.field), ": ",
                    SafeForTerminal(violation.description), "\n");
  }
  const int told = static_cast<int>(error.violations.size());
  if (error.total_violations > told)
    absl::StrAppend(&text, "  … and ", error.total_violations - told, " more\n");
  return text;
}

}  // namespace order1688
