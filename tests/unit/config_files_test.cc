#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "server/config.h"
#include "tests/support/test_certificates.h"
#include "tests/unit/config_fixture.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigFilesTest : public ConfigFixture {};

TEST_F(ConfigFilesTest, SecretFileOfOthersIsRefused) {
  for (mode_t mode : {0644, 0640, 0604, 0660, 0610}) {
    Write("secret", kSecret, mode);
    EXPECT_THAT(
        Faults(Valid()),
        ElementsAre(HasSubstr("7: accounts[0].access_secret_file: can be read by other users")))
        << std::oct << mode;
  }
}

TEST_F(ConfigFilesTest, SecretFileHoldsOneVisibleLine) {
  for (const char* content :
       {"", "\n", "a\nb\n", "a\n\n", " a\n", "a b\n", "\xEF\xBB\xBF\x61\n", "a\x01\n"}) {
    Write("secret", content, 0600);
    EXPECT_THAT(Faults(Valid()), ElementsAre(HasSubstr("7: accounts[0].access_secret_file:")))
        << content;
  }
  Write("secret", "a\r\n", 0600);
  absl::StatusOr<Config> config = Load(Valid());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->access_secrets.at("main"), "a");
}

TEST_F(ConfigFilesTest, SecretFileMustBeAFile) {
  EXPECT_THAT(Faults(With(Path("secret"), Path("none"))),
              ElementsAre("7: accounts[0].access_secret_file: does not exist"));
  EXPECT_THAT(Faults(With(Path("secret"), folder_)),
              ElementsAre(HasSubstr("is not a regular file")));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(Faults(With(Path("secret"), Path("pipe"))),
              ElementsAre(HasSubstr("is not a regular file")));
}

TEST_F(ConfigFilesTest, SecretMayComeFromSystemdCredentials) {
  std::string text = With(Path("secret"), "${CREDENTIALS_DIRECTORY}/secret");
  EXPECT_THAT(Faults(text), ElementsAre(HasSubstr("started without CREDENTIALS_DIRECTORY")));
  credentials_ = folder_;
  // What systemd leaves there: the group's bit is the mask of an access list.
  Write("secret", kSecret, 0440);
  absl::StatusOr<Config> config = Load(text);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->access_secrets.at("main"), kSecret);
  EXPECT_EQ(config->proto.accounts(0).access_secret_file(), Path("secret"));
  EXPECT_THAT(Faults(With(Path("secret"), "${CREDENTIALS_DIRECTORY}/../secret")),
              ElementsAre(HasSubstr("must name one file")));
}

TEST_F(ConfigFilesTest, TlsFilesAreReadAndMustFit) {
  TestCertificates certificates;
  CertificateFiles pair = certificates.Issue();
  CertificateFiles other = certificates.Issue();
  ASSERT_EQ(chmod(pair.key.c_str(), 0600), 0);
  ASSERT_EQ(chmod(other.key.c_str(), 0600), 0);
  auto tls = [&](const std::string& cert, const std::string& key, const std::string& ca) {
    return absl::StrCat(Valid(), "listen: \"0.0.0.0:50051\"\ntls {\n  cert_file: \"", cert,
                        "\"\n  key_file: \"", key, "\"\n  client_ca_file: \"", ca, "\"\n}\n");
  };
  absl::StatusOr<Config> config = Load(tls(pair.certificate, pair.key, certificates.ca_file()));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->tls_certificates, HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(config->tls_private_key, HasSubstr("PRIVATE KEY"));
  EXPECT_THAT(config->tls_client_ca, HasSubstr("BEGIN CERTIFICATE"));
  EXPECT_THAT(Faults(tls(pair.certificate, other.key, certificates.ca_file())),
              ElementsAre("22: tls.key_file: is not the key of tls.cert_file"));
  EXPECT_THAT(Faults(tls(pair.key, pair.key, Path("secret"))),
              ElementsAre("21: tls.cert_file: holds no PEM certificate",
                          HasSubstr("22: tls.key_file: is not the key"),
                          "23: tls.client_ca_file: holds no PEM certificate"));
  ASSERT_EQ(chmod(pair.key.c_str(), 0644), 0);
  EXPECT_THAT(Faults(tls(pair.certificate, pair.key, certificates.ca_file())),
              ElementsAre(HasSubstr("22: tls.key_file: can be read by every user")));
}

