// Keys and certificates for TLS tests, made anew in each test.
#ifndef ORDER1688_TESTS_SUPPORT_TEST_CERTIFICATES_H_
#define ORDER1688_TESTS_SUPPORT_TEST_CERTIFICATES_H_

#include <filesystem>
#include <memory>
#include <string>

#include "absl/time/time.h"

namespace order1688 {

// Two PEM files.
struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// What a certificate says.
struct CertificateTerms {
  // subjectAltName as OpenSSL writes it.
  std::string names = "DNS:localhost,IP:127.0.0.1";
  // From now; negative: it has expired.
  absl::Duration valid_for = absl::Hours(1);
};

// An authority of its own, in a temporary folder that goes with it. Not thread-safe.
class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();
  TestCertificates(const TestCertificates&) = delete;
  TestCertificates& operator=(const TestCertificates&) = delete;

  // The authority's certificate: what a client trusts.
  std::string ca_file() const;

  // A certificate signed by the authority, for a server or a client.
  CertificateFiles Issue(const CertificateTerms& terms = {});

  // A certificate signed by itself.
  CertificateFiles IssueSelfSigned(const CertificateTerms& terms = {});

 private:
  struct Authority;

  CertificateFiles Write(const CertificateTerms& terms, bool self_signed);

  std::filesystem::path folder_;
  std::unique_ptr<Authority> authority_;
  int issued_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_TEST_CERTIFICATES_H_
