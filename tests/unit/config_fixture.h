// A valid configuration in a folder of its own, for tests to break.
#ifndef ORDER1688_TESTS_UNIT_CONFIG_FIXTURE_H_
#define ORDER1688_TESTS_UNIT_CONFIG_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "server/config.h"

namespace order1688 {

inline constexpr char kSecret[] = "c4n4ry-5ecret";
inline constexpr char kDigest[] =
    "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

class ConfigFixture : public testing::Test {
 protected:
  ConfigFixture() {
    std::string pattern = testing::TempDir() + "/config_test_XXXXXX";
    folder_ = mkdtemp(pattern.data());
    Write("secret", absl::StrCat(kSecret, "\n"), 0600);
  }

  ~ConfigFixture() override { std::filesystem::remove_all(folder_); }

  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }

  std::string Write(absl::string_view name, absl::string_view content, mode_t mode) const {
    std::ofstream(Path(name), std::ios::trunc) << content;
    EXPECT_EQ(chmod(Path(name).c_str(), mode), 0);
    return Path(name);
  }

  // The smallest configuration that is valid. Each of its parts can be replaced by a test.
  std::string Valid() const {
    return absl::StrCat(R"(# line 1
accounts {
  name: "main"
  base_url: "https://api.example.com/gw/"
  environment: REAL
  access_key: "AK12345678"
  access_secret_file: ")",
                        Path("secret"), R"("
  user_id: "u1"
}
callers {
  id: "shop"
  token_sha256: ")",
                        kDigest, R"("
  accounts: "main"
  permissions: PLACE
}
ledger {
  sqlite { path: ")",
                        Path("ledger.db"), R"(" }
}
)");
  }

  // The valid one with `from` replaced by `to`.
  std::string With(const std::string& from, const std::string& to) const {
    std::string text = Valid();
    EXPECT_THAT(text, testing::HasSubstr(from)) << "nothing was replaced";
    return absl::StrReplaceAll(text, {{from, to}});
  }

  absl::StatusOr<Config> Load(const std::string& text) const {
    return LoadConfig(Write("server.cfg", text, 0644), credentials_);
  }

  // The faults without the file's name, e.g. "4: accounts[0].base_url: must be https, except to
  // loopback".
  std::vector<std::string> Faults(const std::string& text) const {
    absl::StatusOr<Config> config = Load(text);
    if (config.ok()) return {};
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    std::string message(config.status().message());
    return absl::StrSplit(absl::StrReplaceAll(message, {{Path("server.cfg:"), ""}}), '\n');
  }

  std::string folder_;
  std::string credentials_;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_UNIT_CONFIG_FIXTURE_H_
