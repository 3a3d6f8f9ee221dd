#include "tests/support/server_process.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <openssl/sha.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "tests/support/project_paths.h"

extern char** environ;

namespace order1688 {
namespace {

// The one of this build, or another build's that the environment names.
const std::string kServer = [] {
  const char* other = std::getenv("ORDER1688_TESTED_SERVER");
  return other != nullptr ? std::string(other) : BuiltFile("bin/order1688-server");
}();

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int ExitCodeOf(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -1; }

size_t Append(char* data, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(data, size * count);
  return size * count;
}

}  // namespace

ServerProcess::ServerProcess(ServerTerms terms) : terms_(std::move(terms)) {}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) Kill();
}

void ServerProcess::WriteConfig() {
  std::ofstream(folder_.File("secret")) << terms_.access_secret << "\n";
  chmod(folder_.File("secret").c_str(), 0600);
  auto caller = [](const std::string& id, const std::string& digests,
                   const std::string& permissions) {
    return absl::StrCat("callers { id: \"", id, "\" ", digests, " accounts: \"main\" ", permissions,
                        " }\n");
  };
  auto digest = [](const std::string& token) {
    return absl::StrCat("token_sha256: \"", TokenDigest(token), "\" ");
  };
  std::ofstream(config_file()) << absl::StrCat(
      "listen: \"", terms_.listen,
      "\"\nops_listen: \"127.0.0.1:0\"\naccounts {\n  name: \"main\"\n  environment: SANDBOX\n  "
      "base_url: \"",
      terms_.base_url,
      "\"\n  access_key: \"58c0201dfdf148eca63cbf6bb5e7cf03\"\n  user_id: \"2100007341207\"\n  "
      "orders_per_second: 1000\n  "
      "max_in_flight: 200\n  access_secret_file: \"",
      folder_.File("secret"), "\"\n", terms_.account_lines, "}\n",
      caller("shop", digest(kShopToken) + digest(kShopNextToken),
             "permissions: PLACE permissions: READ"),
      caller("reader", digest(kReaderToken), "permissions: READ"),
      caller("rival", digest(kRivalToken), "permissions: PLACE permissions: READ"),
      terms_.ledger.empty() ? absl::StrCat("ledger { sqlite { path: \"", ledger_file(), "\" } }\n")
                            : terms_.ledger,
      terms_.more_lines);
}

void ServerProcess::Start() {
  WriteConfig();
  const std::string port_file = folder_.File("ports.json");
  std::filesystem::remove(port_file);
  const std::string config = config_file();
  const std::string log = folder_.File("server.log");
  // Made here: the child of a program with threads may not allocate. The first of two entries wins.
  std::vector<char*> environment;
  for (std::string& entry : terms_.environment) environment.push_back(entry.data());
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execle(kServer.c_str(), kServer.c_str(), "--config", config.c_str(), "--port-file",
           port_file.c_str(), nullptr, environment.data());
    _exit(127);
  }
  // The port file is renamed into place when the server is ready.
  while (!std::filesystem::exists(port_file)) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      ADD_FAILURE() << "the server ended with " << ExitCodeOf(status) << " before it was ready:\n"
                    << LogText();
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two looks
  }
  rapidjson::Document ports;
  ports.Parse(ReadAll(port_file).c_str());
  port_ = ports["port"].GetInt();
  ops_port_ = ports["ops_port"].GetInt();
}

void ServerProcess::Signal(int signal) { kill(pid_, signal); }

int ServerProcess::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return ExitCodeOf(status);
}

int ServerProcess::Stop() {
  Signal(SIGTERM);
  return Wait();
}

void ServerProcess::Kill() {
  Signal(SIGKILL);
  Wait();
}

ServerProcess::Run ServerProcess::RunOnce(const std::string& arguments) {
  const std::string command =
      absl::StrCat(kServer, " --config ", config_file(), " ", arguments, " 2>&1 </dev/null");
  FILE* pipe = popen(command.c_str(), "r");
  Run run;
  char buffer[4096];
  for (size_t size = 0; (size = fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
    run.output.append(buffer, size);
  run.exit_code = ExitCodeOf(pclose(pipe));
  return run;
}

std::string ServerProcess::LogText() const { return ReadAll(folder_.File("server.log")); }

std::shared_ptr<grpc::Channel> ServerProcess::NewChannel() const {
  grpc::ChannelArguments arguments;
  // Otherwise channels of one test share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address(), grpc::InsecureChannelCredentials(), arguments);
}

std::string TokenDigest(const std::string& token) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), sizeof(digest)));
}

std::string HttpGet(int port, const std::string& path) {
  std::string body;
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, absl::StrCat("http://127.0.0.1:", port, path).c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
  curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(curl);
  return absl::StrCat(status, "\n", body);
}

}  // namespace order1688
