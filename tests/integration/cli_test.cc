// The program order1688 as users run it: its own process, against a small real server.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "tests/support/project_paths.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/fake_order_service.h"

namespace order1688 {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

const std::string kProgram = BuiltFile("bin/order1688");

class CliTest : public testing::Test {
 protected:
  CliTest() {
    std::ofstream(folder_.File("a.json"))
        << R"({"flow": "general", "cargoParamList": [{"quantity": 1}]})";
  }

  // Starts the program; its outputs go to the files out and err.
  pid_t Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {kProgram, "--plaintext", "--server", server_.address()});
    std::vector<std::string> environment = {"ORDER1688_TOKEN=secret-canary",
                                            "HOME=" + folder_.path(), "PATH=/usr/bin:/bin"};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, folder_.File("out").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, folder_.File("err").c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child = -1;
    EXPECT_EQ(posix_spawn(&child, kProgram.c_str(), &files, nullptr, Pointers(arguments).data(),
                          Pointers(environment).data()),
              0);
    posix_spawn_file_actions_destroy(&files);
    return child;
  }

  // Its exit code; -1 if it was killed.
  static int Wait(pid_t child) {
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  int Run(const std::vector<std::string>& arguments) { return Wait(Start(arguments)); }

  std::string Text(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder_.File(name)).rdbuf();
    return text.str();
  }

  FakeOrderServer server_;
  TempFolder folder_;

 private:
  static std::vector<char*> Pointers(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
  }
};

TEST_F(CliTest, PlacesTheFileWithDataOnStdoutAndTalkOnStderr) {
  server_.service.ThenPlace();
  EXPECT_EQ(Run({"place", folder_.File("a.json"), "--request-id", "id-1"}), 0);
  EXPECT_THAT(Text("out"), HasSubstr("2540608320348880791"));
  EXPECT_THAT(Text("out"), Not(HasSubstr("does not pay")));
  EXPECT_THAT(Text("err"), HasSubstr("does not pay"));
  EXPECT_THAT(Text("out") + Text("err"), Not(HasSubstr("canary")));
  EXPECT_THAT(Text("out") + Text("err"), Not(HasSubstr("\x1b")));
}

TEST_F(CliTest, AProcessKilledInTheMiddleLeavesTheSamePurchase) {
  std::promise<void> arrived;
  std::promise<void> release;
  server_.service.Then([&](const auto&, auto*) {
    arrived.set_value();
    release.get_future().wait();
    return grpc::Status(grpc::CANCELLED, "");
  });
  server_.service.ThenPlace();
  const pid_t child = Start({"place", folder_.File("a.json")});
  arrived.get_future().wait();
  kill(child, SIGKILL);
  EXPECT_EQ(Wait(child), -1);
  release.set_value();

  EXPECT_EQ(Run({"place", folder_.File("a.json")}), 0);
  const auto requests = server_.service.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].request_id(), requests[1].request_id());
  EXPECT_THAT(Text("err"), HasSubstr("the same purchase"));
}

TEST_F(CliTest, TheCommandThatIsPrintedAfterAnUnknownOutcomeWorks) {
  server_.service.ThenFail(v1::ERROR_REASON_OUTCOME_IN_DOUBT);
  server_.service.ThenPlace();
  ASSERT_EQ(Run({"place", folder_.File("a.json"), "--reference", "it's mine"}), 4);
  const std::string talk = Text("err");
  const size_t begin = talk.find(absl::StrCat("\n  ", kProgram)) + 3;
  const std::string command = talk.substr(begin, talk.find('\n', begin) - begin);
  EXPECT_EQ(std::system(absl::StrCat("ORDER1688_TOKEN=t HOME=", folder_.path(), " ", command, " > ",
                                     folder_.File("out"), " 2> ", folder_.File("err"))
                            .c_str()),
            0)
      << command << Text("err");
  const auto requests = server_.service.requests();
  ASSERT_THAT(requests, SizeIs(2));
  EXPECT_EQ(requests[0].SerializeAsString(), requests[1].SerializeAsString());
}

TEST_F(CliTest, ExitsWithTheCode) {
  server_.service.ThenFail(v1::ERROR_REASON_REQUEST_ID_REUSED);
  EXPECT_EQ(Run({"place", folder_.File("a.json"), "--request-id", "id-1"}), 9);
  EXPECT_EQ(Run({"place", folder_.File("none.json"), "--request-id", "id-1"}), 1);
  EXPECT_EQ(Run({"health"}), 0);
}

}  // namespace
}  // namespace order1688
