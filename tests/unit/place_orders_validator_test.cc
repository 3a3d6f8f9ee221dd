#include "server/inbound/place_orders_validator.h"

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/inbound/request_normalizer.h"

namespace order1688 {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr int kMostLines = 50;

CallerProfile Shop() {
  CallerProfile caller;
  caller.id = "shop";
  caller.accounts = {"main", "spare"};
  caller.user_ids = {"2100007341207"};
  return caller;
}

// A request without a fault and without a warning.
v1::PlaceOrdersRequest GoodRequest() {
  v1::PlaceOrdersRequest request;
  request.set_request_id("6e4c1f0e-9a52-4b3c-8f0e-0d7a2b1c9e11");
  v1::OrderBatch& batch = *request.mutable_batch();
  batch.set_flow("general");
  v1::Address& address = *batch.mutable_address();
  address.set_full_name("li");
  address.set_mobile("13800000001");
  address.set_phone("0571-13800000");
  address.set_province_text("浙江省");
  address.set_city_text("杭州市");
  address.set_area_text("西湖区");
  address.set_address("xxxxxxx");
  v1::Cargo& line = *batch.add_cargo_lines();
  line.set_offer_map_id("L0PTnwSnx_dWNZWCtgK7Gg");
  line.set_spec_id("e61a85a671bb3d0301d0412b51641c6b");
  line.set_quantity(1);
  line.set_seller_open_id("BBBgGWh2O6JFI6v1aQuZVgRIA");
  return request;
}

using Edit = std::function<void(v1::PlaceOrdersRequest&)>;

Findings CheckAfter(const Edit& edit) {
  v1::PlaceOrdersRequest request = GoodRequest();
  edit(request);
  // As in the service: the check comes after the normal form.
  const NormalForm form = Normalize(&request);
  return CheckPlaceOrders(request, form.unknown_fields, Shop(), kMostLines);
}

std::vector<std::string> FieldsOf(const Findings& findings) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : findings.violations) fields.push_back(violation.field);
  return fields;
}

