#include "server/config.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "server/config_check.h"
#include "server/config_defaults.h"
#include "server/config_files.h"
#include "server/config_text.h"
#include "server/endpoint.h"
#include "server/ledger/encryption_keys.h"
#include "server/ledger/postgres_connection.h"

namespace order1688 {
namespace {

constexpr size_t kShownOfAccessKey = 4;
constexpr size_t kShownOfDigest = 8;

// Reads the file that a field names, and reports to `place` why it cannot. Resolves the field's
// path.
class FileField {
 public:
  // `index` is -1 unless the field is repeated.
  FileField(const ConfigPlace& place, std::string field, const std::string& credentials_directory,
            int index = -1)
      : place_(place),
        field_(std::move(field)),
        index_(index),
        credentials_directory_(credentials_directory) {}

  // The path to use; empty, and reported, if it cannot be resolved.
  std::string Resolve(const std::string& path) const {
    return OrFault(ResolvePath(path, credentials_directory_));
  }

  std::string Read(const std::string& path, FileAccess access) const {
    return path.empty() ? "" : OrFault(ReadFile(path, access));
  }

  std::string ReadSecret(const std::string& path, FileAccess access) const {
    return path.empty() ? "" : OrFault(ReadSecretFile(path, access));
  }

  void Check(const absl::Status& status) const {
    if (!status.ok()) place_.Fault(field_, index_, status.message());
  }

 private:
  std::string OrFault(absl::StatusOr<std::string> text) const {
    Check(text.status());
    return text.ok() ? *std::move(text) : "";
  }

  const ConfigPlace place_;
  const std::string field_;
  const int index_;
  const std::string credentials_directory_;
};

void ReadAccountFiles(const ConfigPlace& root, const std::string& credentials, Config* config) {
  for (int i = 0; i < config->proto.accounts_size(); ++i) {
    config::v1::Account* account = config->proto.mutable_accounts(i);
    ConfigPlace place = root.Child("accounts", i);
    FileField secret(place, "access_secret_file", credentials);
    FileAccess access = IsCredentialPath(account->access_secret_file())
                            ? FileAccess::kSystemdCredential
                            : FileAccess::kOwnerOnly;
    account->set_access_secret_file(secret.Resolve(account->access_secret_file()));
    config->access_secrets[account->name()] =
        secret.ReadSecret(account->access_secret_file(), access);
    FileField ca(place, "ca_file", credentials);
    std::string certificates = ca.Read(account->ca_file(), FileAccess::kAnyone);
    if (!certificates.empty()) ca.Check(CheckCertificates(certificates));
  }
}

void ReadTlsFiles(const ConfigPlace& root, const std::string& credentials, Config* config) {
  if (!config->proto.has_tls()) return;
  config::v1::Tls* tls = config->proto.mutable_tls();
  ConfigPlace place = root.Child("tls");
  FileField cert(place, "cert_file", credentials);
  config->tls_certificates = cert.Read(tls->cert_file(), FileAccess::kAnyone);
  bool has_certificate = !config->tls_certificates.empty();
  if (has_certificate) cert.Check(CheckCertificates(config->tls_certificates));

  FileField key(place, "key_file", credentials);
  FileAccess access = IsCredentialPath(tls->key_file()) ? FileAccess::kSystemdCredential
                                                        : FileAccess::kOwnerAndGroup;
  tls->set_key_file(key.Resolve(tls->key_file()));
  config->tls_private_key = key.Read(tls->key_file(), access);
  if (has_certificate && !config->tls_private_key.empty()) {
    key.Check(CheckKeyPair(config->tls_certificates, config->tls_private_key));
  }

  FileField client_ca(place, "client_ca_file", credentials);
  config->tls_client_ca = client_ca.Read(tls->client_ca_file(), FileAccess::kAnyone);
  if (!config->tls_client_ca.empty()) client_ca.Check(CheckCertificates(config->tls_client_ca));
}

void ReadEncryptionKeys(const ConfigPlace& root, const std::string& credentials, Config* config) {
  const ConfigPlace place = root.Child("ledger");
  config::v1::Ledger* ledger = config->proto.mutable_ledger();
  for (int i = 0; i < ledger->encryption_key_files_size(); ++i) {
    std::string* path = ledger->mutable_encryption_key_files(i);
    const FileField file(place, "encryption_key_files", credentials, i);
    const FileAccess access =
        IsCredentialPath(*path) ? FileAccess::kSystemdCredential : FileAccess::kOwnerOnly;
    *path = file.Resolve(*path);
    const std::string text = file.ReadSecret(*path, access);
    if (text.empty()) continue;
    absl::StatusOr<std::string> key = ParseEncryptionKey(text);
    file.Check(key.status());
    if (!key.ok()) continue;
    const std::vector<std::string>& known = config->encryption_keys;
    if (std::find(known.begin(), known.end(), *key) != known.end()) {
      file.Check(absl::InvalidArgumentError("holds the same key as another of them"));
    }
    config->encryption_keys.push_back(*std::move(key));
  }
}

void ReadLedgerDsn(const ConfigPlace& root, const std::string& credentials, Config* config) {
  if (!config->proto.ledger().has_postgres()) return;
  std::string* path = config->proto.mutable_ledger()->mutable_postgres()->mutable_dsn_file();
  if (path->empty()) return;
  const FileField file(root.Child("ledger").Child("postgres"), "dsn_file", credentials);
  const FileAccess access =
      IsCredentialPath(*path) ? FileAccess::kSystemdCredential : FileAccess::kOwnerOnly;
  *path = file.Resolve(*path);
  if (path->empty()) return;
  absl::StatusOr<std::string> dsn = ReadSecretLine(*path, access);
  file.Check(dsn.status());
  if (!dsn.ok()) return;
  if (!IsPostgresDsn(*dsn)) {
    return file.Check(absl::InvalidArgumentError(
        "holds no connection string of PostgreSQL: host=… dbname=… user=…, or postgresql://…"));
  }
  config->ledger_dsn = *std::move(dsn);
}

void CheckLedgerDirectory(const ConfigPlace& root, const Config& config) {
  const std::string& path = config.proto.ledger().sqlite().path();
  if (path.empty()) return;
  ConfigPlace place = root.Child("ledger").Child("sqlite");
  struct stat status = {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    return place.Fault("path", "is not a regular file");
  }
  size_t slash = path.rfind('/');
  std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
    place.Fault("path", "its directory does not exist");
  }
}

// What the checks have judged is written in one form from here on.
void Normalise(Config* config) {
  for (config::v1::Account& account : *config->proto.mutable_accounts()) {
    absl::StatusOr<GatewayUrl> url = ParseGatewayUrl(account.base_url());
    if (!url.ok()) continue;
    account.set_base_url(url->url);
    config->gateway_hosts[account.name()] = url->host;
  }
}

std::string Shortened(const std::string& text, size_t shown) {
  return text.size() <= shown ? "…" : absl::StrCat(text.substr(0, shown), "…");
}

}  // namespace