TEST_F(ConfigFilesTest, EncryptionKeysAreReadInTheirOrder) {
  const std::string first(64, 'a');
  const std::string second(64, '0');
  Write("first.key", first + "\n", 0600);
  Write("second.key", second, 0400);
  const auto with = [this](const std::string& one, const std::string& other) {
    return With("ledger {", absl::StrCat("ledger {\n  encryption_key_files: \"", one,
                                         "\"\n  encryption_key_files: \"", other, "\""));
  };
  absl::StatusOr<Config> config = Load(with(Path("first.key"), Path("second.key")));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->encryption_keys, ElementsAre(std::string(32, '\xaa'), std::string(32, '\0')));
  EXPECT_THAT(DescribeConfig(*config), Not(HasSubstr(first)));
  EXPECT_THAT(Load(Valid())->encryption_keys, testing::IsEmpty());

  EXPECT_THAT(Faults(with(Path("first.key"), Path("first.key"))),
              ElementsAre("18: ledger.encryption_key_files[1]: is given twice",
                          HasSubstr("18: ledger.encryption_key_files[1]: holds the same key")));
  Write("copy.key", first, 0600);
  EXPECT_THAT(Faults(with(Path("first.key"), Path("copy.key"))),
              ElementsAre(HasSubstr("18: ledger.encryption_key_files[1]: holds the same key")));
  EXPECT_THAT(Faults(with(Path("secret"), Path("missing.key"))),
              ElementsAre(HasSubstr("17: ledger.encryption_key_files[0]: must hold 64 hex digits"),
                          "18: ledger.encryption_key_files[1]: does not exist"));
  Write("second.key", second, 0640);
  EXPECT_THAT(Faults(with(Path("first.key"), Path("second.key"))),
              ElementsAre(HasSubstr("18: ledger.encryption_key_files[1]: can be read by other")));

  credentials_ = folder_;
  config = Load(with("${CREDENTIALS_DIRECTORY}/first.key", "${CREDENTIALS_DIRECTORY}/second.key"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->proto.ledger().encryption_key_files(1), Path("second.key"));
}

TEST_F(ConfigFilesTest, LedgerIsAFileInADirectoryThatExists) {
  for (const char* path : {":memory:", "file:x?mode=memory"}) {
    EXPECT_THAT(Faults(With(Path("ledger.db"), path)),
                ElementsAre("17: ledger.sqlite.path: must be the path of a file"));
  }
  EXPECT_THAT(Faults(With(Path("ledger.db"), Path("none/ledger.db"))),
              ElementsAre("17: ledger.sqlite.path: its directory does not exist"));
  EXPECT_THAT(Faults(With(Path("ledger.db"), folder_)),
              ElementsAre("17: ledger.sqlite.path: is not a regular file"));
}

// The store is PostgreSQL: connection string in `dsn`, encryption key in `key`.
class PostgresConfigTest : public ConfigFixture {
 protected:
  PostgresConfigTest() {
    Write("dsn", absl::StrCat(kDsn, "\n"), 0600);
    Write("key", std::string(64, 'a') + "\n", 0600);
  }

  std::string WithPostgres(const std::string& postgres) const {
    return With(
        absl::StrCat("sqlite { path: \"", Path("ledger.db"), "\" }"),
        absl::StrCat("postgres { ", postgres, " }\n  encryption_key_files: \"", Path("key"), "\""));
  }
  std::string DsnFile() const { return absl::StrCat("dsn_file: \"", Path("dsn"), "\""); }

  static constexpr char kDsn[] = "host=db.example dbname=orders user=o password='c4n4ry 5ecret'";
};

TEST_F(PostgresConfigTest, ConnectionStringStandsBesideTheProtoOnly) {
  const absl::StatusOr<Config> config = Load(WithPostgres(DsnFile()));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ledger_dsn, kDsn);
  EXPECT_EQ(config->proto.ledger().postgres().connections(), 4);
  EXPECT_FALSE(config->proto.ledger().postgres().allow_unsafe_durability());
  EXPECT_THAT(DescribeConfig(*config), testing::HasSubstr("dsn_file"));
  EXPECT_THAT(DescribeConfig(*config), testing::Not(testing::HasSubstr("c4n4ry")));
}

TEST_F(PostgresConfigTest, ConnectionStringOfOthersIsRefused) {
  Write("dsn", kDsn, 0640);
  EXPECT_THAT(Faults(WithPostgres(DsnFile())),
              ElementsAre(HasSubstr("ledger.postgres.dsn_file: can be read by other users")));
}

TEST_F(PostgresConfigTest, WhatIsNoConnectionStringIsRefusedUnsaid) {
  for (const char* content :
       {"", "c4n4ry", "host=a c4n4ry", "host=a\npassword=c4n4ry\n", "postgresql://u:c4n4ry@[x"}) {
    Write("dsn", content, 0600);
    EXPECT_THAT(Faults(WithPostgres(DsnFile())),
                ElementsAre(testing::AllOf(HasSubstr("ledger.postgres.dsn_file: "),
                                           testing::Not(HasSubstr("c4n4ry")))))
        << content;
  }
}

TEST_F(PostgresConfigTest, ConnectionStringAndKeyAreRequired) {
  EXPECT_THAT(Faults(WithPostgres("")),
              ElementsAre(HasSubstr("ledger.postgres.dsn_file: is required")));
  const std::string text = With(absl::StrCat("sqlite { path: \"", Path("ledger.db"), "\" }"),
                                absl::StrCat("postgres { ", DsnFile(), " }"));
  EXPECT_THAT(
      Faults(text),
      ElementsAre(HasSubstr("ledger.encryption_key_files: at least one is required for postgres")));
}

TEST_F(PostgresConfigTest, ConnectionsAreOneTo64) {
  for (const char* good : {"1", "64"}) {
    EXPECT_THAT(Faults(WithPostgres(absl::StrCat(DsnFile(), " connections: ", good))),
                testing::IsEmpty());
  }
  for (const char* bad : {"0", "-1", "65"}) {
    EXPECT_THAT(Faults(WithPostgres(absl::StrCat(DsnFile(), " connections: ", bad))),
                ElementsAre(HasSubstr("ledger.postgres.connections: must be 1 to 64")));
  }
}

}  // namespace
}  // namespace order1688
