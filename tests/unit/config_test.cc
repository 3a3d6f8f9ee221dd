#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/text_format.h"
#include "tests/unit/config_fixture.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ConfigTest : public ConfigFixture {};

TEST_F(ConfigTest, SmallestConfigurationIsCompletedWithDefaults) {
  absl::StatusOr<Config> config = Load(Valid());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->proto.listen(), "127.0.0.1:50051");
  EXPECT_EQ(config->proto.ops_listen(), "127.0.0.1:9464");
  const config::v1::Account& account = config->proto.accounts(0);
  EXPECT_EQ(account.base_url(), "https://api.example.com/gw");
  EXPECT_EQ(account.timeout().seconds(), 30);
  EXPECT_EQ(account.connect_timeout().seconds(), 10);
  EXPECT_EQ(account.max_in_flight(), 16);
  EXPECT_EQ(account.orders_per_second(), 10);
  EXPECT_EQ(account.signature().timestamp_unit(), config::v1::Signature::MILLISECONDS);
  EXPECT_EQ(account.signature().nonce(), config::v1::Signature::NONCE_INCLUDED);
  EXPECT_EQ(config->proto.limits().max_cargo_lines_per_seller(), 50);
  EXPECT_EQ(config->proto.limits().max_placements_in_flight(), 1000);
  EXPECT_EQ(config->proto.limits().max_answer_bytes(), 8388608);
  EXPECT_EQ(config->proto.log().level(), "info");
  EXPECT_EQ(config->proto.shutdown_grace().seconds(), 35);
  EXPECT_EQ(config->gateway_hosts.at("main"), "api.example.com");
}

TEST_F(ConfigTest, SecretStandsBesideTheProtoOnly) {
  absl::StatusOr<Config> config = Load(Valid());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->access_secrets.at("main"), kSecret);
  EXPECT_THAT(config->proto.DebugString(), Not(HasSubstr(kSecret)));
}

TEST_F(ConfigTest, DescriptionIsTextFormatWithoutSecrets) {
  absl::StatusOr<Config> config = Load(Valid());
  ASSERT_TRUE(config.ok()) << config.status();
  std::string text = DescribeConfig(*config);
  config::v1::ServerConfig read;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &read));
  EXPECT_EQ(read.accounts(0).access_key(), "AK12…");
  EXPECT_EQ(read.callers(0).token_sha256(0), "01234567…");
  EXPECT_EQ(read.limits().max_answer_bytes(), 8388608);
  EXPECT_THAT(text, Not(HasSubstr(kSecret)));
  EXPECT_THAT(text, Not(HasSubstr("AK12345678")));
  EXPECT_THAT(text, Not(HasSubstr(kDigest)));
}

