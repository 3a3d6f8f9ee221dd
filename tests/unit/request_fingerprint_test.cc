#include "server/placement/request_fingerprint.h"

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

const KeyedMac kKey(std::string(32, 'k'));

TEST(RequestFingerprintTest, EqualContentGivesTheEqualFingerprint) {
  EXPECT_EQ(FingerprintOf(kKey, "main", "basket 7", "{}"),
            FingerprintOf(kKey, "main", "basket 7", "{}"));
}

TEST(RequestFingerprintTest, EveryPartCounts) {
  std::set<std::string> macs;
  macs.insert(FingerprintOf(kKey, "main", "basket 7", "{}").mac);
  macs.insert(FingerprintOf(KeyedMac(std::string(32, 'x')), "main", "basket 7", "{}").mac);
  macs.insert(FingerprintOf(kKey, "other", "basket 7", "{}").mac);
  macs.insert(FingerprintOf(kKey, "main", "basket 8", "{}").mac);
  macs.insert(FingerprintOf(kKey, "main", "", "{}").mac);
  macs.insert(FingerprintOf(kKey, "main", "basket 7", "{\"flow\":\"general\"}").mac);
  EXPECT_EQ(macs.size(), 6U);
}

TEST(RequestFingerprintTest, TextThatMovesBetweenPartsCounts) {
  EXPECT_NE(FingerprintOf(kKey, "ab", "c", "d").mac, FingerprintOf(kKey, "a", "bc", "d").mac);
  EXPECT_NE(FingerprintOf(kKey, "a", "b", "cd").mac, FingerprintOf(kKey, "a", "bc", "d").mac);
  EXPECT_NE(FingerprintOf(kKey, "a", "1:b", "c").mac, FingerprintOf(kKey, "a1:b", "", "c").mac);
  EXPECT_NE(FingerprintOf(kKey, "a", std::string("\0", 1), "c").mac,
            FingerprintOf(kKey, "a", "", "c").mac);
}

// Pins version 1: a row that is already stored must still match. Computed with
// printf 'order1688 v1\n4:main8:basket 72:{}' | openssl dgst -sha256 -hmac
// kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
TEST(RequestFingerprintTest, VersionOneStaysAsItIs) {
  const Fingerprint fingerprint = FingerprintOf(kKey, "main", "basket 7", "{}", 1);
  EXPECT_EQ(fingerprint.version, 1);
  EXPECT_EQ(absl::BytesToHexString(fingerprint.mac),
            "aaf0aa84e125bc25680bf1f250b09b52558230fa0b192cea0ffcd68aeea96d54");
}

// What KeyedMacTest computes of 'order1688 v2\n4:main8:basket 72:{}'.
TEST(RequestFingerprintTest, VersionTwoStaysAsItIs) {
  const Fingerprint fingerprint = FingerprintOf(kKey, "main", "basket 7", "{}");
  EXPECT_EQ(fingerprint.version, 2);
  EXPECT_EQ(absl::BytesToHexString(fingerprint.mac),
            "e3ff0ccfc49ac91cb5e138333acd7598b0f9a4ad8871ee38c2a68f02b7ea69d6");
}

TEST(RequestFingerprintTest, AVersionThatIsNotKnownGivesTheNewest) {
  for (const int version : {-1, 0, 3}) {
    EXPECT_EQ(FingerprintOf(kKey, "main", "basket 7", "{}", version),
              FingerprintOf(kKey, "main", "basket 7", "{}"));
  }
}

}  // namespace
}  // namespace order1688
