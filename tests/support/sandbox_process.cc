#include "tests/support/sandbox_process.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidjson/error/en.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/support/project_paths.h"

extern char** environ;

namespace order1688 {
namespace {

// Both ends close on exec, so that no other child keeps them open.
std::array<int, 2> NewPipe() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  return ends;
}

std::string ReadLine(int fd) {
  std::string line;
  char c = 0;
  while (true) {
    ssize_t got = read(fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') return line;
    line += c;
  }
}

pid_t Spawn(std::vector<std::string> arguments, int stdin_fd, int stdout_fd) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, stdin_fd, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, stdout_fd, STDOUT_FILENO);
  pid_t pid = -1;
  EXPECT_EQ(posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

rapidjson::Document Parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str(), text.size());
  EXPECT_FALSE(document.HasParseError())
      << rapidjson::GetParseError_En(document.GetParseError()) << " in: " << text;
  if (document.HasParseError() || document.IsNull()) document.SetObject();
  return document;
}

std::string Quoted(absl::string_view plain) { return absl::StrCat("\"", plain, "\""); }

size_t AppendTo(char* bytes, size_t size, size_t count, void* text) {
  static_cast<std::string*>(text)->append(bytes, size * count);
  return size * count;
}

}  // namespace

SandboxProcess::SandboxProcess(std::vector<std::string> arguments) {
  std::array<int, 2> in = NewPipe();
  std::array<int, 2> out = NewPipe();
  std::vector<std::string> command = {"python3", "-B", SourceFile("tests/sandbox/sandbox.py"),
                                      "--exit-with-stdin", "--quiet"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  pid_ = Spawn(std::move(command), in[0], out[1]);
  close(in[0]);
  close(out[1]);
  stdin_fd_ = in[1];
  rapidjson::Document ports = Parse(ReadLine(out[0]));
  close(out[0]);
  if (ports.HasMember("port")) port_ = ports["port"].GetInt();
  if (ports.HasMember("admin_port")) admin_port_ = ports["admin_port"].GetInt();
  EXPECT_NE(port_, 0) << "the sandbox did not start";
}

SandboxProcess::~SandboxProcess() {
  close(stdin_fd_);
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string SandboxProcess::OrderUrl(absl::string_view scheme, absl::string_view host) const {
  return absl::StrCat(scheme, "://", host, ":", port_, "/v2/alibaba/order/batch/create");
}

std::vector<std::string> SandboxProcess::Plan(absl::string_view plans_json) {
  std::vector<std::string> ids;
  rapidjson::Document answer = Call("POST", "/plans", plans_json);
  if (!answer.HasMember("ids")) return ids;
  for (const auto& id : answer["ids"].GetArray()) ids.emplace_back(id.GetString());
  return ids;
}

int SandboxProcess::HitsOf(absl::string_view plan_id) {
  rapidjson::Document report = Report();
  if (!report.HasMember("plans")) return -1;
  for (const auto& plan : report["plans"].GetArray()) {
    if (plan_id == plan["id"].GetString()) return plan["hits"].GetInt();
  }
  ADD_FAILURE() << "no plan " << plan_id;
  return -1;
}

void SandboxProcess::Release(absl::string_view plan_id) {
  Call("POST", "/release", absl::StrCat("{\"id\":", Quoted(plan_id), "}"));
}

rapidjson::Document SandboxProcess::Counts() { return Call("GET", "/counts"); }
rapidjson::Document SandboxProcess::Report() { return Call("GET", "/report"); }

int SandboxProcess::CountOf(const char* name) {
  rapidjson::Document counts = Counts();
  if (counts.HasMember(name)) return counts[name].GetInt();
  ADD_FAILURE() << "no count " << name;
  return -1;
}

bool SandboxProcess::WaitForRequests(int number) {
  return WaitFor(absl::StrCat("requests=", number));
}

bool SandboxProcess::WaitForConnections(int number) {
  return WaitFor(absl::StrCat("connections=", number));
}

bool SandboxProcess::WaitForHits(absl::string_view plan_id, int number) {
  return WaitFor(absl::StrCat("plan=", plan_id, "&hits=", number));
}

bool SandboxProcess::WaitForHolding(absl::string_view plan_id, int number) {
  return WaitFor(absl::StrCat("plan=", plan_id, "&holding=", number));
}

bool SandboxProcess::WaitFor(const std::string& query) {
  rapidjson::Document answer = Call("GET", absl::StrCat("/wait?timeout_ms=30000&", query));
  return answer.HasMember("reached") && answer["reached"].GetBool();
}

rapidjson::Document SandboxProcess::Call(absl::string_view method, absl::string_view path,
                                         absl::string_view body) {
  std::string url = absl::StrCat("http://127.0.0.1:", admin_port_, path);
  std::string text;
  long status = 0;
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
  if (method != "GET") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(easy, CURLOPT_COPYPOSTFIELDS, std::string(body).c_str());
  }
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &AppendTo);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &text);
  CURLcode code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_cleanup(easy);
  EXPECT_EQ(code, CURLE_OK) << method << " " << path;
  EXPECT_EQ(status, 200) << method << " " << path << ": " << text;
  return Parse(text);
}

}  // namespace order1688
