#include "tests/simulation/simulated_gateway.h"

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

namespace order1688 {
namespace {

constexpr int64_t kStartSeconds = 1767323045;
constexpr absl::Duration kBootAtStart = absl::Seconds(1000);
constexpr absl::Duration kFurthestSignature = absl::Seconds(600);
constexpr int kShanghaiOffset = 8 * 3600;

// What the gateway does with a body: for which sellers it makes orders, and how often it happens.
struct Fate {
  const char* name;
  int weight;
  bool first;
  bool second;
};
constexpr std::array<Fate, 14> kFates = {{{"all_placed", 6, true, true},
                                          {"one_refused", 2, true, false},
                                          {"all_refused", 2, false, false},
                                          {"refused_code", 2, false, false},
                                          {"refused_signature", 1, false, false},
                                          {"throttled", 1, false, false},
                                          {"broken_nothing_made", 2, false, false},
                                          {"broken_all_made", 2, true, true},
                                          {"answer_cut", 3, true, true},
                                          {"one_unanswered", 2, true, true},
                                          {"no_answer_all_made", 3, true, true},
                                          {"no_answer_one_made", 2, true, false},
                                          {"no_answer_nothing_made", 3, false, false},
                                          {"garbage_all_made", 1, true, true}}};

// What may be wrong with one page of the order list.
constexpr std::array<const char*, 8> kPageFaults = {
    "page_broken",    "page_unanswered", "page_garbage",           "page_empty",
    "page_too_short", "page_no_total",   "page_without_receivers", "page_no_date"};

const Fate& PickFate(SeededChoice& choice) {
  int weights = 0;
  for (const Fate& fate : kFates) weights += fate.weight;
  int left = choice.Pick(weights);
  for (const Fate& fate : kFates) {
    left -= fate.weight;
    if (left < 0) return fate;
  }
  return kFates.front();
}

std::string Element(int seller, const std::string& order_id) {
  return absl::StrCat(R"({"sellerOpenId":"seller-)", seller,
                      R"(","success":true,"baseInfo":{"idOfStr":")", order_id, R"("}})");
}

std::string Refusal(int seller) {
  return absl::StrCat(R"({"sellerOpenId":"seller-)", seller,
                      R"(","success":false,"errorCode":"NO_STOCK"})");
}

std::string Envelope(const std::string& elements) {
  return absl::StrCat(R"({"requestId":"gw","code":200,"data":[)", elements, "]}");
}

HttpResult Answer(std::string body, int http_status = 200) {
  HttpResult result;
  result.outcome = SendOutcome::kAnswered;
  result.http_status = http_status;
  result.body = std::move(body);
  return result;
}

HttpResult Lost(std::string body, const std::string& cause) {
  HttpResult result;
  result.outcome = SendOutcome::kInDoubt;
  result.cause = cause;
  result.body = std::move(body);
  return result;
}

HttpResult AnswerOf(absl::string_view fate, const std::string& one, const std::string& two,
                    SeededChoice& choice) {
  const std::string both = Envelope(absl::StrCat(Element(1, one), ",", Element(2, two)));
  if (fate == "all_placed") return Answer(both);
  if (fate == "one_refused")
    return Answer(Envelope(absl::StrCat(Element(1, one), ",", Refusal(2))));
  if (fate == "all_refused") return Answer(Envelope(absl::StrCat(Refusal(1), ",", Refusal(2))));
  if (fate == "refused_code") return Answer(R"({"code":400,"msg":"no"})", 400);
  if (fate == "refused_signature") return Answer("", 401);
  if (fate == "throttled") return Answer("", 429);
  if (fate == "broken_nothing_made") return Answer("broken", 500);
  if (fate == "broken_all_made") return Answer("<html>", 502);
  if (fate == "garbage_all_made") return Answer("garbage");
  if (fate == "one_unanswered") return Answer(Envelope(Element(1, one)));
  if (fate == "answer_cut")
    return Lost(both.substr(0, choice.Pick(static_cast<int>(both.size()))), "answer_cut");
  return Lost("", "no_answer");
}

std::string Receiver(int receiver) {
  return absl::StrCat(R"(,"nativeLogistics":{"contactPerson":"name )", receiver,
                      R"(","mobile":"1380000000)", receiver, R"("})");
}

// As 20260102110405000+0800.
absl::Time ReadWireTime(absl::string_view text) {
  const auto number = [text](int from, int length) {
    int value = 0;
    return absl::SimpleAtoi(text.substr(from, length), &value) ? value : 0;
  };
  const absl::CivilSecond second(number(0, 4), number(4, 2), number(6, 2), number(8, 2),
                                 number(10, 2), number(12, 2));
  return absl::FromCivil(second, absl::FixedTimeZone(kShanghaiOffset)) +
         absl::Milliseconds(number(14, 3));
}

ListHabit PickHabit(SeededChoice& choice) {
  const int number = choice.Pick(10);
  if (number == 0) return ListHabit::kAlwaysEmpty;
  if (number == 1) return ListHabit::kWithoutReceivers;
  return number == 2 ? ListHabit::kHidesOrders : ListHabit::kSound;
}

}  // namespace

absl::Time TrueTime(absl::Duration since_boot) {
  return absl::FromUnixSeconds(kStartSeconds) + since_boot - kBootAtStart;
}

absl::Time SignTimeOf(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    int64_t milliseconds = 0;
    if (name == "timestamp" && absl::SimpleAtoi(value, &milliseconds))
      return absl::FromUnixMillis(milliseconds);
  }
  return absl::InfinitePast();
}