std::string Repeat(const std::string& text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST(PlaceOrdersValidatorTest, GoodRequestHasNoFindings) {
  const Findings findings = CheckAfter([](auto&) {});
  EXPECT_THAT(FieldsOf(findings), IsEmpty());
  EXPECT_THAT(findings.warnings, IsEmpty());
}

struct Rule {
  const char* name;
  Edit edit;
  const char* field;  // the one that is refused; "" if none is
};

class ValidatorRule : public testing::TestWithParam<Rule> {};

TEST_P(ValidatorRule, RefusesExactlyItsField) {
  const Findings findings = CheckAfter(GetParam().edit);
  if (GetParam().field[0] == '\0') {
    EXPECT_THAT(FieldsOf(findings), IsEmpty());
  } else {
    EXPECT_THAT(FieldsOf(findings), ElementsAre(GetParam().field));
    EXPECT_FALSE(findings.violations.front().description.empty());
  }
}

v1::Address& AddressOf(v1::PlaceOrdersRequest& r) { return *r.mutable_batch()->mutable_address(); }
v1::Cargo& LineOf(v1::PlaceOrdersRequest& r) { return *r.mutable_batch()->mutable_cargo_lines(0); }

const Rule kRules[] = {
    {"NoRequestId", [](auto& r) { r.clear_request_id(); }, "request_id"},
    {"RequestIdWithSpace", [](auto& r) { r.set_request_id("a b"); }, "request_id"},
    {"RequestIdOf64", [](auto& r) { r.set_request_id(std::string(64, 'a')); }, ""},
    {"RequestIdOf65", [](auto& r) { r.set_request_id(std::string(65, 'a')); }, "request_id"},
    {"OwnAccount", [](auto& r) { r.set_account("spare"); }, ""},
    {"ForeignAccount", [](auto& r) { r.set_account("theirs"); }, "account"},
    {"ReferenceOf256", [](auto& r) { r.set_reference(Repeat("篮", 256)); }, ""},
    {"ReferenceOf257", [](auto& r) { r.set_reference(Repeat("篮", 257)); }, "reference"},
    {"NoBatch", [](auto& r) { r.clear_batch(); }, "batch"},
    {"NoFlow", [](auto& r) { r.mutable_batch()->clear_flow(); }, "batch.flow"},
    {"MessageOf500", [](auto& r) { r.mutable_batch()->set_message(Repeat("快", 500)); }, ""},
    {"MessageOf501", [](auto& r) { r.mutable_batch()->set_message(Repeat("快", 501)); },
     "batch.message"},
    {"ListedUserId", [](auto& r) { r.mutable_batch()->set_user_id("2100007341207"); }, ""},
    {"ForeignUserId", [](auto& r) { r.mutable_batch()->set_user_id("1"); }, "batch.user_id"},
    {"EmptyUserId", [](auto& r) { r.mutable_batch()->set_user_id(""); }, ""},
    {"NoAddress", [](auto& r) { r.mutable_batch()->clear_address(); }, "batch.address"},
    {"NoFullName", [](auto& r) { AddressOf(r).clear_full_name(); }, "batch.address.full_name"},
    {"NoProvince", [](auto& r) { AddressOf(r).clear_province_text(); },
     "batch.address.province_text"},
    {"NoCity", [](auto& r) { AddressOf(r).set_city_text(""); }, "batch.address.city_text"},
    {"NoStreet", [](auto& r) { AddressOf(r).clear_address(); }, "batch.address.address"},
    {"NoArea", [](auto& r) { AddressOf(r).clear_area_text(); }, ""},
    {"NoTown", [](auto& r) { AddressOf(r).clear_town_text(); }, ""},
    {"StreetOf200", [](auto& r) { AddressOf(r).set_address(Repeat("路", 200)); }, ""},
    {"StreetOf201", [](auto& r) { AddressOf(r).set_address(Repeat("路", 201)); },
     "batch.address.address"},
    {"StreetOf200Rare", [](auto& r) { AddressOf(r).set_address(Repeat("𠮷", 200)); }, ""},
    {"PhoneWithPlus", [](auto& r) { AddressOf(r).set_phone("+86-571"); }, "batch.address.phone"},
    {"PhoneInChinese", [](auto& r) { AddressOf(r).set_phone("零五七一"); }, "batch.address.phone"},
    {"NoPhone", [](auto& r) { AddressOf(r).clear_phone(); }, ""},
    {"MobileWithPlus", [](auto& r) { AddressOf(r).set_mobile("+8613800000001"); }, ""},
    {"NoMobileAndNoPhone",
     [](auto& r) {
       AddressOf(r).clear_phone();
       AddressOf(r).clear_mobile();
     },
     ""},
    {"NoPostCode", [](auto& r) { AddressOf(r).clear_post_code(); }, ""},
    {"NoLines", [](auto& r) { r.mutable_batch()->clear_cargo_lines(); }, "batch.cargo_lines"},
    {"NoSeller", [](auto& r) { LineOf(r).clear_seller_open_id(); },
     "batch.cargo_lines[0].seller_open_id"},
    {"NoOffer", [](auto& r) { LineOf(r).clear_offer_map_id(); },
     "batch.cargo_lines[0].offer_map_id"},
    {"EmptyOffer", [](auto& r) { LineOf(r).set_offer_map_id(""); },
     "batch.cargo_lines[0].offer_map_id"},
    {"OfferIdAlone",
     [](auto& r) {
       LineOf(r).clear_offer_map_id();
       LineOf(r).set_offer_id(743470146022);
     },
     ""},
    {"OfferIdOf0",
     [](auto& r) {
       LineOf(r).clear_offer_map_id();
       LineOf(r).set_offer_id(0);
     },
     "batch.cargo_lines[0].offer_id"},
    {"OfferIdBelow0", [](auto& r) { LineOf(r).set_offer_id(-7); }, "batch.cargo_lines[0].offer_id"},
    {"NoSpec", [](auto& r) { LineOf(r).clear_spec_id(); }, ""},
    {"UnknownFlow", [](auto& r) { r.mutable_batch()->set_flow("newflow"); }, ""},
    {"UnknownTradeType", [](auto& r) { r.mutable_batch()->set_trade_type("newtype"); }, ""},
};

INSTANTIATE_TEST_SUITE_P(PlaceOrdersValidatorTest, ValidatorRule, testing::ValuesIn(kRules),
                         [](const auto& info) { return std::string(info.param.name); });

struct Guess {
  const char* name;
  Edit edit;
  const char* field;
};

class ValidatorGuess : public testing::TestWithParam<Guess> {};

TEST_P(ValidatorGuess, WarnsAndRefusesNothing) {
  const Findings findings = CheckAfter(GetParam().edit);
  EXPECT_THAT(FieldsOf(findings), IsEmpty());
  EXPECT_THAT(findings.warnings, ElementsAre(StartsWith(absl::StrCat(GetParam().field, " "))));
}

const Guess kGuesses[] = {
    {"UnknownFlow", [](auto& r) { r.mutable_batch()->set_flow("newflow"); }, "batch.flow"},
    {"UnknownTradeType", [](auto& r) { r.mutable_batch()->set_trade_type("newtype"); },
     "batch.trade_type"},
    {"NoArea", [](auto& r) { AddressOf(r).clear_area_text(); }, "batch.address.area_text"},
    {"MobileWithPlus", [](auto& r) { AddressOf(r).set_mobile("+8613800000001"); },
     "batch.address.mobile"},
    {"NoMobileAndNoPhone",
     [](auto& r) {
       AddressOf(r).clear_phone();
       AddressOf(r).clear_mobile();
     },
     "batch.address.mobile"},
    {"BothOffers", [](auto& r) { LineOf(r).set_offer_id(743470146022); },
     "batch.cargo_lines[0].offer_id"},
    {"DistrictCodeWithoutStreet",
     [](auto& r) {
       AddressOf(r).set_district_code("330106");
       AddressOf(r).clear_address();
     },
     "batch.address.address"},
};

INSTANTIATE_TEST_SUITE_P(PlaceOrdersValidatorTest, ValidatorGuess, testing::ValuesIn(kGuesses),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(PlaceOrdersValidatorTest, EveryDocumentedFlowAndTradeTypeIsKnown) {
  for (const char* flow : {"general", "fenxiao", "saleproxy", "paired", "repurchase",
                           "boutiquefenxiao", "boutiquepifa", "fenxiaonew"}) {
    EXPECT_THAT(CheckAfter([&](auto& r) { r.mutable_batch()->set_flow(flow); }).warnings, IsEmpty())
        << flow;
  }
  for (const char* type : {"assureTrade", "alipay", "period", "assure", "creditBuy", "bank",
                           "631staged", "37staged", "nzassure"}) {
    EXPECT_THAT(CheckAfter([&](auto& r) { r.mutable_batch()->set_trade_type(type); }).warnings,
                IsEmpty())
        << type;
  }
}

TEST(PlaceOrdersValidatorTest, DistrictCodeAloneIsAnAddress) {
  const Findings findings = CheckAfter([](auto& r) {
    v1::Address address;
    address.set_full_name("li");
    address.set_mobile("13800000001");
    address.set_district_code("330106");
    *r.mutable_batch()->mutable_address() = address;
  });
  EXPECT_THAT(FieldsOf(findings), IsEmpty());
}

TEST(PlaceOrdersValidatorTest, EmptyDistrictCodeIsNone) {
  const Findings findings = CheckAfter([](auto& r) {
    AddressOf(r).set_district_code("");
    AddressOf(r).clear_city_text();
  });
  EXPECT_THAT(FieldsOf(findings), ElementsAre("batch.address.city_text"));
}

TEST(PlaceOrdersValidatorTest, QuantityAboveZeroWithThreeDecimalsIsTaken) {
  for (double quantity :
       {1.0, 0.001, 0.125, 2.5, 1234.567, 1e12, 999999999999.999, 3.0000000000000004 - 4e-16}) {
    EXPECT_THAT(FieldsOf(CheckAfter([&](auto& r) { LineOf(r).set_quantity(quantity); })), IsEmpty())
        << quantity;
  }
}

TEST(PlaceOrdersValidatorTest, AnyOtherQuantityIsRefused) {
  for (double quantity :
       {0.0, -0.0, -1.0, 0.0001, 1.0005, 0.1 + 0.2, 1e13, 1e300, 1e-300, 5e-324,
        std::nextafter(1e12, 2e12), std::numeric_limits<double>::quiet_NaN(),
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(FieldsOf(CheckAfter([&](auto& r) { LineOf(r).set_quantity(quantity); })),
                ElementsAre("batch.cargo_lines[0].quantity"))
        << quantity;
  }
}

v1::PlaceOrdersRequest WithLines(int of_first, int of_second) {
  v1::PlaceOrdersRequest request = GoodRequest();
  const v1::Cargo line = request.batch().cargo_lines(0);
  request.mutable_batch()->clear_cargo_lines();
  for (int i = 0; i < of_first + of_second; ++i) {
    v1::Cargo* added = request.mutable_batch()->add_cargo_lines();
    *added = line;
    if (i >= of_first) added->set_seller_open_id("other-seller");
  }
  return request;
}

TEST(PlaceOrdersValidatorTest, LinesAreCountedPerSeller) {
  EXPECT_THAT(FieldsOf(CheckPlaceOrders(WithLines(50, 50), {}, Shop(), kMostLines)), IsEmpty());
  EXPECT_THAT(FieldsOf(CheckPlaceOrders(WithLines(51, 1), {}, Shop(), kMostLines)),
              ElementsAre("batch.cargo_lines"));
  EXPECT_THAT(FieldsOf(CheckPlaceOrders(WithLines(1, 51), {}, Shop(), kMostLines)),
              ElementsAre("batch.cargo_lines"));
  EXPECT_THAT(FieldsOf(CheckPlaceOrders(WithLines(51, 0), {}, Shop(), 100)), IsEmpty());
}

TEST(PlaceOrdersValidatorTest, FieldThatThisVersionDoesNotKnowIsRefusedAtAnyDepth) {
  const Findings findings = CheckAfter([](auto& r) {
    r.GetReflection()->MutableUnknownFields(&r)->AddVarint(999, 1);
    auto* b = r.mutable_batch();
    b->GetReflection()->MutableUnknownFields(b)->AddLengthDelimited(999, "x");
    auto& c = LineOf(r);
    c.GetReflection()->MutableUnknownFields(&c)->AddFixed64(999, 1);
  });
  EXPECT_THAT(FieldsOf(findings), ElementsAre("999", "batch.999", "batch.cargo_lines[0].999"));
}

TEST(PlaceOrdersValidatorTest, EveryViolationIsToldAtOnce) {
  const Findings findings = CheckAfter([](auto& r) {
    r.set_request_id("");
    r.set_account("theirs");
    r.set_reference(std::string(257, 'r'));
    r.mutable_batch()->clear_flow();
    r.mutable_batch()->set_message(std::string(501, 'm'));
    r.mutable_batch()->set_user_id("1");
    AddressOf(r).Clear();
    AddressOf(r).set_phone("call me");
    LineOf(r).Clear();
    *r.mutable_batch()->add_cargo_lines() = v1::Cargo();
    r.mutable_batch()->mutable_cargo_lines(1)->set_offer_id(-1);
    r.GetReflection()->MutableUnknownFields(&r)->AddVarint(999, 1);
  });
  EXPECT_THAT(FieldsOf(findings),
              UnorderedElementsAre(
                  "999", "request_id", "account", "reference", "batch.flow", "batch.message",
                  "batch.user_id", "batch.address.full_name", "batch.address.province_text",
                  "batch.address.city_text", "batch.address.address", "batch.address.phone",
                  "batch.cargo_lines[0].seller_open_id", "batch.cargo_lines[0].offer_map_id",
                  "batch.cargo_lines[0].quantity", "batch.cargo_lines[1].seller_open_id",
                  "batch.cargo_lines[1].offer_id", "batch.cargo_lines[1].quantity"));
}

TEST(PlaceOrdersValidatorTest, EmptyRequestNamesWhatItLacks) {
  EXPECT_THAT(FieldsOf(CheckPlaceOrders(v1::PlaceOrdersRequest(), {}, Shop(), kMostLines)),
              ElementsAre("request_id", "batch"));
}

TEST(PlaceOrdersValidatorTest, NoTextRepeatsAValue) {
  const std::string canary = "canary13800000001";
  const Findings findings = CheckAfter([&](auto& r) {
    r.set_request_id(canary + " ");
    r.set_account(canary);
    r.set_reference(Repeat(canary, 20));
    r.mutable_batch()->set_flow(canary);
    r.mutable_batch()->set_trade_type(canary);
    r.mutable_batch()->set_message(Repeat(canary, 40));
    r.mutable_batch()->set_user_id(canary);
    AddressOf(r).set_phone(canary);
    AddressOf(r).set_mobile(canary);
    AddressOf(r).set_address(Repeat(canary, 20));
  });
  EXPECT_EQ(findings.violations.size(), 7U);
  EXPECT_EQ(findings.warnings.size(), 3U);
  for (const FieldViolation& violation : findings.violations)
    EXPECT_THAT(violation.field + violation.description, Not(HasSubstr("canary")));
  for (const std::string& warning : findings.warnings)
    EXPECT_THAT(warning, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace order1688
