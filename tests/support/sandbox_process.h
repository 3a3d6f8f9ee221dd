// The sandbox gateway (tests/sandbox) as a child of the test, and its admin API.
#ifndef ORDER1688_TESTS_SUPPORT_SANDBOX_PROCESS_H_
#define ORDER1688_TESTS_SUPPORT_SANDBOX_PROCESS_H_

#include <rapidjson/document.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace order1688 {

// Starts sandbox.py on free loopback ports in the constructor and ends it in the destructor; it
// also ends when the test dies. A failure of the sandbox itself fails the test (a GoogleTest
// failure) and gives empty answers. Not thread-safe.
class SandboxProcess {
 public:
  // `arguments` are added to its command line, e.g. {"--tls-cert", path, "--tls-key", path}.
  explicit SandboxProcess(std::vector<std::string> arguments = {});
  ~SandboxProcess();
  SandboxProcess(const SandboxProcess&) = delete;
  SandboxProcess& operator=(const SandboxProcess&) = delete;

  int port() const { return port_; }
  int admin_port() const { return admin_port_; }

  // scheme://host:port/v2/alibaba/order/batch/create
  std::string OrderUrl(absl::string_view scheme = "http",
                       absl::string_view host = "127.0.0.1") const;

  // Adds planned faults, a JSON list; returns their ids.
  std::vector<std::string> Plan(absl::string_view plans_json);
  // How often the plan was carried out.
  int HitsOf(absl::string_view plan_id);
  // Lets go what a plan with the fault `hold` holds, for good.
  void Release(absl::string_view plan_id);

  // GET /counts and GET /report.
  rapidjson::Document Counts();
  rapidjson::Document Report();
  int CountOf(const char* name);  // one number of /counts, e.g. "requests_read_whole"

  // Block until so many requests were read whole, so many connections came, or a plan has so many
  // hits or holds so many requests. False after 30 s.
  bool WaitForRequests(int number);
  bool WaitForConnections(int number);
  bool WaitForHits(absl::string_view plan_id, int number);
  bool WaitForHolding(absl::string_view plan_id, int number);

  // Any other admin call; the answer must have status 200.
  rapidjson::Document Call(absl::string_view method, absl::string_view path,
                           absl::string_view body = "");

 private:
  bool WaitFor(const std::string& query);

  pid_t pid_ = -1;
  int stdin_fd_ = -1;
  int port_ = 0;
  int admin_port_ = 0;
};

}  // namespace order1688

#endif  // ORDER1688_TESTS_SUPPORT_SANDBOX_PROCESS_H_
