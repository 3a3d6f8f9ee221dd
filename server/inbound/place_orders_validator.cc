#include "server/inbound/place_orders_validator.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/code_points.h"
#include "common/request_id.h"

namespace order1688 {
namespace {

constexpr size_t kLongestReference = 256;
constexpr size_t kLongestAddress = 200;
constexpr size_t kLongestMessage = 500;
// Above it a double cannot hold three decimals exactly.
constexpr double kLargestQuantity = 1e12;
constexpr size_t kMostDecimals = 3;

constexpr absl::string_view kKnownFlows[] = {"general",      "fenxiao",    "saleproxy",
                                             "paired",       "repurchase", "boutiquefenxiao",
                                             "boutiquepifa", "fenxiaonew"};
constexpr absl::string_view kKnownTradeTypes[] = {"assureTrade", "alipay",    "period",
                                                  "assure",      "creditBuy", "bank",
                                                  "631staged",   "37staged",  "nzassure"};

template <size_t N>
bool IsOneOf(const absl::string_view (&known)[N], absl::string_view value) {
  return std::find(std::begin(known), std::end(known), value) != std::end(known);
}

// Of a quantity that is not too large.
bool HasAtMostThreeDecimals(double quantity) {
  if (quantity == static_cast<double>(static_cast<int64_t>(quantity))) return true;
  char text[64];
  // The shortest text that reads back as the same number: what the gateway is sent.
  auto [end, error] = std::to_chars(text, text + sizeof(text), quantity, std::chars_format::fixed);
  absl::string_view digits(text, static_cast<size_t>(end - text));
  const size_t point = digits.find('.');
  return error == std::errc() &&
         (point == absl::string_view::npos || digits.size() - point - 1 <= kMostDecimals);
}

bool IsDigitsAndDashes(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isdigit(c) || c == '-'; });
}

// Collects what is wrong with one request.
class Check {
 public:
  Check(const v1::PlaceOrdersRequest& request, const std::vector<std::string>& unknown_fields,
        const CallerProfile& caller, int max_cargo_lines_per_seller)
      : request_(request),
        unknown_fields_(unknown_fields),
        caller_(caller),
        max_cargo_lines_per_seller_(max_cargo_lines_per_seller) {}

  Findings Run() {
    CheckEnvelope();
    if (!request_.has_batch()) {
      Refuse("batch", "is required");
      return std::move(findings_);
    }
    CheckBatch(request_.batch());
    CheckAddress(request_.batch());
    CheckCargo(request_.batch());
    return std::move(findings_);
  }

 private:
  void Refuse(absl::string_view field, absl::string_view description) {
    findings_.violations.push_back({std::string(field), std::string(description)});
  }
  void Warn(absl::string_view field, absl::string_view description) {
    findings_.warnings.push_back(absl::StrCat(field, " ", description));
  }