absl::StatusOr<Config> LoadConfig(const std::string& path,
                                  const std::string& credentials_directory) {
  absl::StatusOr<std::string> text = ReadFile(path, FileAccess::kAnyone);
  if (!text.ok()) {
    return absl::Status(text.status().code(), absl::StrCat(path, ": ", text.status().message()));
  }
  std::vector<ConfigFault> faults;
  ConfigText parsed(*text, &faults);
  ConfigPlace root = parsed.Root(&faults);
  Config config;
  config.proto = parsed.proto();
  FillDefaults(root, &config.proto);
  CheckConfig(config.proto, root);
  ReadAccountFiles(root, credentials_directory, &config);
  ReadTlsFiles(root, credentials_directory, &config);
  ReadEncryptionKeys(root, credentials_directory, &config);
  ReadLedgerDsn(root, credentials_directory, &config);
  CheckLedgerDirectory(root, config);
  if (!faults.empty()) return absl::InvalidArgumentError(ToText(path, std::move(faults)));
  Normalise(&config);
  return config;
}

std::string DescribeConfig(const Config& config) {
  config::v1::ServerConfig shown = config.proto;
  for (config::v1::Account& account : *shown.mutable_accounts()) {
    account.set_access_key(Shortened(account.access_key(), kShownOfAccessKey));
  }
  for (config::v1::Caller& caller : *shown.mutable_callers()) {
    for (std::string& digest : *caller.mutable_token_sha256()) {
      digest = Shortened(digest, kShownOfDigest);
    }
  }
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(shown, &text);
  return text;
}

}  // namespace order1688
