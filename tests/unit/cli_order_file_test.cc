#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client/cli/json_guard.h"
#include "client/cli/order_file.h"
#include "tests/support/temp_folder.h"

namespace order1688 {
namespace {

using testing::HasSubstr;

constexpr char kBody[] = R"({
"flow":"general",
"addressParam": {"fullName": "li", "mobile": "13800000001", "cityText": "杭州市", "address": "x"},
"cargoParamList": [{"offerMapId": "o", "specId": "s", "quantity": 1, "sellerOpenId": "B"}]
})";

std::string Problem(absl::string_view text) {
  absl::StatusOr<OrderFile> file = ParseOrderFile("a.json", text);
  return file.ok() ? "accepted" : std::string(file.status().message());
}

TEST(OrderFileTest, TakesTheRestBodyAsItIs) {
  absl::StatusOr<OrderFile> file = ParseOrderFile("a.json", kBody);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->request.batch().address().city_text(), "杭州市");
  EXPECT_EQ(file->request.batch().cargo_lines(0).quantity(), 1);
  EXPECT_EQ(file->request.request_id(), "");
}

TEST(OrderFileTest, TakesAWholeRequest) {
  absl::StatusOr<OrderFile> file = ParseOrderFile(
      "a.json", absl::StrCat(R"({"requestId": "r", "account": "main", "batch": )", kBody, "}"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->request.request_id(), "r");
  EXPECT_EQ(file->request.batch().cargo_lines_size(), 1);
}

TEST(OrderFileTest, RefusesTheSameKeyTwice) {
  EXPECT_EQ(Problem(R"({"cargoParamList": [{"quantity": 1}],
 "cargoParamList": [{"quantity": 1}]})"),
            "a.json: line 2, byte 55: field cargoParamList stands twice");
}

TEST(OrderFileTest, RefusesTheSameFieldUnderItsTwoNames) {
  EXPECT_THAT(Problem(R"({"cargoParamList": [{}], "cargo_lines": [{}]})"),
              HasSubstr("cargo_lines stands twice"));
}

TEST(OrderFileTest, RefusesTheSameKeyHiddenByAnEscape) {
  EXPECT_THAT(Problem(R"({"cargoParamList": [{}], "cargoParamLis\u0074": [{}]})"),
              HasSubstr("stands twice"));
}

TEST(OrderFileTest, RefusesTheSameKeyTwiceInALine) {
  EXPECT_THAT(Problem(R"({"cargoParamList": [{"quantity": 1}, {"quantity": 1, "quantity": 2}]})"),
              HasSubstr("field cargoParamList[1].quantity stands twice"));
}

TEST(OrderFileTest, NamesAnUnknownField) {
  EXPECT_THAT(Problem(R"({"cargoParamList": [{"quantty": 1}]})"),
              HasSubstr("unknown field cargoParamList[0].quantty"));
  EXPECT_THAT(Problem(R"({"flow": "general", "batch": {}})"), HasSubstr("unknown field flow"));
}

TEST(OrderFileTest, RefusesQuantitiesThatAreNoExactNumber) {
  for (const char* quantity :
       {"NaN", "Infinity", "-Infinity", "\"NaN\"", "\"Infinity\"", "\"1 \\u0000\"", "1e400",
        "\"1e400\"", "2.9999999999999999", "\"one\"", "01", "+1", ".5", "0x1", "\"\""}) {
    EXPECT_NE(Problem(absl::StrCat(R"({"cargoParamList": [{"quantity": )", quantity, "}]}")),
              "accepted")
        << quantity;
  }
  for (const char* quantity : {"1", "1.5", "\"2\"", "0.125", "1e3"}) {
    EXPECT_EQ(Problem(absl::StrCat(R"({"cargoParamList": [{"quantity": )", quantity, "}]}")),
              "accepted")
        << quantity;
  }
}