SimulatedGateway::SimulatedGateway(const FakeClock& clock, SeededChoice& choice,
                                   SimulationCounts& counts)
    : clock_(clock),
      choice_(choice),
      counts_(counts),
      skew_(choice.Percent(50) ? absl::Seconds(choice.Pick(11) - 5)
                               : absl::Seconds(choice.Pick(1201) - 600)),
      list_habit_(PickHabit(choice)),
      list_lag_(choice.Percent(70) ? absl::ZeroDuration() : absl::Seconds(choice.Pick(400))) {}

absl::Time SimulatedGateway::Now() const { return TrueTime(clock_.SinceBoot()) + skew_; }

bool SimulatedGateway::Takes(absl::Time sign_time) const {
  return absl::AbsDuration(Now() - sign_time) <= kFurthestSignature;
}

HttpResult SimulatedGateway::Order(const AttemptKey& attempt, const Purchase& purchase,
                                   absl::Time sign_time) {
  if (!Takes(sign_time)) {
    last_fate_ = "signature_out_of_time";
    counts_.Count(last_fate_);
    return Answer("", 401);
  }
  const Fate& fate = PickFate(choice_);
  last_fate_ = fate.name;
  counts_.Count(last_fate_);
  const std::string one = fate.first ? MakeOrder(purchase, 1) : "";
  const std::string two = fate.second ? MakeOrder(purchase, 2) : "";
  for (const std::string& id : {one, two}) {
    if (!id.empty()) orders_[attempt].insert(id);
  }
  return AnswerOf(fate.name, one, two, choice_);
}

void SimulatedGateway::OrderByHand() {
  counts_.Count("order_by_hand");
  for (int seller : {1, 2}) MakeOrder({1, Purchase::kReceivers}, seller);
}

std::string SimulatedGateway::MakeOrder(const Purchase& purchase, int seller) {
  std::string id = absl::StrCat(2540608320340000000 + ++serial_ * 1000 + choice_.Pick(1000));
  const std::string created =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3S+00:00", Now(), absl::UTCTimeZone());
  listed_.push_back(
      {Now(), id,
       absl::StrCat(R"({"sellerOpenId":"seller-)", seller, R"(","productItems":[{"specId":"spec-)",
                    seller, R"(","quantity":)", purchase.quantity, R"(}],"baseInfo":{"idOfStr":")",
                    id, R"(","createTime":")", created, "\"}"),
       Receiver(purchase.receiver)});
  counts_.Count("order");
  return id;
}

HttpResult SimulatedGateway::List(const HttpRequest& request, bool faults) {
  if (!Takes(SignTimeOf(request))) {
    last_fate_ = "page_signature_out_of_time";
    counts_.Count(last_fate_);
    return Dated(Answer("", 401));
  }
  last_fate_ = faults ? kPageFaults[choice_.Pick(kPageFaults.size())] : "page";
  if (list_habit_ == ListHabit::kAlwaysEmpty && last_fate_ != "page_unanswered")
    last_fate_ = "page_empty";
  counts_.Count(last_fate_);
  if (last_fate_ == "page_broken") return Dated(Answer("broken", 500));
  if (last_fate_ == "page_unanswered") return Lost("", "no_answer");
  if (last_fate_ == "page_garbage") return Dated(Answer(R"({"code":200,"data":{"totalRec)"));
  if (last_fate_ == "page_empty")
    return Dated(Answer(R"({"code":200,"data":{"totalRecord":0,"result":[]}})"));
  return Page(request, last_fate_);
}

HttpResult SimulatedGateway::Page(const HttpRequest& request, absl::string_view fault) const {
  // {"from":"…","to":"…","page":"…","size":"…"}
  const std::vector<absl::string_view> words = absl::StrSplit(request.body, '"');
  const absl::Time from = ReadWireTime(words[3]);
  const absl::Time to = ReadWireTime(words[7]);
  int page = 1;
  int size = 1;
  if (!absl::SimpleAtoi(words[11], &page) || !absl::SimpleAtoi(words[15], &size)) return {};
  const bool receivers =
      list_habit_ != ListHabit::kWithoutReceivers && fault != "page_without_receivers";
  int total = 0;
  std::string result;
  // The newest comes first, so that an order made between two pages moves the others.
  for (auto order = listed_.rbegin(); order != listed_.rend(); ++order) {
    if (order->created < from || order->created > to || order->created + list_lag_ > Now())
      continue;
    const int position = total++;
    const bool skipped = (fault == "page_too_short" || list_habit_ == ListHabit::kHidesOrders) &&
                         position == (page - 1) * size;
    if (position < (page - 1) * size || position >= page * size || skipped) continue;
    absl::StrAppend(&result, result.empty() ? "" : ",", order->text,
                    receivers ? order->receiver : "", "}");
  }
  const std::string count =
      fault == "page_no_total" ? "" : absl::StrCat(R"("totalRecord":)", total, ",");
  HttpResult answer =
      Answer(absl::StrCat(R"({"code":200,"data":{)", count, R"("result":[)", result, "]}}"));
  return fault == "page_no_date" ? answer : Dated(std::move(answer));
}

HttpResult SimulatedGateway::Dated(HttpResult result) const {
  result.date = absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", Now(), absl::UTCTimeZone());
  return result;
}

const std::set<std::string>& SimulatedGateway::OrdersOf(const AttemptKey& attempt) const {
  const auto found = orders_.find(attempt);
  return found == orders_.end() ? none_ : found->second;
}

}  // namespace order1688
