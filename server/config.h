// The configuration of order1688-server: read from its file once, at start, checked as a whole and
// completed with the defaults. Its options are documented in
// protos/order1688/config/v1/server_config.proto.
#ifndef ORDER1688_SERVER_CONFIG_H_
#define ORDER1688_SERVER_CONFIG_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "order1688/config/v1/server_config.pb.h"

namespace order1688 {

// A configuration that is whole and valid, and what its files hold.
struct Config {
  // Every optional field holds its default if the text does not set it; digests are in lower case,
  // base URLs have no slash at their end, paths of systemd credentials are resolved. No secret is
  // in it.
  config::v1::ServerConfig proto;
  // The gateway's host of each account by its name: lower case, without port.
  std::map<std::string, std::string> gateway_hosts;
  // Secret: access secret of each account by its name. Never log or print it.
  std::map<std::string, std::string> access_secrets;
  // Secret: what ledger.encryption_key_files hold, 32 bytes each, in their order.
  std::vector<std::string> encryption_keys;
  // Secret: the connection string of ledger.postgres; empty for another store.
  std::string ledger_dsn;
  // Contents of the files of `tls`, PEM; empty where it names none. The key is secret.
  std::string tls_certificates;
  std::string tls_private_key;
  std::string tls_client_ca;
};

// Reads and checks the configuration in the file `path`, and the files that it names.
// `credentials_directory` is what systemd put into the environment as CREDENTIALS_DIRECTORY; empty
// if nothing.
//
// NOT_FOUND or PERMISSION_DENIED if the file itself cannot be read; INVALID_ARGUMENT if anything is
// wrong with it: the message then holds every fault, one per line, as `FILE:LINE: FIELD: MESSAGE`.
// Messages hold no secret. Blocks on files.
absl::StatusOr<Config> LoadConfig(const std::string& path,
                                  const std::string& credentials_directory = "");

// The configuration in force as protobuf text format, for --check-config: complete, but access keys
// are cut to 4 characters and token digests to 8, so it cannot be used as a configuration.
std::string DescribeConfig(const Config& config);

}  // namespace order1688

#endif  // ORDER1688_SERVER_CONFIG_H_
