#include "server/placement/keyed_mac.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace order1688 {
namespace {

const KeyedMac kKey(std::string(32, 'k'));

std::string HexOf(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// Computed with, where $key is 32 times k,
//   gmac_key=$(printf 'order1688 key of the GMAC\n' | openssl dgst -sha256 -hmac $key -r)
//   printf "$text" | openssl mac -macopt cipher:AES-256-GCM -macopt hexkey:${gmac_key%% *}
//     -macopt hexiv:000000000000000000000000 -binary GMAC > gmac
//   (printf 'order1688 GMAC\n'; cat gmac) | openssl dgst -sha256 -hmac $key
TEST(KeyedMacTest, StaysAsItIs) {
  EXPECT_EQ(HexOf(kKey.Of({"order1688 v2\n4:main8:basket 72:", "{}"})),
            "e3ff0ccfc49ac91cb5e138333acd7598b0f9a4ad8871ee38c2a68f02b7ea69d6");
}

// Computed with printf "$text" | openssl dgst -sha256 -hmac $key
TEST(KeyedMacTest, HmacIsThePlainOne) {
  EXPECT_EQ(HexOf(kKey.HmacOf({"order1688 v1\n4:main8:basket 72:", "{}"})),
            "aaf0aa84e125bc25680bf1f250b09b52558230fa0b192cea0ffcd68aeea96d54");
}

TEST(KeyedMacTest, TextsCountAsOneWhereverTheyEnd) {
  EXPECT_EQ(kKey.Of({"ab", "c"}), kKey.Of({"abc"}));
  EXPECT_EQ(kKey.Of({"", "abc", ""}), kKey.Of({"abc"}));
  std::string long_text;
  for (int i = 0; i < 20000; ++i) long_text.push_back(static_cast<char>(i * 7));
  const absl::string_view text = long_text;
  const std::string whole = kKey.Of({text});
  for (const size_t first : {1U, 15U, 16U, 17U, 1000U, 16384U, 19999U}) {
    EXPECT_EQ(kKey.Of({text.substr(0, first), text.substr(first)}), whole) << first;
  }
}

TEST(KeyedMacTest, EveryByteAndTheLengthCount) {
  std::set<std::string> hashes;
  std::vector<std::string> texts = {"", std::string(1, '\0'), std::string(16, '\0'),
                                    std::string(17, '\0')};
  for (size_t i = 0; i < 40; ++i) {
    texts.emplace_back(40, 'x');
    texts.back()[i] = 'y';
  }
  for (const std::string& text : texts) hashes.insert(kKey.Of({text}));
  EXPECT_EQ(hashes.size(), texts.size());
}

TEST(KeyedMacTest, TheKeyCounts) {
  EXPECT_NE(kKey.Of({"abc"}), KeyedMac(std::string(32, 'x')).Of({"abc"}));
  EXPECT_NE(kKey.HmacOf({"abc"}), KeyedMac(std::string(32, 'x')).HmacOf({"abc"}));
}

TEST(KeyedMacTest, ManyThreadsGetTheSame) {
  const std::string text(5000, 'x');
  const std::string expected = kKey.Of({text});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) EXPECT_EQ(kKey.Of({text}), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace order1688
