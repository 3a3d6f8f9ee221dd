#include "server/ops/listener_watchdog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "spdlog/logger.h"
#include "spdlog/sinks/ostream_sink.h"
#include "tests/support/deaf_listener.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_timer.h"
#include "tests/support/loopback_port.h"

namespace order1688 {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr absl::Duration kInterval = absl::Seconds(10);

class ListenerWatchdogTest : public testing::Test {
 protected:
  ListenerWatchdogTest() : log_(MakeSink()) {}
  ~ListenerWatchdogTest() override { watchdog_->Stop(); }

  std::shared_ptr<spdlog::logger> MakeSink() {
    auto sink = std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_text_));
    sink->set_pattern("%v");
    return sink;
  }

  void Watch(const std::string& host, int port) {
    watchdog_ =
        std::make_shared<ListenerWatchdog>(host, port, kInterval, timer_, metrics_, log_,
                                           [this](bool accepts) { told_.push_back(accepts); });
    watchdog_->Start();
  }

  // One try, which the server accepts and greets, as a plaintext gRPC server does.
  void PassAccepted() {
    const int connection = listener_.Accept();
    ASSERT_GE(connection, 0) << "nobody has connected";
    EXPECT_EQ(send(connection, "s", 1, MSG_NOSIGNAL), 1);
    timer_.Advance(kInterval);
    close(connection);
  }

  bool HasAlarm() const {
    return metrics_.Render().find("alarms_total{kind=\"listener_deaf\"} 1\n") != std::string::npos;
  }

  DeafListener listener_;
  FakeClock clock_;
  FakeTimer timer_{clock_};
  Metrics metrics_;
  std::ostringstream log_text_;
  Log log_;
  std::vector<bool> told_;
  std::shared_ptr<ListenerWatchdog> watchdog_;
};

TEST_F(ListenerWatchdogTest, AServerThatGreetsIsLeftAlone) {
  Watch("127.0.0.1", listener_.port());
  for (int i = 0; i < 10; ++i) PassAccepted();
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_FALSE(HasAlarm());
}

// A TLS server says nothing before the client's hello, but ends when the client does.
TEST_F(ListenerWatchdogTest, AServerThatEndsWithTheClientIsLeftAlone) {
  Watch("127.0.0.1", listener_.port());
  for (int i = 0; i < 10; ++i) {
    const int connection = listener_.Accept();
    ASSERT_GE(connection, 0);
    char byte = 0;
    EXPECT_EQ(recv(connection, &byte, 1, 0), -1) << "the client has not ended yet, nor spoken";
    timer_.Advance(kInterval / 2);
    EXPECT_EQ(recv(connection, &byte, 1, 0), 0) << "the client must have ended";
    close(connection);
    timer_.Advance(kInterval / 2);
  }
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ListenerWatchdogTest, ConnectionsThatTheKernelAloneCompletedRaiseOneAlarmAfterThree) {
  Watch("127.0.0.1", listener_.port());
  timer_.Advance(kInterval * 2);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_FALSE(HasAlarm());
  timer_.Advance(kInterval);
  EXPECT_THAT(told_, ElementsAre(false));
  EXPECT_TRUE(HasAlarm());
  EXPECT_THAT(log_text_.str(), HasSubstr("\"kind\":\"listener_deaf\""));
  timer_.Advance(kInterval * 10);
  EXPECT_THAT(told_, ElementsAre(false)) << "once";
  EXPECT_TRUE(HasAlarm()) << "and one alarm";
}

TEST_F(ListenerWatchdogTest, RefusedConnectionsRaiseTheAlarmToo) {
  const LoopbackPort port;
  Watch("127.0.0.1", port.number());
  timer_.Advance(kInterval * 3);
  EXPECT_THAT(told_, ElementsAre(false));
}

TEST_F(ListenerWatchdogTest, OneAcceptedTryStartsTheCountAnew) {
  Watch("127.0.0.1", listener_.port());
  timer_.Advance(kInterval * 2);
  for (int i = 0; i < 2; ++i) close(listener_.Accept());
  PassAccepted();
  timer_.Advance(kInterval * 2);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(ListenerWatchdogTest, APortThatAcceptsAgainIsToldOnce) {
  Watch("127.0.0.1", listener_.port());
  timer_.Advance(kInterval * 3);
  for (int i = 0; i < 3; ++i) close(listener_.Accept());
  PassAccepted();
  PassAccepted();
  EXPECT_THAT(told_, ElementsAre(false, true));
}

TEST_F(ListenerWatchdogTest, AServerThatListensEverywhereIsTriedOnLoopback) {
  for (const char* host : {"0.0.0.0", "::"}) {
    Watch(host, listener_.port());
    const int connection = listener_.Accept();
    EXPECT_GE(connection, 0) << host;
    close(connection);
    watchdog_->Stop();
  }
}

TEST_F(ListenerWatchdogTest, AnAddressThatIsUnknownIsNotWatchedAndNeverAlarms) {
  Watch(std::string(300, 'a'), listener_.port());  // no name is so long
  timer_.Advance(kInterval * 10);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_THAT(log_text_.str(), HasSubstr("listener_not_watched"));
}

TEST_F(ListenerWatchdogTest, AfterStopItTriesNothingAndTellsNothing) {
  Watch("127.0.0.1", listener_.port());
  timer_.Advance(kInterval * 2);
  watchdog_->Stop();
  for (int i = 0; i < 3; ++i) close(listener_.Accept());
  timer_.Advance(kInterval * 10);
  EXPECT_THAT(told_, IsEmpty());
  EXPECT_EQ(listener_.Accept(), -1);
  EXPECT_EQ(timer_.pending(), 0U);
}

}  // namespace
}  // namespace order1688
