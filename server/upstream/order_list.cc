#include "server/upstream/order_list.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "common/json_decoder.h"
#include "order1688/wire/v1/order_page_answer.pb.h"
#include "server/upstream/http_date.h"
#include "server/upstream/send_gate.h"

namespace order1688 {
namespace {

constexpr size_t kLongestGatewayCode = 64;

constexpr std::array<absl::string_view, 8> kTellingLeaves = {"",
                                                             ".sellerOpenId",
                                                             ".baseInfo",
                                                             ".baseInfo.id",
                                                             ".baseInfo.idOfStr",
                                                             ".baseInfo.createTime",
                                                             ".nativeLogistics",
                                                             ".productItems"};
constexpr std::array<absl::string_view, 6> kTellingOfItems = {
    "", ".specId", ".productID", ".quantity", ".subItemID", ".subItemIDString"};

void SkipIndex(absl::string_view* path) {
  if (!absl::StartsWith(*path, "[")) return;
  path->remove_prefix(std::min(path->find(']'), path->size() - 1) + 1);
}

template <typename Words>
bool Contains(const Words& words, absl::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string CodeToShow(absl::string_view code) {
  const bool plain = code.size() <= kLongestGatewayCode &&
                     std::all_of(code.begin(), code.end(), [](unsigned char c) {
                       return absl::ascii_isalnum(c) || c == '.' || c == '_' || c == '-';
                     });
  return plain ? std::string(code) : "";
}

}  // namespace

bool DamagesOrders(absl::string_view path) {
  if (!absl::ConsumePrefix(&path, "data")) return false;
  if (!absl::ConsumePrefix(&path, ".result")) return path.empty();
  SkipIndex(&path);
  if (Contains(kTellingLeaves, path)) return true;
  if (absl::StartsWith(path, ".baseInfo.receiverInfo")) return true;
  if (absl::StartsWith(path, ".nativeLogistics.")) {
    return !absl::StartsWith(path, ".nativeLogistics.logisticsItems");
  }
  if (!absl::ConsumePrefix(&path, ".productItems")) return false;
  SkipIndex(&path);
  return Contains(kTellingOfItems, path);
}

absl::StatusOr<std::unique_ptr<OrderList>> OrderList::Create(GatewayAccount account,
                                                             OrderListTerms terms,
                                                             HttpTransport& transport,
                                                             const Clock& clock) {
  absl::Status usable = CheckReadPath(terms.path);
  if (usable.ok()) usable = CheckPageBody(terms.body_template);
  if (!usable.ok()) return usable;
  absl::StatusOr<RequestSigner> signer = RequestSigner::Create(account.signing_key);
  if (!signer.ok()) return signer.status();
  absl::StatusOr<JsonPlan> plan = JsonPlan::Compile(wire::v1::OrderPageAnswer::descriptor());
  if (!plan.ok()) return plan.status();
  return std::unique_ptr<OrderList>(new OrderList(std::move(account), std::move(terms), transport,
                                                  clock, *std::move(signer), *std::move(plan)));
}

OrderList::OrderList(GatewayAccount account, OrderListTerms terms, HttpTransport& transport,
                     const Clock& clock, RequestSigner signer, JsonPlan plan)
    : account_(std::move(account)),
      terms_(std::move(terms)),
      transport_(transport),
      clock_(clock),
      signer_(std::move(signer)),
      plan_(std::move(plan)) {}

absl::Status OrderList::ReadPage(const PageQuestion& question, Done done) const {
  absl::StatusOr<SignedRequest> request = SignRequest(account_, signer_, clock_, terms_.path,
                                                      FillPageBody(terms_.body_template, question));
  if (!request.ok()) return request.status();
  // A read has no row and nobody who waits for it: only the age of its signature limits it. It goes
  // through a gate all the same, so that it is sent once.
  const SendGateTerms terms{request->signed_at, absl::InfiniteDuration(), absl::InfiniteDuration()};
  transport_.Post(std::move(request->http), std::make_shared<SendGate>(clock_, terms),
                  [this, done = std::move(done)](HttpResult result) mutable {
                    std::move(done)(Decode(result));
                  });
  return absl::OkStatus();
}

OrderPage OrderList::Decode(const HttpResult& result) const {
  OrderPage page;
  page.http_status = result.http_status;
  page.latency = result.latency;
  page.problem = result.cause;
  if (result.outcome != SendOutcome::kAnswered) return page;
  page.date = ParseHttpDate(result.date);
  wire::v1::OrderPageAnswer answer;
  const DecodeReport report = DecodeJson(plan_, result.body, &answer);
  page.gateway_code = CodeToShow(answer.code());
  if (result.http_status != 200) {
    page.problem = "unexpected_http_status";
  } else if (!report.complete || !answer.has_code()) {
    page.problem = "unreadable_answer";
  } else if (answer.code() != "200") {
    page.problem = "gateway_code";
  } else if (!answer.has_page()) {
    page.problem = "unreadable_answer";
  }
  if (!page.problem.empty()) return page;
  // Past the decoder's list of paths, damage could go unseen.
  const bool damaged = report.total_unreadable > static_cast<int64_t>(report.unreadable.size()) ||
                       std::any_of(report.unreadable.begin(), report.unreadable.end(),
                                   [](const std::string& path) { return DamagesOrders(path); });
  if (answer.page().has_total()) page.total = answer.page().total();
  for (v1::Order& order : *answer.mutable_page()->mutable_orders()) {
    page.orders.push_back({std::move(order), damaged});
  }
  return page;
}

}  // namespace order1688
