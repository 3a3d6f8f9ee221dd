#include "server/placement/outcome_report.h"

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

absl::string_view NameOf(SendOutcome outcome) {
  switch (outcome) {
    case SendOutcome::kAnswered:
      return "answered";
    case SendOutcome::kNotSent:
      return "not_sent";
    case SendOutcome::kInDoubt:
      return "in_doubt";
  }
  return "in_doubt";
}

}  // namespace

void OutcomeReport::Answered(const std::string& account, const PlacementKey& key,
                             const GatewayVerdict& verdict, const HttpResult& answer) {
  const v1::Placement& outcome = *verdict.outcome;
  metrics_.GatewayAnswered(account, NameOf(answer.outcome), answer.http_status, answer.latency);
  metrics_.PlacementEnded(account, outcome.state(), outcome.cause());
  if (verdict.unmapped_count > 0) {
    metrics_.FieldsUnmapped(account, verdict.unmapped_count);
    log_.Warn("unmapped_fields", {{"account", account}, {"count", verdict.unmapped_count}});
  }
  if (verdict.unreadable_count > 0) {
    metrics_.FieldsUnreadable(account, verdict.unreadable_count);
    log_.Warn("unreadable_fields", {{"account", account}, {"count", verdict.unreadable_count}});
  }
  for (const std::string& kind : verdict.alarms) {
    if (kind == "unknown_gateway_code") {
      if (!IsFirst(absl::StrCat(account, " ", verdict.unknown_code))) continue;
      log_.Error("unknown_gateway_code", {{"account", account}, {"code", verdict.unknown_code}});
    }
    Alarm(kind, account, key);
  }
}

void OutcomeReport::Alarm(absl::string_view kind, const std::string& account,
                          const PlacementKey& key) {
  metrics_.Alarm(kind);
  log_.Error("alarm", {{"kind", kind},
                       {"account", account},
                       {"caller", key.caller},
                       {"request_id", key.request_id}});
}

bool OutcomeReport::IsFirst(const std::string& code) {
  const std::lock_guard lock(mutex_);
  return alarmed_codes_.insert(code).second;
}

}  // namespace order1688
