// The real order1688-server as a child of the test, in front of a sandbox gateway.
#ifndef ORDER1688_TESTS_SUPPORT_SERVER_PROCESS_H_
#define ORDER1688_TESTS_SUPPORT_SERVER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "grpcpp/channel.h"
#include "tests/support/temp_folder.h"

namespace order1688 {

// What a test changes of the usual configuration.
struct ServerTerms {
  std::string base_url;  // of the gateway
  std::string access_secret = "TEST-ACCESS-SECRET-0001";
  std::string account_lines;  // more lines of the account `main`, text format
  std::string more_lines;     // more lines of the configuration
  std::string listen = "127.0.0.1:0";
  std::string ledger;  // the whole `ledger { … }`; empty: an SQLite file in the server's folder
  std::vector<std::string> environment;  // NAME=VALUE, beside or instead of the test's own
};

// The callers of the usual configuration: tokens and what they may do.
inline constexpr char kShopToken[] = "shop-token-0123456789abcdef";  // PLACE, READ
inline constexpr char kShopNextToken[] =
    "shop-token-next-0123456789abcdef";  // the same caller, for rotation
inline constexpr char kReaderToken[] =
    "reader-token-0123456789abcdef";  // another caller, READ only
inline constexpr char kRivalToken[] =
    "rival-token-0123456789abcdef";  // another caller, PLACE and READ

// A server in a folder of its own; the folder, with the ledger in it, lives as long as this object,
// over restarts. Not thread-safe.
class ServerProcess {
 public:
  explicit ServerProcess(ServerTerms terms);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // Writes the configuration, starts the server and waits until it is ready. A failure fails the
  // test.
  void Start();
  // SIGTERM, then waits for the end; returns the exit code (-1 for a signal).
  int Stop();
  void Signal(int signal);
  int Wait();
  // kill -9, and waits for the end.
  void Kill();

  // Runs the program once with the present configuration and more arguments; returns the exit code
  // and what it printed.
  struct Run {
    int exit_code;
    std::string output;  // stdout and stderr
  };
  Run RunOnce(const std::string& arguments);

  int port() const { return port_; }
  int ops_port() const { return ops_port_; }
  pid_t pid() const { return pid_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string config_file() const { return folder_.File("server.textproto"); }
  std::string ledger_file() const { return folder_.File("ledger.db"); }
  const TempFolder& folder() const { return folder_; }
  void SetTerms(ServerTerms terms) { terms_ = std::move(terms); }

  // Everything that it has logged so far, all runs.
  std::string LogText() const;

  // A plaintext channel of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const;

  void WriteConfig();

 private:
  ServerTerms terms_;
  TempFolder folder_;
  pid_t pid_ = -1;
  int port_ = 0;
  int ops_port_ = 0;
};

// SHA-256 of a token, as the configuration has it.
std::string TokenDigest(const std::string& token);

// What a plain GET to 127.0.0.1 answers: "STATUS\nBODY".
std::string HttpGet(int port, const std::string& path);

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_SERVER_PROCESS_H_
