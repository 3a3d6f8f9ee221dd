#include "server/inbound/caller_auth.h"

#include <openssl/sha.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

std::string Sha256Hex(const std::string& token) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), sizeof(digest)));
}

config::v1::Caller Caller(const std::string& id, const std::vector<std::string>& tokens) {
  config::v1::Caller caller;
  caller.set_id(id);
  for (const std::string& token : tokens) caller.add_token_sha256(Sha256Hex(token));
  return caller;
}

CallerAuth AuthOf(const std::vector<config::v1::Caller>& callers) {
  return CallerAuth(
      google::protobuf::RepeatedPtrField<config::v1::Caller>(callers.begin(), callers.end()));
}

TEST(CallerAuthTest, EveryTokenOfACallerIsRecognised) {
  const CallerAuth auth = AuthOf({Caller("shop", {"old", "new"}), Caller("erp", {"third"})});
  for (const char* token : {"Bearer old", "Bearer new"}) {
    const CallerProfile* caller = auth.Recognise(token);
    ASSERT_NE(caller, nullptr) << token;
    EXPECT_EQ(caller->id, "shop");
  }
  EXPECT_EQ(auth.Recognise("Bearer third")->id, "erp");
}

TEST(CallerAuthTest, SchemeIsTakenInAnyCase) {
  const CallerAuth auth = AuthOf({Caller("shop", {"token"})});
  EXPECT_NE(auth.Recognise("bearer token"), nullptr);
  EXPECT_NE(auth.Recognise("BEARER token"), nullptr);
}

TEST(CallerAuthTest, AnythingElseIsNobody) {
  const CallerAuth auth = AuthOf({Caller("shop", {"token"})});
  for (const std::string& value :
       {std::string(), std::string("Bearer"), std::string("Bearer "), std::string("token"),
        std::string("Basic token"), std::string("Bearertoken"), std::string("Digest token"),
        std::string("Bearer\ttoken"), std::string("Bearer toke"), std::string("Bearer token "),
        std::string("Bearer  token"), std::string("Bearer Token"),
        std::string("Bearer token\0", 13), "Bearer " + Sha256Hex("token")}) {
    EXPECT_EQ(auth.Recognise(value), nullptr) << value;
  }
}

TEST(CallerAuthTest, EmptyTokenIsNobodyEvenIfItsDigestIsConfigured) {
  EXPECT_EQ(AuthOf({Caller("shop", {""})}).Recognise("Bearer "), nullptr);
}

TEST(CallerAuthTest, DigestIsTakenInUpperCase) {
  config::v1::Caller caller;
  caller.set_id("shop");
  caller.add_token_sha256(absl::AsciiStrToUpper(Sha256Hex("token")));
  EXPECT_NE(AuthOf({caller}).Recognise("Bearer token"), nullptr);
}

TEST(CallerAuthTest, DigestOfAnotherLengthIsNobodys) {
  config::v1::Caller caller;
  caller.set_id("shop");
  caller.add_token_sha256(Sha256Hex("token").substr(0, 62));
  caller.add_token_sha256(Sha256Hex("token") + "00");
  caller.add_token_sha256("");
  EXPECT_EQ(AuthOf({caller}).Recognise("Bearer token"), nullptr);
}

TEST(CallerAuthTest, EveryByteOfTheDigestCounts) {
  for (size_t digit = 0; digit < 64; ++digit) {
    std::string digest = Sha256Hex("token");
    digest[digit] = digest[digit] == '0' ? '1' : '0';
    config::v1::Caller caller;
    caller.set_id("shop");
    caller.add_token_sha256(digest);
    EXPECT_EQ(AuthOf({caller}).Recognise("Bearer token"), nullptr) << digit;
  }
}

TEST(CallerAuthTest, NoCallersMeansNobody) {
  EXPECT_EQ(AuthOf({}).Recognise("Bearer token"), nullptr);
}

TEST(CallerAuthTest, ProfileHoldsWhatIsConfiguredAndNothingElse) {
  config::v1::Caller configured = Caller("shop", {"token"});
  configured.add_accounts("main");
  configured.add_accounts("spare");
  configured.add_user_ids("2100007341207");
  configured.add_permissions(config::v1::PLACE);
  const CallerAuth auth = AuthOf({configured, Caller("erp", {"other"})});
  const CallerProfile& shop = *auth.Recognise("Bearer token");
  EXPECT_EQ(shop.accounts, (std::vector<std::string>{"main", "spare"}));
  EXPECT_TRUE(shop.MayUseAccount("spare"));
  EXPECT_FALSE(shop.MayUseAccount("mai"));
  EXPECT_FALSE(shop.MayUseAccount(""));
  EXPECT_TRUE(shop.MayUseUserId("2100007341207"));
  EXPECT_FALSE(shop.MayUseUserId(""));
  EXPECT_TRUE(shop.Permits(config::v1::PLACE));
  EXPECT_FALSE(shop.Permits(config::v1::READ));
  EXPECT_FALSE(shop.Permits(config::v1::RESOLVE));
  EXPECT_EQ(shop.duplicate_window, absl::ZeroDuration());
  EXPECT_FALSE(shop.refuse_duplicates);
  const CallerProfile& erp = *auth.Recognise("Bearer other");
  EXPECT_FALSE(erp.MayUseAccount("main"));
  EXPECT_FALSE(erp.MayUseUserId("2100007341207"));
  EXPECT_FALSE(erp.Permits(config::v1::PLACE));
}

TEST(CallerAuthTest, ProfileHoldsTheDuplicateGuard) {
  config::v1::Caller flag = Caller("shop", {"token"});
  flag.mutable_duplicate_guard()->mutable_window()->set_seconds(60);
  flag.mutable_duplicate_guard()->set_action(config::v1::DuplicateGuard::FLAG);
  config::v1::Caller refuse = Caller("erp", {"other"});
  refuse.mutable_duplicate_guard()->mutable_window()->set_seconds(3600);
  refuse.mutable_duplicate_guard()->set_action(config::v1::DuplicateGuard::REFUSE);
  const CallerAuth auth = AuthOf({flag, refuse});
  EXPECT_EQ(auth.Recognise("Bearer token")->duplicate_window, absl::Minutes(1));
  EXPECT_FALSE(auth.Recognise("Bearer token")->refuse_duplicates);
  EXPECT_EQ(auth.Recognise("Bearer other")->duplicate_window, absl::Hours(1));
  EXPECT_TRUE(auth.Recognise("Bearer other")->refuse_duplicates);
}

}  // namespace
}  // namespace order1688
