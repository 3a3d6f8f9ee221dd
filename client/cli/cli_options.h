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

// Options of `get`.
struct GetOptions {
  std::string request_id;
  std::string caller;  // empty: this one
  bool raw = false;
};

// Options of `list`.
struct ListOptions {
  bool in_doubt = false;
  std::vector<std::string> states;  // short names, e.g. IN_DOUBT
  std::string since;                // a time, or how long ago
  std::string caller;               // empty: this one; "-": all
  int limit = 0;                    // 0: no limit
};

// Options of `resolve`. Exactly one of placed, not_placed and closed is given.
struct ResolveOptions {
  std::string request_id;
  std::vector<std::string> placed;  // order ids
  bool not_placed = false;
  bool closed = false;
  std::string reason;
  std::string caller;  // empty: this one
  bool yes = false;
};

// Options of `account`. At most one of pause, resume and refusal_code is given.
struct AccountOptions {
  std::string name;
  bool pause = false;
  bool resume = false;
  std::string refusal_code;
  std::string reason;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_CLI_OPTIONS_H_
