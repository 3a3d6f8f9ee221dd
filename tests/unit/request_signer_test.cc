#include "common/request_signer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/support/project_paths.h"

namespace order1688 {
namespace {

const std::filesystem::path kVectors = SourceFile("tests/vectors/signing");

// One folder of tests/vectors/signing; README.md there says what each file is.
class SigningVector {
 public:
  explicit SigningVector(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::string name() const { return folder_.filename().string(); }

  std::optional<std::string> Stage(const std::string& file) const {
    std::ifstream in(folder_ / file, std::ios::binary);
    if (!in) return std::nullopt;
    std::stringstream text;
    text << in.rdbuf();
    std::string value = text.str();
    if (!value.empty() && value.back() == '\n') value.pop_back();
    return value;
  }

  std::string Need(const std::string& file) const {
    std::optional<std::string> value = Stage(file);
    EXPECT_TRUE(value.has_value()) << name() << " has no file " << file;
    return value.value_or("");
  }

  bool Checkable() const { return Stage("secret").has_value(); }

 private:
  std::filesystem::path folder_;
};

std::vector<SigningVector> AllVectors() {
  std::vector<SigningVector> vectors;
  for (const auto& entry : std::filesystem::directory_iterator(kVectors)) {
    if (entry.is_directory()) vectors.emplace_back(entry.path());
  }
  return vectors;
}

absl::Time ClockOf(const SigningVector& vector) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, vector.Need("clock"), &time, &error))
      << vector.name() << error;
  return time;
}

TEST(RequestSignerTest, EveryStageOfEveryVectorIsAsWritten) {
  int checked = 0;
  for (const SigningVector& vector : AllVectors()) {
    SCOPED_TRACE(vector.name());
    EXPECT_NE(vector.Need("proves.txt"), "");
    if (!vector.Checkable()) continue;
    ++checked;
    SigningKey key;
    key.access_key = vector.Need("access_key");
    key.access_secret = vector.Need("secret");
    const std::string unit = vector.Need("timestamp_unit");
    ASSERT_THAT(unit, testing::AnyOf("ms", "s"));
    key.timestamp_unit = unit == "ms" ? TimestampUnit::kMilliseconds : TimestampUnit::kSeconds;
    key.nonce_included = vector.Stage("nonce").has_value();
    // An account that signs without a nonce ignores one that it is given.
    const std::string nonce = vector.Stage("nonce").value_or("IGNORED0IGNORED0IGNORED0IGNORED0");
    const absl::Time clock = ClockOf(vector);

    absl::StatusOr<RequestSigner> signer = RequestSigner::Create(key);
    ASSERT_TRUE(signer.ok()) << signer.status();
    RequestSignature signature = *signer->Sign(clock, nonce);
    EXPECT_EQ(signature.timestamp, vector.Need("timestamp")) << "broken stage: timestamp";
    EXPECT_EQ(signature.nonce, vector.Stage("nonce").value_or("")) << "broken stage: nonce";
    std::string without_secret =
        absl::StrReplaceAll(vector.Need("string_to_sign"), {{key.access_secret, "<secret>"}});
    EXPECT_EQ(signer->ExplainStringToSign(clock, nonce), without_secret)
        << "broken stage: string to sign";
    EXPECT_EQ(signature.signature, vector.Need("signature")) << "broken stage: signature";
  }
  EXPECT_GE(checked, 6);
}

TEST(RequestSignerTest, PublishedSampleHasTheShapeOfOurSignatureButCannotBeChecked) {
  SigningVector sample(kVectors / "published-sample-not-checkable");
  EXPECT_FALSE(sample.Checkable());
  EXPECT_THAT(sample.Need("signature"), testing::MatchesRegex("[0-9A-F]{32}"));
  RequestSigner signer = *RequestSigner::Create({sample.Need("access_key"), "unknown"});
  EXPECT_THAT(signer.Sign(absl::UnixEpoch(), "n")->signature,
              testing::MatchesRegex("[0-9A-F]{32}"));
}

TEST(RequestSignerTest, ExplanationNeverHoldsTheSecret) {
  RequestSigner signer = *RequestSigner::Create({"ak", "very-secret"});
  EXPECT_FALSE(
      absl::StrContains(signer.ExplainStringToSign(absl::UnixEpoch(), "nonce"), "very-secret"));
}

TEST(RequestSignerTest, MovedSignerSignsTheSame) {
  RequestSigner first = *RequestSigner::Create({"ak", "secret"});
  std::string before = first.Sign(absl::UnixEpoch(), "nonce")->signature;
  RequestSigner second = std::move(first);
  EXPECT_EQ(second.Sign(absl::UnixEpoch(), "nonce")->signature, before);
}

TEST(RequestSignerTest, NonceIsThirtyTwoLettersAndDigitsAndNeverTheSame) {
  std::set<std::string> nonces;
  std::set<char> letters;
  const RequestSigner signer = *RequestSigner::Create({"ak", "secret"});
  for (int i = 0; i < 2000; ++i) {
    std::string nonce = *signer.NewNonce();
    ASSERT_THAT(nonce, testing::MatchesRegex("[0-9A-Za-z]{32}"));
    letters.insert(nonce.begin(), nonce.end());
    nonces.insert(nonce);
  }
  EXPECT_EQ(nonces.size(), 2000u);
  EXPECT_EQ(letters.size(), 62u);
}

}  // namespace
}  // namespace order1688
