#include "server/config_files.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace order1688 {
namespace {

constexpr size_t kLargestFile = 1 << 20;
constexpr size_t kLongestSecret = 256;
constexpr size_t kLongestSecretLine = 4096;
constexpr absl::string_view kCredentialPrefix = "${CREDENTIALS_DIRECTORY}/";

class OpenFile {
 public:
  // O_NONBLOCK: opening a named pipe must not wait for its writer.
  explicit OpenFile(const std::string& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

struct OpensslFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using OpensslPtr = std::unique_ptr<T, OpensslFree>;

mode_t ForbiddenBits(FileAccess access) {
  switch (access) {
    case FileAccess::kAnyone:
      return 0;
    case FileAccess::kOwnerAndGroup:
      return 0007;
    case FileAccess::kOwnerOnly:
      return 0077;
    case FileAccess::kSystemdCredential:
      return 0037;
  }
  return 0077;
}

OpensslPtr<BIO> BioOf(const std::string& text) {
  return OpensslPtr<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// An encrypted key must not make OpenSSL ask for its password on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

OpensslPtr<X509> FirstCertificate(const std::string& pem) {
  OpensslPtr<X509> certificate(PEM_read_bio_X509(BioOf(pem).get(), nullptr, &NoPassword, nullptr));
  ERR_clear_error();
  return certificate;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, FileAccess access) {
  OpenFile file(path);
  if (file.descriptor() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return absl::NotFoundError("does not exist");
    return absl::PermissionDeniedError("cannot be opened for reading");
  }
  // Of the open file, not of its name: the name may stand for another file by now.
  struct stat status = {};
  if (fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError("is not a regular file");
  }
  if ((status.st_mode & ForbiddenBits(access)) != 0) {
    return absl::PermissionDeniedError(access == FileAccess::kOwnerAndGroup
                                           ? "can be read by every user: chmod 640 or stricter"
                                           : "can be read by other users: chmod 600");
  }
  std::string content;
  char buffer[4096];
  while (true) {
    ssize_t n = read(file.descriptor(), buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return absl::InvalidArgumentError("cannot be read");
    if (n == 0) return content;
    content.append(buffer, static_cast<size_t>(n));
    if (content.size() > kLargestFile) return absl::InvalidArgumentError("is larger than 1 MiB");
  }
}

absl::StatusOr<std::string> ReadSecretLine(const std::string& path, FileAccess access) {
  absl::StatusOr<std::string> content = ReadFile(path, access);
  if (!content.ok()) return content.status();
  absl::string_view secret = *content;
  if (!absl::ConsumeSuffix(&secret, "\r\n")) absl::ConsumeSuffix(&secret, "\n");
  if (secret.empty()) return absl::InvalidArgumentError("is empty");
  if (absl::StrContains(secret, '\n'))
    return absl::InvalidArgumentError("holds more than one line");
  bool plain = std::none_of(secret.begin(), secret.end(),
                            [](unsigned char c) { return absl::ascii_iscntrl(c); });
  if (!plain || secret.size() > kLongestSecretLine) {
    return absl::InvalidArgumentError("must hold at most 4096 bytes, without control characters");
  }
  return std::string(secret);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path, FileAccess access) {
  absl::StatusOr<std::string> secret = ReadSecretLine(path, access);
  if (!secret.ok()) return secret;
  bool visible = std::all_of(secret->begin(), secret->end(),
                             [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (!visible || secret->size() > kLongestSecret) {
    return absl::InvalidArgumentError("must hold 1 to 256 visible ASCII characters");
  }
  return secret;
}

absl::StatusOr<std::string> ResolvePath(absl::string_view path,
                                        absl::string_view credentials_directory) {
  absl::string_view name = path;
  if (!absl::ConsumePrefix(&name, kCredentialPrefix)) return std::string(path);
  if (credentials_directory.empty()) {
    return absl::InvalidArgumentError("the service was started without CREDENTIALS_DIRECTORY");
  }
  if (name.empty() || name == ".." || absl::StrContains(name, '/')) {
    return absl::InvalidArgumentError("must name one file in ${CREDENTIALS_DIRECTORY}");
  }
  return absl::StrCat(credentials_directory, "/", name);
}

bool IsCredentialPath(absl::string_view path) { return absl::StartsWith(path, kCredentialPrefix); }

absl::Status CheckCertificates(const std::string& pem) {
  if (FirstCertificate(pem) != nullptr) return absl::OkStatus();
  return absl::InvalidArgumentError("holds no PEM certificate");
}

absl::Status CheckKeyPair(const std::string& certificates, const std::string& key) {
  OpensslPtr<X509> certificate = FirstCertificate(certificates);
  OpensslPtr<EVP_PKEY> private_key(
      PEM_read_bio_PrivateKey(BioOf(key).get(), nullptr, &NoPassword, nullptr));
  bool match = certificate != nullptr && private_key != nullptr &&
               X509_check_private_key(certificate.get(), private_key.get()) == 1;
  ERR_clear_error();
  if (private_key == nullptr) {
    return absl::InvalidArgumentError("holds no PEM private key without password");
  }
  if (!match) return absl::InvalidArgumentError("is not the key of tls.cert_file");
  return absl::OkStatus();
}

}  // namespace order1688
