#include "tests/support/postgres_server.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace order1688 {
namespace {

constexpr char kPrograms[] = "/usr/lib/postgresql/15/bin/";

// Whom it runs as, if not as ourselves.
const passwd* OtherUser() { return getuid() == 0 ? getpwnam("postgres") : nullptr; }

// In memory, if there is room: the tests kill the server, not the machine, so that fsync need not
// wait for a disk.
std::filesystem::path Parent() {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space("/dev/shm", error);
  const bool has_room = !error && space.available >= (uintmax_t{1} << 30);
  return has_room ? "/dev/shm" : std::filesystem::temp_directory_path();
}

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Starts a program of PostgreSQL; its output is added to `log`.
pid_t Spawn(const std::string& program, std::vector<std::string> arguments,
            const std::string& log) {
  const std::string path = kPrograms + program;
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const passwd* user = OtherUser();
  const uid_t uid = user == nullptr ? getuid() : user->pw_uid;
  const gid_t gid = user == nullptr ? getgid() : user->pw_gid;
  const pid_t pid = fork();
  if (pid != 0) return pid;
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (user != nullptr && (setgid(gid) != 0 || setuid(uid) != 0)) _exit(126);
  // After setuid, which takes it back.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  execv(path.c_str(), argv.data());
  _exit(127);
}

}  // namespace

bool PostgresServer::IsInstalled() {
  return access((std::string(kPrograms) + "initdb").c_str(), X_OK) == 0 &&
         (getuid() != 0 || OtherUser() != nullptr);
}

PostgresServer& PostgresServer::Shared() {
  static PostgresServer server;
  static const bool kStarted = [] {
    server.Start();
    return true;
  }();
  (void)kStarted;
  return server;
}

PostgresServer::PostgresServer() : folder_(Parent()) {
  if (const passwd* user = OtherUser(); user != nullptr) {
    EXPECT_EQ(chown(folder_.path().c_str(), user->pw_uid, user->pw_gid), 0);
  }
  const std::string log = folder_.File("initdb.log");
  const pid_t pid = Spawn("initdb",
                          {"-D", folder_.File("data"), "-U", "order1688", "-A", "trust", "-E",
                           "UTF8", "--locale=C.UTF-8", "--no-sync"},
                          log);
  int status = 0;
  waitpid(pid, &status, 0);
  EXPECT_EQ(status, 0) << ReadAll(log);
}

PostgresServer::~PostgresServer() {
  // It removes its shared memory, which outlives a kill -9.
  if (pid_ > 0) Stop(SIGQUIT);
}

void PostgresServer::Start(const Settings& settings) {
  Settings all = {{"listen_addresses", ""},   {"unix_socket_directories", folder_.path()},
                  {"shared_buffers", "16MB"}, {"dynamic_shared_memory_type", "mmap"},
                  {"max_connections", "100"}, {"autovacuum", "off"},
                  {"timezone", "UTC"}};
  for (const auto& [name, value] : settings) all[name] = value;
  std::vector<std::string> arguments = {"-D", folder_.File("data"), "-p", "5432"};
  for (const auto& [name, value] : all) {
    arguments.push_back("-c");
    arguments.push_back(absl::StrCat(name, "=", value));
  }
  const std::string log = folder_.File("postgres.log");
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < until) {
    if (pid_ < 0) pid_ = Spawn("postgres", arguments, log);
    if (PQping(Dsn("").c_str()) == PQPING_OK) return;
    // After a kill -9 it refuses to start until the last process of the old run is gone.
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) pid_ = -1;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // between two looks
  }
  ADD_FAILURE() << "PostgreSQL does not start:\n" << ReadAll(log);
}

void PostgresServer::Kill() { Stop(SIGKILL); }

void PostgresServer::Stop(int signal) {
  kill(pid_, signal);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::string PostgresServer::NewSchemaDsn() {
  const std::string name = absl::StrCat("test_", ++schemas_);
  RunSql(Dsn(""), absl::StrCat("CREATE SCHEMA ", name));
  return Dsn(absl::StrCat(" options='-c search_path=", name, "'"));
}

std::string PostgresServer::ThroughSocket(const std::string& dsn, const std::string& folder) {
  const size_t begin = dsn.find("host=") + 5;
  return absl::StrCat(dsn.substr(0, begin), folder, dsn.substr(dsn.find(' ', begin)));
}

std::string PostgresServer::Dsn(const std::string& more) const {
  return absl::StrCat("host=", folder_.path(), " port=5432 user=order1688 dbname=postgres", more);
}

std::string RunSql(const std::string& dsn, const std::string& sql) {
  PGconn* connection = PQconnectdb(dsn.c_str());
  PGresult* result = PQexec(connection, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  EXPECT_TRUE(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
      << PQerrorMessage(connection) << sql;
  std::string first;
  if (PQntuples(result) > 0 && PQnfields(result) > 0) first = PQgetvalue(result, 0, 0);
  PQclear(result);
  PQfinish(connection);
  return first;
}

}  // namespace order1688
