#include "server/ledger/encryption_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/support/temp_folder.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Both cases of the letters.
constexpr char kHex[] =
    "0011223344556677"
    "8899aabbccddeeff"
    "0011223344556677"
    "8899AABBCCDDEEFF";

class EncryptionKeysTest : public ::testing::Test {
 protected:
  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary) << text;
    chmod(path_.c_str(), mode);
  }
  absl::StatusOr<std::string> Load(MissingKeyFile missing = MissingKeyFile::kRefuse) {
    return LoadKeyFile(path_, missing);
  }

  TempFolder folder_;
  const std::string path_ = folder_.File("ledger.db.key");
};

TEST_F(EncryptionKeysTest, KeyIsHex) {
  const absl::StatusOr<std::string> key = ParseEncryptionKey(kHex);
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->size(), 32);
  EXPECT_EQ(key->substr(0, 3), std::string("\x00\x11\x22", 3));
}

TEST_F(EncryptionKeysTest, WhatIsNoKeyIsRefusedAndNotRepeated) {
  const std::string hex = kHex;
  for (const std::string& text : {std::string(), hex.substr(1), hex + "0", "g" + hex.substr(1)}) {
    const absl::Status status = ParseEncryptionKey(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("112233")));
  }
}

TEST_F(EncryptionKeysTest, MadeKeyIsSecretAndStays) {
  const mode_t old = umask(0);
  const absl::StatusOr<std::string> made = Load(MissingKeyFile::kMake);
  umask(old);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->size(), 32);
  struct stat file = {};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 07777, 0600);
  EXPECT_EQ(Load(MissingKeyFile::kRefuse).value_or(""), *made);
  EXPECT_EQ(Load(MissingKeyFile::kMake).value_or(""), *made);
}

TEST_F(EncryptionKeysTest, TwoMadeKeysDiffer) {
  EXPECT_NE(*LoadKeyFile(folder_.File("a"), MissingKeyFile::kMake),
            *LoadKeyFile(folder_.File("b"), MissingKeyFile::kMake));
}

TEST_F(EncryptionKeysTest, MissingFileIsRefusedByName) {
  const absl::Status status = Load().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  EXPECT_THAT(std::string(status.message()), HasSubstr("restore it"));
}

TEST_F(EncryptionKeysTest, FileThatOthersMayReadIsRefused) {
  Write(std::string(kHex) + "\n", 0640);
  EXPECT_EQ(Load().status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(Load().status().ToString(), HasSubstr("chmod 600"));
  Write(std::string(kHex) + "\n");
  EXPECT_TRUE(Load().ok());
}

TEST_F(EncryptionKeysTest, FileWithoutAKeyIsRefusedByNameAndNeverOverwritten) {
  Write("not a key\n");
  const absl::Status status = Load(MissingKeyFile::kMake).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
  std::ifstream in(path_);
  std::string line;
  std::getline(in, line);
  EXPECT_EQ(line, "not a key");
}

TEST_F(EncryptionKeysTest, FolderThatCannotBeWrittenIsUnavailable) {
  EXPECT_EQ(LoadKeyFile(folder_.File("missing/key"), MissingKeyFile::kMake).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace order1688
