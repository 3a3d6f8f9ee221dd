#include "server/ledger/column_cipher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const PlacementKey kRow = {"shop", "r1"};
constexpr char kColumn[] = "placement.request";
constexpr char kText[] = "ten lamps for Zhang San";

std::string KeyOf(char letter) { return std::string(kEncryptionKeyBytes, letter); }

ColumnCipher CipherOf(std::vector<std::string> keys) {
  absl::StatusOr<ColumnCipher> cipher = ColumnCipher::Create(std::move(keys));
  EXPECT_TRUE(cipher.ok()) << cipher.status();
  return *std::move(cipher);
}

TEST(ColumnCipherTest, OpensWhatItSealed) {
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  for (const std::string& text :
       {std::string(kText), std::string("\0", 1), std::string("x"), std::string(1 << 20, '\xff')}) {
    const absl::StatusOr<std::string> sealed = cipher.Seal(kRow, kColumn, text);
    ASSERT_TRUE(sealed.ok());
    EXPECT_EQ(sealed->size(), 1 + 12 + text.size() + 16);
    EXPECT_EQ(cipher.Open(kRow, kColumn, cipher.key_id(), *sealed).value_or("none"), text);
  }
}

TEST(ColumnCipherTest, SealedBytesShowNothingOfTheText) {
  const std::string sealed = *CipherOf({KeyOf('a')}).Seal(kRow, kColumn, kText);
  EXPECT_THAT(sealed, Not(HasSubstr("lamps")));
  EXPECT_THAT(sealed, Not(HasSubstr("Zhang")));
}

TEST(ColumnCipherTest, NothingStaysNothing) {
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  EXPECT_EQ(*cipher.Seal(kRow, kColumn, ""), "");
  EXPECT_EQ(*cipher.Open(kRow, kColumn, "of no matter", ""), "");
}

TEST(ColumnCipherTest, KeyIdIsTheBeginningOfTheDigestOfTheKey) {
  // printf %032d 0 | tr 0 a | sha256sum
  EXPECT_EQ(CipherOf({KeyOf('a')}).key_id(), "3ba3f5f43b926026");
}

TEST(ColumnCipherTest, MissingKeyIsNamedAndTheContentIsNot) {
  const ColumnCipher other = CipherOf({KeyOf('b')});
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  const std::string sealed = *cipher.Seal(kRow, kColumn, kText);
  EXPECT_FALSE(other.Knows(cipher.key_id()));
  const absl::Status status = other.Open(kRow, kColumn, cipher.key_id(), sealed).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.ToString(), HasSubstr(cipher.key_id()));
  EXPECT_THAT(status.ToString(), HasSubstr(kColumn));
  EXPECT_THAT(status.ToString(), Not(HasSubstr("lamps")));
}

TEST(ColumnCipherTest, OtherKeyUnderTheSameIdOpensNothing) {
  const ColumnCipher other = CipherOf({KeyOf('b')});
  const std::string sealed = *CipherOf({KeyOf('a')}).Seal(kRow, kColumn, kText);
  EXPECT_EQ(other.Open(kRow, kColumn, other.key_id(), sealed).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(ColumnCipherTest, MovedBytesDoNotOpen) {
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  const std::string sealed = *cipher.Seal(kRow, kColumn, kText);
  const std::vector<std::pair<PlacementKey, std::string>> elsewhere = {
      {{"shop", "r2"}, kColumn},
      {{"other", "r1"}, kColumn},
      {{"shopr", "1"}, kColumn},
      {{"shop", "r1p"}, "lacement.request"},
      {kRow, "placement.raw_answer"}};
  for (const auto& [row, column] : elsewhere) {
    EXPECT_EQ(cipher.Open(row, column, cipher.key_id(), sealed).status().code(),
              absl::StatusCode::kDataLoss)
        << row.caller << " " << row.request_id << " " << column;
  }
}

TEST(ColumnCipherTest, EveryFlippedBitAndEveryCutIsSeen) {
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  const std::string sealed = *cipher.Seal(kRow, kColumn, kText);
  for (size_t i = 0; i < sealed.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = sealed;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(cipher.Open(kRow, kColumn, cipher.key_id(), changed).ok()) << i << ":" << bit;
    }
    if (i == 0) continue;
    EXPECT_FALSE(cipher.Open(kRow, kColumn, cipher.key_id(), sealed.substr(0, i)).ok()) << i;
  }
}

TEST(ColumnCipherTest, RotationSealsWithTheFirstKeyAndOpensWithAll) {
  const ColumnCipher before = CipherOf({KeyOf('a')});
  const std::string old = *before.Seal(kRow, kColumn, kText);
  const ColumnCipher after = CipherOf({KeyOf('b'), KeyOf('a')});
  EXPECT_EQ(after.Open(kRow, kColumn, before.key_id(), old).value_or("none"), kText);

  EXPECT_NE(after.key_id(), before.key_id());
  const std::string anew = *after.Seal(kRow, kColumn, kText);
  EXPECT_EQ(after.Open(kRow, kColumn, after.key_id(), anew).value_or("none"), kText);
  EXPECT_FALSE(before.Open(kRow, kColumn, after.key_id(), anew).ok());
}

TEST(ColumnCipherTest, NoncesNeverRepeat) {
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  std::set<std::string> nonces;
  for (int i = 0; i < 10000; ++i) nonces.insert(cipher.Seal(kRow, kColumn, "x")->substr(1, 12));
  EXPECT_EQ(nonces.size(), 10000);
}

TEST(ColumnCipherTest, ThreadsShareItAndADamagedColumnHarmsNoOther) {
  const ColumnCipher cipher = CipherOf({KeyOf('a')});
  std::vector<std::vector<std::string>> sealed(4);
  std::vector<std::thread> threads;
  for (size_t thread = 0; thread < sealed.size(); ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 200; ++i) {
        const std::string text = absl::StrCat("text ", thread, " ", i);
        sealed[thread].push_back(*cipher.Seal(kRow, kColumn, text));
        std::string damaged = sealed[thread].back();
        damaged.back() = static_cast<char>(damaged.back() ^ 1);
        EXPECT_FALSE(cipher.Open(kRow, kColumn, cipher.key_id(), damaged).ok());
        EXPECT_EQ(*cipher.Open(kRow, kColumn, cipher.key_id(), sealed[thread].back()), text);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> nonces;
  for (const std::vector<std::string>& of_thread : sealed) {
    for (const std::string& bytes : of_thread) nonces.insert(bytes.substr(1, 12));
  }
  EXPECT_EQ(nonces.size(), 800U);
}

TEST(ColumnCipherTest, RefusesKeysThatAreNone) {
  EXPECT_EQ(ColumnCipher::Create({}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ColumnCipher::Create({KeyOf('a').substr(1)}).ok());
  EXPECT_FALSE(ColumnCipher::Create({KeyOf('a') + "a"}).ok());
  const absl::Status twice = ColumnCipher::Create({KeyOf('a'), KeyOf('a')}).status();
  EXPECT_THAT(twice.ToString(), HasSubstr("twice"));
  EXPECT_THAT(twice.ToString(), Not(HasSubstr("aaaa")));
}

}  // namespace
}  // namespace order1688
