#include "tests/support/test_certificates.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

struct KeyFree {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateFree {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FileClose {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyFree>;
using Certificate = std::unique_ptr<X509, CertificateFree>;
using File = std::unique_ptr<std::FILE, FileClose>;

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  EXPECT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate Make(EVP_PKEY* key, const std::string& name, int serial, absl::Duration valid_for) {
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -86400);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()),
                  static_cast<long>(absl::ToInt64Seconds(valid_for)));
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void Sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  EXPECT_GT(X509_sign(certificate, issuer_key, EVP_sha256()), 0);
}

void WriteCertificate(X509* certificate, const std::string& path) {
  File file(std::fopen(path.c_str(), "w"));
  EXPECT_EQ(PEM_write_X509(file.get(), certificate), 1) << path;
}

}  // namespace

struct TestCertificates::Authority {
  Key key;
  Certificate certificate;
};

TestCertificates::TestCertificates() : authority_(std::make_unique<Authority>()) {
  std::string name =
      (std::filesystem::temp_directory_path() / "order1688-certificates-XXXXXX").string();
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  folder_ = name;
  authority_->key.reset(EVP_EC_gen("P-256"));
  authority_->certificate =
      Make(authority_->key.get(), "order1688 test authority", 1, absl::Hours(2));
  AddExtension(authority_->certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(authority_->certificate.get(), NID_key_usage, "critical,keyCertSign");
  Sign(authority_->certificate.get(), authority_->certificate.get(), authority_->key.get());
  WriteCertificate(authority_->certificate.get(), ca_file());
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::string TestCertificates::ca_file() const { return (folder_ / "authority.pem").string(); }

CertificateFiles TestCertificates::Issue(const CertificateTerms& terms) {
  return Write(terms, false);
}

CertificateFiles TestCertificates::IssueSelfSigned(const CertificateTerms& terms) {
  return Write(terms, true);
}

CertificateFiles TestCertificates::Write(const CertificateTerms& terms, bool self_signed) {
  int serial = ++issued_ + 1;
  CertificateFiles files;
  files.certificate = (folder_ / absl::StrCat(serial, ".pem")).string();
  files.key = (folder_ / absl::StrCat(serial, ".key")).string();
  Key key(EVP_EC_gen("P-256"));
  Certificate certificate =
      Make(key.get(), absl::StrCat("order1688 test ", serial), serial, terms.valid_for);
  AddExtension(certificate.get(), NID_subject_alt_name, terms.names);
  Sign(certificate.get(), self_signed ? certificate.get() : authority_->certificate.get(),
       self_signed ? key.get() : authority_->key.get());
  WriteCertificate(certificate.get(), files.certificate);
  File file(std::fopen(files.key.c_str(), "w"));
  EXPECT_EQ(PEM_write_PrivateKey(file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
  return files;
}

}  // namespace order1688