TEST(OrderFileTest, RefusesWhatIsNotStrictJson) {
  for (const std::string& text : {std::string(),
                                  std::string("[]"),
                                  std::string("null"),
                                  std::string("1"),
                                  std::string("{"),
                                  std::string("{}x"),
                                  std::string("{'flow': 'general'}"),
                                  std::string("{flow: 1}"),
                                  std::string("{\"flow\": \"a\",}"),
                                  std::string("// no\n{}"),
                                  std::string("{\"flow\": \"\xff\"}"),
                                  std::string("{\"flow\": \"\\ud800\"}"),
                                  std::string("\xEF\xBB\xBF{}"),
                                  std::string("{}\0{\"flow\": 1}", 14),
                                  std::string("{\"cargoParamList\": [null]}"),
                                  std::string("{\"cargoParamList\": {}}"),
                                  std::string("{\"flow\": {}}"),
                                  std::string("{\"flow\": [\"a\"]}"),
                                  std::string("{\"addressParam\": 1}"),
                                  std::string("{\"cargoParamList\": [[{}]]}")}) {
    EXPECT_NE(Problem(text), "accepted") << text;
  }
}

TEST(OrderFileTest, DeepNestingIsRefusedNotCrashed) {
  EXPECT_THAT(Problem(std::string(200000, '[')), HasSubstr("a.json: line 1"));
  std::string deep = "{\"flow\": ";
  for (int i = 0; i < 200000; ++i) deep += "{\"a\":";
  EXPECT_THAT(Problem(deep), HasSubstr("nested deeper than 32"));
}

TEST(OrderFileTest, RefusesAnOrderOfNothing) {
  EXPECT_THAT(Problem("{}"), HasSubstr("cargoParamList is missing or empty"));
  EXPECT_THAT(Problem(R"({"flow": "general", "cargoParamList": []})"),
              HasSubstr("cargoParamList is missing"));
  EXPECT_THAT(Problem(R"({"requestId": "r", "batch": {}})"),
              HasSubstr("batch.cargoParamList is missing"));
}

TEST(OrderFileTest, RefusesAnEmptyRequestId) {
  EXPECT_THAT(Problem(absl::StrCat(R"({"requestId": "", "batch": )", kBody, "}")),
              HasSubstr("requestId is empty"));
}

TEST(OrderFileTest, NamesTheFieldOfAWrongType) {
  EXPECT_THAT(Problem(R"({"cargoParamList": [{"quantity": 1, "offerId": "x"}]})"),
              HasSubstr("offer_id"));
}

TEST(OrderFileTest, TheHashIsOfTheContentNotOfTheText) {
  const auto hash = [](absl::string_view text) {
    return HashOf(ParseOrderFile("a", text)->request.batch());
  };
  EXPECT_EQ(hash(R"({"flow": "general", "cargoParamList": [{"quantity": 1}]})"),
            hash(R"({ "cargo_lines":[{"quantity":1.0}],"flow":"general"})"));
  EXPECT_NE(hash(R"({"cargoParamList": [{"quantity": 1}]})"),
            hash(R"({"cargoParamList": [{"quantity": 2}]})"));
}

TEST(OrderFileTest, ReadsFilesAndStandardInputUpToTheLimit) {
  const TempFolder folder;
  std::istringstream in("from stdin");
  EXPECT_EQ(*ReadOrderText("-", in), "from stdin");
  std::ofstream(folder.File("big")) << std::string(kLargestOrderFile + 1, ' ');
  std::ofstream(folder.File("fits")) << std::string(kLargestOrderFile, ' ');
  EXPECT_THAT(std::string(ReadOrderText(folder.File("big"), in).status().message()),
              HasSubstr("larger than 1 MiB"));
  EXPECT_TRUE(ReadOrderText(folder.File("fits"), in).ok());
  EXPECT_THAT(std::string(ReadOrderText(folder.path(), in).status().message()),
              HasSubstr("is a directory"));
  EXPECT_THAT(std::string(ReadOrderText(folder.File("none"), in).status().message()),
              HasSubstr("No such file"));
}

}  // namespace
}  // namespace order1688
