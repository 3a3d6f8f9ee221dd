#include "server/probe.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "server/gateway_account.h"
#include "server/upstream/curl_transport.h"
#include "server/upstream/order_list.h"

namespace order1688 {
namespace {

// The guess of reference/gateway.md 3.3; the gateway's answer to the signature does not depend on
// it.
constexpr char kDocumentedPath[] = "/v2/alibaba/order/page";
constexpr char kGuessedBody[] =
    R"({"page":{{page}},"pageSize":{{page_size}},)"
    R"("createStartTime":"{{created_after}}","createEndTime":"{{created_before}}"})";
constexpr absl::Duration kAskedBack = absl::Hours(1);

OrderListTerms TermsOf(const config::v1::Account& account) {
  if (account.has_lookup()) return MakeOrderListTerms(account.lookup());
  return {kDocumentedPath, kGuessedBody, 1, absl::ZeroDuration()};
}

bool IsAccepted(const OrderPage& page) {
  return page.http_status == 200 && page.gateway_code == "200";
}

std::string WhatCame(const OrderPage& page) {
  if (page.http_status == 0) return absl::StrCat("no answer: ", page.problem);
  return absl::StrCat("HTTP ", page.http_status, ", code ",
                      page.gateway_code.empty() ? "(none)" : page.gateway_code);
}

// Positive: the gateway's clock is ahead of ours.
std::optional<absl::Duration> SkewOf(const OrderPage& page, absl::Time answered) {
  if (!page.date.has_value()) return std::nullopt;
  return *page.date - (answered - page.latency / 2);
}

void PrintSkew(std::optional<absl::Duration> skew, std::ostream& out) {
  if (!skew.has_value()) {
    out << "clock: the gateway does not tell its time\n";
    return;
  }
  const int64_t seconds = absl::ToInt64Seconds(absl::AbsDuration(*skew) + absl::Milliseconds(500));
  out << "clock: the gateway's is " << seconds << " s "
      << (*skew < absl::ZeroDuration() ? "behind" : "ahead of")
      << " ours (to a second or two); it refuses a difference of more than 600 s\n";
}

absl::StatusOr<OrderPage> Ask(const OrderList& list, const Clock& clock) {
  PageQuestion question;
  question.page_size = 1;
  question.created_before = clock.Now();
  question.created_after = question.created_before - kAskedBack;
  auto answer = std::make_shared<std::promise<OrderPage>>();
  std::future<OrderPage> page = answer->get_future();
  const absl::Status asked = list.ReadPage(
      question, [answer](OrderPage answered) { answer->set_value(std::move(answered)); });
  if (!asked.ok()) return asked;
  return page.get();
}

}  // namespace

int Probe(const Config& config, const std::string& account_name, std::ostream& out,
          std::ostream& problems) {
  const auto& accounts = config.proto.accounts();
  const auto account = std::find_if(accounts.begin(), accounts.end(), [&](const auto& configured) {
    return configured.name() == account_name;
  });
  if (account == accounts.end()) {
    problems << "there is no account " << account_name << " in the configuration\n";
    return 1;
  }
  const GatewayAccount configured = MakeGatewayAccount(config, *account);
  const SystemClock clock;
  std::vector<std::unique_ptr<OrderList>> lists;  // must outlive the transport
  CurlTransport transport(MakeTransportOptions(config, *account), clock, nullptr);
  out << "POST " << configured.base_url << TermsOf(*account).path
      << " reads the order list; nothing is ordered\n";
  bool configured_accepted = false;
  std::optional<absl::Duration> skew;
  for (const TimestampUnit unit : {TimestampUnit::kMilliseconds, TimestampUnit::kSeconds}) {
    for (const bool nonce : {true, false}) {
      GatewayAccount variant = configured;
      variant.signing_key.timestamp_unit = unit;
      variant.signing_key.nonce_included = nonce;
      auto list = OrderList::Create(std::move(variant), TermsOf(*account), transport, clock);
      if (!list.ok()) {
        problems << list.status().message() << "\n";
        return 1;
      }
      lists.push_back(*std::move(list));
      const absl::StatusOr<OrderPage> page = Ask(*lists.back(), clock);
      if (!page.ok()) {
        problems << page.status().message() << "\n";
        return 1;
      }
      if (!skew.has_value()) skew = SkewOf(*page, clock.Now());
      const bool is_configured = unit == configured.signing_key.timestamp_unit &&
                                 nonce == configured.signing_key.nonce_included;
      configured_accepted = configured_accepted || (is_configured && IsAccepted(*page));
      out << (unit == TimestampUnit::kSeconds ? "SECONDS       " : "MILLISECONDS  ")
          << (nonce ? "NONCE_INCLUDED  " : "NONCE_ABSENT    ")
          << (IsAccepted(*page) ? "accepted      " : "not accepted  ") << WhatCame(*page)
          << (is_configured ? "  (configured)" : "") << "\n";
    }
  }
  PrintSkew(skew, out);
  if (!configured_accepted) problems << "the configured signature was not accepted\n";
  return configured_accepted ? 0 : 1;
}

}  // namespace order1688
