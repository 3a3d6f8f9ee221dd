#include "tests/simulation/simulated_gateway.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

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

}  // namespace

Fate DecideFate(SeededChoice& choice) {
  const std::string serial = absl::StrCat(1000000 + choice.Pick(1 << 30));
  const std::string one = absl::StrCat("1", serial);
  const std::string two = absl::StrCat("2", serial);
  const std::string both = Envelope(absl::StrCat(Element(1, one), ",", Element(2, two)));
  switch (choice.Pick(12)) {
    case 0:
    case 1:
    case 2:
      return {{one, two}, Answer(both)};
    case 3:
      return {{one}, Answer(Envelope(absl::StrCat(Element(1, one), ",", Refusal(2))))};
    case 4:
      return {{}, Answer(Envelope(absl::StrCat(Refusal(1), ",", Refusal(2))))};
    case 5:
      return {{}, Answer(R"({"code":400,"msg":"no"})", 400)};
    case 6:
      return {{}, Answer("", 401)};
    case 7:
      return {{}, Answer("", 429)};
    case 8:
      return {{}, Answer("broken", 500)};
    case 9:
      return {{one, two}, Answer("<html>", 502)};
    case 10:
      return {{one, two},
              Lost(both.substr(0, static_cast<size_t>(choice.Pick(static_cast<int>(both.size())))),
                   "answer_cut")};
    default:
      if (choice.Percent(50)) return {{one, two}, Lost("", "no_answer")};
      return {{}, Lost("", "no_answer")};
  }
}

void SimulatedWire::Finish(size_t index) {
  Exchange exchange = std::move(exchanges_[index]);
  exchanges_.erase(exchanges_.begin() + static_cast<std::ptrdiff_t>(index));
  if (!exchange.gate->opened()) {
    exchange.gate->Shut("connect_failed");
    exchange.result.outcome = SendOutcome::kNotSent;
    exchange.result.cause = exchange.gate->shut_cause();
  }
  std::move(exchange.done)(std::move(exchange.result));
}

}  // namespace order1688