  void CheckEnvelope() {
    for (const std::string& path : unknown_fields_) {
      Refuse(path, "is a field that this server does not know; without it another thing is bought");
    }
    if (request_.request_id().empty()) {
      Refuse("request_id", "is required; choose and keep it before the first call");
    } else if (!IsRequestId(request_.request_id())) {
      Refuse("request_id", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    }
    if (!request_.account().empty() && !caller_.MayUseAccount(request_.account())) {
      Refuse("account", "is not an account of this caller");
    }
    CheckLength("reference", request_.reference(), kLongestReference);
  }

  void CheckBatch(const v1::OrderBatch& batch) {
    if (batch.flow().empty()) {
      Refuse("batch.flow", "is required, e.g. general");
    } else if (!IsOneOf(kKnownFlows, batch.flow())) {
      Warn("batch.flow", "is not a known flow");
    }
    if (batch.has_trade_type() && !IsOneOf(kKnownTradeTypes, batch.trade_type())) {
      Warn("batch.trade_type", "is not a known trade type");
    }
    CheckLength("batch.message", batch.message(), kLongestMessage);
    if (batch.has_user_id() && !caller_.MayUseUserId(batch.user_id())) {
      Refuse("batch.user_id", "acts as another sub-account; this caller is not configured for it");
    }
  }

  void CheckAddress(const v1::OrderBatch& batch) {
    if (!batch.has_address()) return Refuse("batch.address", "is required");
    const v1::Address& address = batch.address();
    if (address.full_name().empty()) Refuse("batch.address.full_name", "is required");
    if (!address.has_district_code()) CheckAddressText(address);
    if (address.has_district_code() && address.address().empty())
      Warn("batch.address.address", "is empty: no street is given");
    CheckLength("batch.address.address", address.address(), kLongestAddress);
    if (!IsDigitsAndDashes(address.phone()))
      Refuse("batch.address.phone", "must be digits and dashes");
    if (!IsDigitsAndDashes(address.mobile()))
      Warn("batch.address.mobile", "is not only digits and dashes");
    if (!address.has_mobile() && !address.has_phone())
      Warn("batch.address.mobile", "is empty, and so is phone");
  }

  void CheckAddressText(const v1::Address& address) {
    constexpr absl::string_view kNeeded = "is required unless district_code is given";
    if (!address.has_province_text()) Refuse("batch.address.province_text", kNeeded);
    if (!address.has_city_text()) Refuse("batch.address.city_text", kNeeded);
    if (address.address().empty()) Refuse("batch.address.address", kNeeded);
    // Some cities, 东莞市 for one, have no districts.
    if (!address.has_area_text()) Warn("batch.address.area_text", "is empty");
  }

  void CheckCargo(const v1::OrderBatch& batch) {
    if (batch.cargo_lines().empty()) return Refuse("batch.cargo_lines", "at least one is required");
    for (int i = 0; i < batch.cargo_lines_size(); ++i) CheckLine(i, batch.cargo_lines(i));
    if (HasTooManyLinesOfOneSeller(batch)) {
      Refuse("batch.cargo_lines", absl::StrCat("at most ", max_cargo_lines_per_seller_,
                                               " lines of one seller are allowed"));
    }
  }

  bool HasTooManyLinesOfOneSeller(const v1::OrderBatch& batch) const {
    if (batch.cargo_lines_size() <= max_cargo_lines_per_seller_) return false;
    absl::flat_hash_map<absl::string_view, int> lines_of_seller;
    for (const v1::Cargo& line : batch.cargo_lines()) ++lines_of_seller[line.seller_open_id()];
    return std::any_of(lines_of_seller.begin(), lines_of_seller.end(), [&](const auto& seller) {
      return seller.second > max_cargo_lines_per_seller_;
    });
  }

  void CheckLine(int index, const v1::Cargo& line) {
    const auto refuse = [&](absl::string_view field, absl::string_view description) {
      Refuse(PathOf(index, field), description);
    };
    if (line.seller_open_id().empty()) refuse("seller_open_id", "is required");
    if (!line.has_offer_map_id() && !line.has_offer_id())
      refuse("offer_map_id", "is required unless offer_id is given");
    if (line.has_offer_map_id() && line.has_offer_id())
      Warn(PathOf(index, "offer_id"), "is given beside offer_map_id");
    if (line.has_offer_id() && line.offer_id() <= 0) refuse("offer_id", "must be above 0");
    const double quantity = line.quantity();
    if (!std::isfinite(quantity) || quantity <= 0 || quantity > kLargestQuantity) {
      refuse("quantity", "must be above 0, and at most 1000000000000");
    } else if (!HasAtMostThreeDecimals(quantity)) {
      refuse("quantity", "must have at most 3 decimals");
    }
  }

  static std::string PathOf(int line, absl::string_view field) {
    return absl::StrCat("batch.cargo_lines[", line, "].", field);
  }

  void CheckLength(absl::string_view field, absl::string_view text, size_t most) {
    if (CountCodePoints(text) > most)
      Refuse(field, absl::StrCat("must be at most ", most, " characters"));
  }

  const v1::PlaceOrdersRequest& request_;
  const std::vector<std::string>& unknown_fields_;
  const CallerProfile& caller_;
  const int max_cargo_lines_per_seller_;
  Findings findings_;
};

}  // namespace

Findings CheckPlaceOrders(const v1::PlaceOrdersRequest& request,
                          const std::vector<std::string>& unknown_fields,
                          const CallerProfile& caller, int max_cargo_lines_per_seller) {
  return Check(request, unknown_fields, caller, max_cargo_lines_per_seller).Run();
}

}  // namespace order1688
