// A real PostgreSQL of the test's own, on a Unix socket in a temporary folder.
#ifndef ORDER1688_TESTS_SUPPORT_POSTGRES_SERVER_H_
#define ORDER1688_TESTS_SUPPORT_POSTGRES_SERVER_H_

#include <sys/types.h>

#include <map>
#include <string>

#include "tests/support/temp_folder.h"

namespace order1688 {

// Durable settings, no TCP, one superuser `order1688` without a password. If the tests run as root,
// it runs as the user `postgres`, since it refuses root. Not thread-safe. A failure fails the test.
class PostgresServer {
 public:
  using Settings = std::map<std::string, std::string>;

  // False: skip the test, with kNotInstalled.
  static bool IsInstalled();
  static constexpr char kNotInstalled[] =
      "PostgreSQL 15 is not installed: bazel-free-scripts/setup.sh --for test";

  // The server of this test program: made at its first use, running, with the settings above.
  static PostgresServer& Shared();

  // Makes the files; Start starts it.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // Returns when it takes connections. `settings` are changes for this run.
  void Start(const Settings& settings = {});
  // kill -9, and waits for the end of the first process.
  void Kill();

  // A connection string for a new, empty schema. With another socket folder: of a proxy.
  std::string NewSchemaDsn();
  static std::string ThroughSocket(const std::string& dsn, const std::string& folder);

  // Path of the socket.
  std::string socket() const { return folder_.path() + "/.s.PGSQL.5432"; }

 private:
  void Stop(int signal);
  std::string Dsn(const std::string& more) const;

  TempFolder folder_;
  pid_t pid_ = -1;
  int schemas_ = 0;
};

// Runs SQL on a connection of its own and returns the first column of the first row; "" if there is
// none. A failure fails the test.
std::string RunSql(const std::string& dsn, const std::string& sql);

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_POSTGRES_SERVER_H_
