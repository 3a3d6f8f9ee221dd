// Batches and answers of the gateway, made by hand for tests of the classifier.
#ifndef ORDER1688_TESTS_SUPPORT_GATEWAY_ANSWERS_H_
#define ORDER1688_TESTS_SUPPORT_GATEWAY_ANSWERS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "order1688/v1/order_batch.pb.h"
#include "server/upstream/http_transport.h"

namespace order1688 {

inline constexpr char kFirstId[] = "2540608320348880794";
inline constexpr char kSecondId[] = "2540608320348880801";

// A line with a spec.
inline v1::Cargo SpecLine(const std::string& seller, const std::string& spec) {
  v1::Cargo line;
  line.set_offer_map_id(absl::StrCat("offer-of-", spec));
  line.set_spec_id(spec);
  line.set_quantity(1);
  line.set_seller_open_id(seller);
  return line;
}

// A line that is named only by its mapped offer.
inline v1::Cargo MappedLine(const std::string& seller, const std::string& offer_map_id) {
  v1::Cargo line;
  line.set_offer_map_id(offer_map_id);
  line.set_quantity(1);
  line.set_seller_open_id(seller);
  return line;
}

// A line of an offer without specs.
inline v1::Cargo OfferLine(const std::string& seller, int64_t offer_id) {
  v1::Cargo line;
  line.set_offer_id(offer_id);
  line.set_quantity(1);
  line.set_seller_open_id(seller);
  return line;
}

inline v1::OrderBatch BatchOf(const std::vector<v1::Cargo>& lines) {
  v1::OrderBatch batch;
  batch.set_flow("general");
  for (const v1::Cargo& line : lines) *batch.add_cargo_lines() = line;
  return batch;
}

// Lines 0 and 1 of seller-a (specs a1, a2), line 2 of seller-b (spec b1).
inline v1::OrderBatch TwoSellers() {
  return BatchOf(
      {SpecLine("seller-a", "a1"), SpecLine("seller-a", "a2"), SpecLine("seller-b", "b1")});
}

// [{"specId":"a1"},…]
inline std::string ItemsJson(const std::vector<std::string>& specs) {
  return absl::StrCat("[",
                      absl::StrJoin(specs, ",",
                                    [](std::string* out, const std::string& spec) {
                                      absl::StrAppend(out, R"({"specId":")", spec, R"("})");
                                    }),
                      "]");
}

// An element with an order, its keys in the order of the sample.
inline std::string PlacedJson(const std::string& seller, const std::string& id,
                              const std::vector<std::string>& specs) {
  return absl::StrCat(R"({"productItems":)", ItemsJson(specs), R"(,"baseInfo":{"id":)", id,
                      R"(,"idOfStr":")", id, R"("},"sellerOpenId":")", seller,
                      R"(","success":true,"errorCode":null,"errorMsg":null})");
}

// An element with the given baseInfo and nothing else that speaks of an order.
inline std::string BaseInfoJson(const std::string& seller, const std::string& base_info,
                                const std::string& success = "true") {
  return absl::StrCat(R"({"baseInfo":)", base_info, R"(,"sellerOpenId":")", seller,
                      R"(","success":)", success, "}");
}

// An element that refuses all that it speaks of.
inline std::string RefusedJson(const std::string& seller, const std::string& code = "500_004") {
  return absl::StrCat(R"({"productItems":null,"baseInfo":null,"sellerOpenId":")", seller,
                      R"(","success":false,"errorCode":")", code, R"(","errorMsg":"库存不足"})");
}

// The whole answer; `code` is JSON.
inline std::string EnvelopeJson(const std::string& code, const std::vector<std::string>& elements) {
  return absl::StrCat(R"({"requestId":"gw-1","code":)", code,
                      R"(,"developId":"1110890638347337996","msg":"说明","data":[)",
                      absl::StrJoin(elements, ","), "]}");
}

inline HttpResult Answered(int http_status, std::string body) {
  HttpResult result;
  result.outcome = SendOutcome::kAnswered;
  result.http_status = http_status;
  result.body = std::move(body);
  return result;
}

// HTTP 200 and envelope code 200.
inline HttpResult Answered(const std::vector<std::string>& elements) {
  return Answered(200, EnvelopeJson("200", elements));
}

inline HttpResult Unanswered(SendOutcome outcome, std::string cause, int http_status = 0,
                             std::string body = "") {
  HttpResult result;
  result.outcome = outcome;
  result.cause = std::move(cause);
  result.http_status = http_status;
  result.body = std::move(body);
  return result;
}

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_GATEWAY_ANSWERS_H_