TEST_F(ConfigTest, AbsentFileIsNotFound) {
  EXPECT_EQ(LoadConfig(Path("none.cfg")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ConfigTest, EmptyTextNamesEveryMissingPart) {
  EXPECT_THAT(Faults(""), ElementsAre("1: accounts: at least one is required",
                                      "1: callers: at least one is required",
                                      HasSubstr("1: ledger: a store is required")));
}

TEST_F(ConfigTest, EmptyPartsNameEveryMissingField) {
  EXPECT_THAT(
      Faults("accounts {}\ncallers {}\nledger {\n  sqlite {}\n}\ntls {}\n"),
      ElementsAre("1: accounts[0].name: is required",
                  "1: accounts[0].environment: is required: SANDBOX or REAL",
                  "1: accounts[0].base_url: is required", "1: accounts[0].access_key: is required",
                  "1: accounts[0].access_secret_file: is required",
                  "1: accounts[0].user_id: is required", "2: callers[0].id: is required",
                  "2: callers[0].token_sha256: at least one is required",
                  "2: callers[0].accounts: at least one is required",
                  "2: callers[0].permissions: at least one is required",
                  "4: ledger.sqlite.path: is required", "6: tls.cert_file: is required in tls",
                  "6: tls.key_file: is required in tls"));
}

TEST_F(ConfigTest, EveryUnknownKeyIsNamedWithItsLine) {
  std::vector<std::string> faults =
      Faults(absl::StrCat("lissten: \"x\"\n", With("user_id:", "colour: 1 user_id:"),
                          "ops {\n  port: 1\n}\nlast: 2\n"));
  EXPECT_THAT(faults, ElementsAre(HasSubstr("1: column 8: "), HasSubstr("9: column 9: "),
                                  HasSubstr("20: column 5: "), HasSubstr("23: column 5: ")));
  EXPECT_THAT(faults[1], HasSubstr("colour"));
}

TEST_F(ConfigTest, EveryLineOfAWrongTypeIsNamed) {
  std::string text =
      absl::StrCat("listen: 5\n", Valid(), "limits {\n  max_answer_bytes: \"many\"\n}\nbogus: 1\n");
  std::vector<std::string> faults = Faults(text);
  EXPECT_THAT(faults,
              ElementsAre(testing::StartsWith("1: column 9"), testing::StartsWith("21: column 21"),
                          testing::StartsWith("23: column ")));
}

TEST_F(ConfigTest, UnreadableLineHidesNoOtherFault) {
  std::string text =
      absl::StrReplaceAll(With("https://api", "http://api"), {{"user_id: \"u1\"", "user_id: 5"}});
  EXPECT_THAT(Faults(text),
              ElementsAre("4: accounts[0].base_url: must be https, except to loopback",
                          testing::StartsWith("8: column 12")));
}

TEST_F(ConfigTest, CutTextIsAnErrorAndNoCrash) {
  std::string text = Valid();
  for (size_t size = 0; size < text.size() - 2; ++size) {
    EXPECT_FALSE(Load(text.substr(0, size)).ok()) << size;
  }
}

TEST_F(ConfigTest, ComplaintsRepeatNoValue) {
  std::string token = "t0p5ecret70ken";
  for (const std::string& text :
       {With(absl::StrCat("\"", kDigest, "\""), token), With(kDigest, token),
        With("\"AK12345678\"", token), With("\"AK12345678\"", absl::StrCat("\"", token)),
        With("permissions: PLACE", absl::StrCat("permissions: ", token)),
        With("permissions: PLACE", absl::StrCat("permissions: \"", token, "\"")),
        With("permissions: PLACE", absl::StrCat("\"", token, "\""))}) {
    absl::StatusOr<Config> config = Load(text);
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_THAT(std::string(config.status().message()), Not(HasSubstr(token)));
  }
}

TEST_F(ConfigTest, FieldGivenTwiceIsRefused) {
  EXPECT_THAT(Faults(With("user_id: \"u1\"", "user_id: \"u1\"\n  user_id: \"u2\"")),
              ElementsAre(HasSubstr("9: column ")));
}

TEST_F(ConfigTest, OffLoopbackNeedsMutualTlsOrAnExplicitWord) {
  EXPECT_THAT(Faults(Valid() + "listen: \"0.0.0.0:50051\"\n"),
              ElementsAre(HasSubstr("19: listen: is not loopback")));
  EXPECT_TRUE(Load(Valid() + "listen: \"0.0.0.0:50051\"\nallow_insecure_listen: true\n").ok());
  EXPECT_THAT(Faults(Valid() + "ops_listen: \"[::1]:9464\"\n"),
              ElementsAre("19: ops_listen: must be an IPv4 loopback address"));
  EXPECT_THAT(Faults(Valid() + "ops_listen: \"127.0.0.1:50051\"\n"),
              ElementsAre("19: ops_listen: must differ from listen"));
  EXPECT_THAT(Faults(Valid() + "listen: \"\"\n"),
              ElementsAre(HasSubstr("19: listen: must be HOST:PORT")));
}

TEST_F(ConfigTest, GatewayOffLoopbackNeedsHttps) {
  EXPECT_TRUE(Load(With("https://api.example.com/gw/", "http://127.0.0.1:8080")).ok());
  EXPECT_TRUE(Load(With("https://api.example.com/gw/", "http://[::1]:8080")).ok());
  for (const char* url :
       {"http://api.example.com", "http://localhost.example", "http://127.0.0.1.example"}) {
    EXPECT_THAT(Faults(With("https://api.example.com/gw/", url)),
                ElementsAre("4: accounts[0].base_url: must be https, except to loopback"))
        << url;
  }
}

TEST_F(ConfigTest, SandboxIsRefusedForHostsOfRealOrders) {
  for (const char* host : {"api.pandapon.com", "pandapon.com", "API.PANDAPON.COM",
                           "a.b.xportcn.com", "xportcn.com."}) {
    std::string text = absl::StrReplaceAll(With("api.example.com", host),
                                           {{"environment: REAL", "environment: SANDBOX"}});
    EXPECT_THAT(
        Faults(text),
        ElementsAre("5: accounts[0].environment: must be REAL: this host places real orders"))
        << host;
  }
  std::string text =
      absl::StrReplaceAll(With("api.example.com", "api.notpandapon.com"), {{"REAL", "SANDBOX"}});
  EXPECT_TRUE(Load(text).ok());
}

struct AccountCase {
  const char* line;
  const char* fault;
};

class ConfigAccountTest : public ConfigTest, public testing::WithParamInterface<AccountCase> {};

TEST_P(ConfigAccountTest, ValueOutOfItsRangeIsRefused) {
  std::string text = With("user_id: \"u1\"", absl::StrCat("user_id: \"u1\"\n  ", GetParam().line));
  EXPECT_THAT(Faults(text),
              ElementsAre(testing::StartsWith(absl::StrCat("9: accounts[0].", GetParam().fault))));
}

INSTANTIATE_TEST_SUITE_P(
    All, ConfigAccountTest,
    testing::Values(
        AccountCase{"timeout { }", "timeout: must be 1 s to 300 s"},
        AccountCase{"timeout { seconds: 301 }", "timeout: must be 1 s to 300 s"},
        AccountCase{"timeout { seconds: 5 nanos: -1 }", "timeout: must be 1 s to 300 s"},
        AccountCase{"timeout { seconds: 9223372036854775807 }", "timeout: must be 1 s to 300 s"},
        AccountCase{"connect_timeout { seconds: 31 }", "connect_timeout: must be 0.1 s to timeout"},
        AccountCase{"connect_timeout { }", "connect_timeout: must be 0.1 s to timeout"},
        AccountCase{"max_in_flight: 0", "max_in_flight: must be 1 to 1000"},
        AccountCase{"max_in_flight: 1001", "max_in_flight: must be 1 to 1000"},
        AccountCase{"orders_per_second: 0", "orders_per_second: must be above 0"},
        AccountCase{"orders_per_second: -1", "orders_per_second: must be above 0"},
        AccountCase{"orders_per_second: nan", "orders_per_second: must be above 0"},
        AccountCase{"orders_per_second: inf", "orders_per_second: must be above 0"},
        AccountCase{"refusal_codes: \"200\"", "refusal_codes[0]: has a fixed meaning"},
        AccountCase{"refusal_codes: \"\"", "refusal_codes[0]: must be 1 to 64"},
        AccountCase{"proxy: \"socks5://h:1\"", "proxy: must be http://HOST:PORT"},
        AccountCase{"proxy: \"http://user:pw@h:1\"", "proxy: must be http://HOST:PORT"},
        AccountCase{"ca_file: \"/nowhere/ca.pem\"", "ca_file: does not exist"},
        AccountCase{"signature { timestamp_unit: 9 }", "signature.timestamp_unit: must be"},
        AccountCase{"signature { nonce: 9 }", "signature.nonce: must be"}));

TEST_F(ConfigTest, HeadersAreVisibleAscii) {
  EXPECT_THAT(Faults(With("AK12345678", "AK 1")),
              ElementsAre(HasSubstr("6: accounts[0].access_key: must be at most 256 visible")));
  EXPECT_THAT(Faults(With("\"u1\"", "\"u\\r\\nx: 1\"")),
              ElementsAre(HasSubstr("8: accounts[0].user_id: must be at most")));
}

TEST_F(ConfigTest, EnvironmentIsOneOfTwo) {
  EXPECT_THAT(Faults(With("environment: REAL", "environment: 7")),
              ElementsAre("5: accounts[0].environment: must be SANDBOX or REAL"));
}

TEST_F(ConfigTest, NamesHaveAFormAndAreUnique) {
  EXPECT_THAT(Faults(With("id: \"shop\"", "id: \"Shop\"")),
              ElementsAre("11: callers[0].id: must be 1 to 32 of a-z 0-9 -"));
  std::string two =
      absl::StrReplaceAll(Valid(), {{"callers {",
                                     "callers { id: \"shop\" token_sha256: \"ff\" accounts: "
                                     "\"main\" permissions: READ }\ncallers {"}});
  EXPECT_THAT(Faults(two),
              ElementsAre(HasSubstr("10: callers[0].token_sha256[0]: must be the SHA-256"),
                          "12: callers[1].id: is given twice"));
}

TEST_F(ConfigTest, TokenDigestsAreLowerCasedAndBelongToOneCaller) {
  std::string upper = absl::AsciiStrToUpper(kDigest);
  absl::StatusOr<Config> config = Load(With(kDigest, upper));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->proto.callers(0).token_sha256(0), kDigest);
  std::string second = absl::StrCat("callers {\n  id: \"b\"\n  token_sha256: \"", upper,
                                    "\"\n  accounts: \"main\"\n  permissions: READ\n}\n");
  EXPECT_THAT(Faults(Valid() + second),
              ElementsAre(HasSubstr("21: callers[1].token_sha256[0]: is given twice")));
}

TEST_F(ConfigTest, DigestOfAnEmptyTokenIsRefused) {
  EXPECT_THAT(
      Faults(With(kDigest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
      ElementsAre("12: callers[0].token_sha256[0]: is the digest of an empty token"));
}

TEST_F(ConfigTest, CallersUseAccountsThatExistAndKnownPermissions) {
  EXPECT_THAT(Faults(With("accounts: \"main\"", "accounts: \"main\"\n  accounts: \"other\"")),
              ElementsAre("14: callers[0].accounts[1]: names no account of this configuration"));
  EXPECT_THAT(
      Faults(With("permissions: PLACE", "permissions: PLACE permissions: 0 permissions: PLACE")),
      ElementsAre("14: callers[0].permissions[1]: must be PLACE, READ, RESOLVE or READ_RAW",
                  "14: callers[0].permissions[2]: is given twice"));
}

TEST_F(ConfigTest, ALookupOnlyReadsAndItsBodyIsJson) {
  auto with = [this](const std::string& lookup) {
    return With("user_id: \"u1\"", "user_id: \"u1\"\n  lookup {" + lookup + " }");
  };
  const std::string body =
      R"( body_template: '{"p":{{page}},"a":"{{created_after}}","b":"{{created_before}}"}')";
  absl::StatusOr<Config> config = Load(with("path: \"/order/page\"" + body));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->proto.accounts(0).lookup().page_size(), 20);
  EXPECT_EQ(config->proto.accounts(0).lookup().least_interval().seconds(), 1);
  EXPECT_THAT(Faults(with("path: \"/v2/alibaba/order/batch/create\"" + body)),
              ElementsAre(HasSubstr("9: accounts[0].lookup.path: must only read")));
  EXPECT_THAT(Faults(with("path: \"/order/page\" body_template: '{\"p\":{{page}}'")),
              ElementsAre(HasSubstr("accounts[0].lookup.body_template: must have")));
  EXPECT_THAT(Faults(with("page_size: 0 least_interval { nanos: 1 }")),
              testing::UnorderedElementsAre(
                  HasSubstr("accounts[0].lookup.path: is required"),
                  HasSubstr("accounts[0].lookup.body_template: is required"),
                  HasSubstr("accounts[0].lookup.page_size: must be 1 to 100"),
                  HasSubstr("accounts[0].lookup.least_interval: must be 0.1 s to 1 hour")));
}

TEST_F(ConfigTest, LimitsAndLogHaveRanges) {
  EXPECT_THAT(Faults(Valid() + "limits {\n  max_cargo_lines_per_seller: 0\n  "
                               "max_placements_in_flight: -1\n  max_answer_bytes: 1\n}\n"
                               "log { level: \"loud\" }\n"),
              ElementsAre(HasSubstr("20: limits.max_cargo_lines_per_seller: must be 1 to 1000"),
                          HasSubstr("21: limits.max_placements_in_flight: must be 1 to"),
                          HasSubstr("22: limits.max_answer_bytes: must be 1048576"),
                          "24: log.level: must be debug, info, warn or error"));
}

TEST_F(ConfigTest, PersonalDataIsKeptFromOneDayToTenYears) {
  EXPECT_EQ(Load(Valid())->proto.ledger().personal_data_retention().seconds(), 90 * 86400);
  const auto with = [this](const std::string& duration) {
    return With("ledger {", "ledger {\n  personal_data_retention { " + duration + " }");
  };
  EXPECT_TRUE(Load(with("seconds: 86400")).ok());
  EXPECT_TRUE(Load(with("seconds: 315360000")).ok());
  for (const char* duration :
       {"", "seconds: 86399 nanos: 999999999", "seconds: 400000000", "seconds: -1"}) {
    EXPECT_THAT(Faults(with(duration)),
                ElementsAre("17: ledger.personal_data_retention: must be 1 day to 10 years"))
        << duration;
  }
}

TEST_F(ConfigTest, DuplicateGuardIsOffUnlessItSaysWindowAndAction) {
  EXPECT_FALSE(Load(Valid())->proto.callers(0).has_duplicate_guard());
  const auto with = [this](const std::string& guard) {
    return With("permissions: PLACE", "permissions: PLACE\n  duplicate_guard { " + guard + " }");
  };
  EXPECT_TRUE(Load(with("window { seconds: 1 } action: FLAG")).ok());
  EXPECT_TRUE(Load(with("window { seconds: 7776000 } action: REFUSE")).ok());
  EXPECT_THAT(Faults(with("")),
              ElementsAre("15: callers[0].duplicate_guard.window: is required in duplicate_guard",
                          "15: callers[0].duplicate_guard.action: must be FLAG or REFUSE"));
  for (const char* window : {"nanos: 999999999", "seconds: 7776001", "seconds: -5"}) {
    EXPECT_THAT(Faults(with(absl::StrCat("window { ", window, " } action: FLAG"))),
                ElementsAre("15: callers[0].duplicate_guard.window: must be 1 s to 90 days"))
        << window;
  }
}

TEST_F(ConfigTest, ShutdownGraceHoldsTheLongestTimeout) {
  EXPECT_THAT(Faults(Valid() + "shutdown_grace { seconds: 34 }\n"),
              ElementsAre(HasSubstr("19: shutdown_grace: must be 35s")));
  EXPECT_TRUE(Load(Valid() + "shutdown_grace { seconds: 35 }\n").ok());
}

}  // namespace
}  // namespace order1688
