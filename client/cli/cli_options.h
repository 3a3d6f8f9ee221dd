// The options of order1688, as given.
#ifndef ORDER1688_CLIENT_CLI_CLI_OPTIONS_H_
#define ORDER1688_CLIENT_CLI_CLI_OPTIONS_H_

#include <string>
#include <vector>

namespace order1688 {

// Options of every command.
struct GlobalOptions {
  std::string program = "order1688";  // how the tool was called
  std::string server;                 // host:port
  std::string token_file;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool plaintext = false;
  int timeout_seconds = 60;
  bool json = false;
};

// Options of `place`.
struct PlaceOptions {
  std::vector<std::string> files;  // at least one; "-" is the standard input
  std::string request_id;
  std::string request_id_prefix;
  std::string account;
  std::string reference;
  bool validate_only = false;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_CLI_OPTIONS_H_
