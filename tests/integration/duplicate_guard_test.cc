// The guard against the same purchase under a second request_id, on the real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"
#include "tests/support/service_call.h"

namespace order1688 {
namespace {

constexpr char kStrictToken[] = "strict-token-0123456789abcdef";
constexpr char kWarnedToken[] = "warned-token-0123456789abcdef";

class DuplicateGuardTest : public testing::Test {
 protected:
  DuplicateGuardTest() : server_(TermsFor(sandbox_)) { server_.Start(); }

  static std::string Guarded(const std::string& id, const std::string& token,
                             const std::string& action) {
    return absl::StrCat("callers { id: \"", id, "\" token_sha256: \"", TokenDigest(token),
                        "\" accounts: \"main\" permissions: PLACE permissions: READ"
                        " duplicate_guard { window { seconds: 3600 } action: ",
                        action, " } }\n");
  }
  static ServerTerms TermsFor(const SandboxProcess& sandbox) {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
    terms.more_lines =
        Guarded("strict", kStrictToken, "REFUSE") + Guarded("warned", kWarnedToken, "FLAG");
    return terms;
  }

  PlaceAnswer Place(const std::string& token, const v1::PlaceOrdersRequest& request) {
    return PlaceOrders(*server_.NewChannel(), token, request);
  }

  SandboxProcess sandbox_;
  ServerProcess server_;
};

TEST_F(DuplicateGuardTest, RefusesTheSamePurchaseAndNamesTheEarlierOne) {
  ASSERT_TRUE(Place(kStrictToken, SampleRequest("first")).status.ok());
  const PlaceAnswer second = Place(kStrictToken, SampleRequest("second"));
  EXPECT_EQ(second.status.error_code(), grpc::FAILED_PRECONDITION);
  ASSERT_TRUE(second.error.has_value()) << second.status.error_message();
  EXPECT_EQ(second.error->reason, v1::ERROR_REASON_POSSIBLE_DUPLICATE);
  EXPECT_EQ(second.error->metadata.at("earlierRequestId"), "first");
  EXPECT_EQ(sandbox_.CountOf("orders"), 1);
  EXPECT_EQ(GetPlacement(*server_.NewChannel(), kStrictToken, "second").status.error_code(),
            grpc::NOT_FOUND)
      << "nothing is stored";
}

TEST_F(DuplicateGuardTest, AllowDuplicateBuysItOnceMore) {
  ASSERT_TRUE(Place(kStrictToken, SampleRequest("first")).status.ok());
  v1::PlaceOrdersRequest wanted = SampleRequest("second");
  wanted.set_allow_duplicate(true);
  const PlaceAnswer second = Place(kStrictToken, wanted);
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.response.placement().state(), v1::PLACEMENT_STATE_PLACED);
  EXPECT_EQ(sandbox_.CountOf("orders"), 2);
}

TEST_F(DuplicateGuardTest, FlagPlacesItAndNamesTheEarlierOne) {
  ASSERT_TRUE(Place(kWarnedToken, SampleRequest("first")).status.ok());
  const PlaceAnswer second = Place(kWarnedToken, SampleRequest("second"));
  ASSERT_TRUE(second.status.ok()) << second.status.error_message();
  EXPECT_EQ(second.response.placement().possible_duplicate_of(), "first");
  EXPECT_EQ(sandbox_.CountOf("orders"), 2);
}

TEST_F(DuplicateGuardTest, OtherGoodsOtherCallersAndCallersWithoutAGuardAreFree) {
  ASSERT_TRUE(Place(kStrictToken, SampleRequest("first")).status.ok());
  v1::PlaceOrdersRequest more = SampleRequest("second");
  more.mutable_batch()->mutable_cargo_lines(0)->set_quantity(2);
  EXPECT_TRUE(Place(kStrictToken, more).status.ok());
  EXPECT_EQ(
      Place(kWarnedToken, SampleRequest("first")).response.placement().possible_duplicate_of(), "");
  for (const char* id : {"free-1", "free-2"}) {
    const PlaceAnswer free = Place(kShopToken, SampleRequest(id));
    ASSERT_TRUE(free.status.ok()) << free.status.error_message();
    EXPECT_EQ(free.response.placement().possible_duplicate_of(), "");
  }
}

}  // namespace
}  // namespace order1688
