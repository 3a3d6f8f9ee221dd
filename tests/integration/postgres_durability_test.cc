// A PostgreSQL that may lose what it acknowledged is refused.
#include "server/ledger/postgres_durability.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <future>
#include <optional>
#include <thread>

#include "tests/integration/postgres_ledger_fixture.h"

namespace order1688 {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// On a server of their own: these change its settings.
class PostgresDurabilityTest : public PostgresLedgerFixture {
 protected:
  void SetUp() override {
    if (!PostgresServer::IsInstalled()) GTEST_SKIP() << PostgresServer::kNotInstalled;
    server_.emplace();
  }

  void Start(const PostgresServer::Settings& settings) {
    server_->Start(settings);
    dsn_ = server_->NewSchemaDsn();
  }
  void Change(const std::string& setting, const std::string& value) {
    RunSql(dsn_, absl::StrCat("ALTER SYSTEM SET ", setting, " = ", value));
    RunSql(dsn_, "SELECT pg_reload_conf()");
    // The reload is a signal: new sessions see it a little later.
    while (RunSql(dsn_, absl::StrCat("SELECT current_setting('", setting, "')")) != value) {
    }
  }
  void Reset(const std::string& setting) {
    RunSql(dsn_, absl::StrCat("ALTER SYSTEM RESET ", setting));
    RunSql(dsn_, "SELECT pg_reload_conf()");
  }
  absl::Status Check() {
    const auto connection = PostgresConnection::Open(dsn_);
    return connection.ok() ? CheckDurability(**connection) : connection.status();
  }

  std::optional<PostgresServer> server_;
};

TEST_F(PostgresDurabilityTest, UnsafeSettingsAreRefusedUnlessAllowed) {
  Start({{"fsync", "off"}, {"full_page_writes", "off"}, {"synchronous_commit", "off"}});
  const auto refused = TryToOpen(dsn_);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()),
              AllOf(HasSubstr("fsync is off: set it to on"),
                    HasSubstr("full_page_writes is off: set it to on"),
                    HasSubstr("synchronous_commit is off: set it to on"),
                    HasSubstr("allow_unsafe_durability")));
  EXPECT_TRUE(
      TryToOpen(dsn_, {std::string(kEncryptionKeyBytes, 'k')}, /*allow_unsafe_durability=*/true)
          .ok());
}

TEST_F(PostgresDurabilityTest, EachUnsafeSettingIsRefusedAlone) {
  Start({});
  EXPECT_TRUE(Check().ok()) << Check();
  for (const char* setting : {"fsync", "full_page_writes", "synchronous_commit"}) {
    Change(setting, "off");
    EXPECT_THAT(std::string(Check().message()), HasSubstr(absl::StrCat(setting, " is off")));
    Change(setting, "on");
  }
  EXPECT_TRUE(Check().ok()) << Check();
}

TEST_F(PostgresDurabilityTest, SettingThatBecomesUnsafeStopsTheLedgerAtTheNextConnection) {
  Start({});
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r1")).ok());
  Change("fsync", "off");
  RunSql(dsn_,
         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
         " AND backend_type = 'client backend'");
  const auto refused = ReserveAndWait(*ledger, SampleReservation("r2"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("fsync is off"));
  Change("fsync", "on");
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r2"))->outcome, ReserveOutcome::kFresh);
}

TEST_F(PostgresDurabilityTest, CommitThatWaitsForItsStandbyInVainIsUnavailable) {
  Start({});
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r0")).ok());
  // Nobody has this name: every COMMIT waits, and no timeout of the server ends it.
  Change("synchronous_standby_names", "nobody");
  const auto reserved = ReserveAndWait(*ledger, SampleReservation("r1"));
  EXPECT_EQ(reserved.status().code(), absl::StatusCode::kUnavailable) << reserved.status();
  Reset("synchronous_standby_names");
  while (RowsOf("r1") != "1") {
  }
  EXPECT_EQ(ReserveAndWait(*ledger, SampleReservation("r1"))->outcome, ReserveOutcome::kBusy);
}

TEST_F(PostgresDurabilityTest, CommitThatOnlyWarnsOfItsStandbyIsNotFreshUntilAnotherOneDoesNot) {
  Start({});
  const std::unique_ptr<PostgresLedger> ledger = Open(dsn_);
  ASSERT_TRUE(ReserveAndWait(*ledger, SampleReservation("r0")).ok());
  Change("synchronous_standby_names", "nobody");
  std::promise<absl::StatusOr<Reserved>> promise;
  std::future<absl::StatusOr<Reserved>> answer = promise.get_future();
  ledger->Reserve(SampleReservation("r1"), [&](absl::StatusOr<Reserved> reserved) {
    promise.set_value(std::move(reserved));
  });
  // The session that waits for the standby, unless there is an answer already.
  auto wait_for_other_than = [&](const std::string& known) {
    std::string waiting;
    while (waiting.empty() &&
           answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      waiting = RunSql(dsn_, absl::StrCat("SELECT pid FROM pg_stat_activity WHERE wait_event = "
                                          "'SyncRep' AND pid <> ",
                                          known));
    }
    return waiting;
  };
  const std::string first = wait_for_other_than("0");
  // COMMIT then succeeds, with a warning.
  RunSql(dsn_, absl::StrCat("SELECT pg_cancel_backend(", first, ")"));
  EXPECT_NE(wait_for_other_than(first), "") << "answered without the standby";
  Reset("synchronous_standby_names");
  const absl::StatusOr<Reserved> reserved = answer.get();
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  EXPECT_EQ(reserved->outcome, ReserveOutcome::kFresh);
  EXPECT_EQ(RowsOf("r1"), "1");
}

// pg_receivewal is a standby as far as the server knows.
class PostgresStandbyTest : public PostgresDurabilityTest {
 protected:
  void SetUp() override {
    PostgresDurabilityTest::SetUp();
    if (IsSkipped()) return;
    Start({});
    receiver_ = fork();
    if (receiver_ == 0) {
      const std::string program = "/usr/lib/postgresql/15/bin/pg_receivewal";
      const std::string folder = server_->socket().substr(0, server_->socket().rfind('/'));
      execl(program.c_str(), program.c_str(), "-h", folder.c_str(), "-U", "order1688", "-D",
            archive_.path().c_str(), "--synchronous", "--no-loop", nullptr);
      _exit(127);
    }
    WaitForStandby("async");
  }
  void TearDown() override {
    if (receiver_ <= 0) return;
    kill(receiver_, SIGKILL);
    waitpid(receiver_, nullptr, 0);
  }
  void WaitForStandby(const std::string& state) {
    while (RunSql(dsn_, "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'") !=
           state) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two looks
    }
  }

  TempFolder archive_;
  pid_t receiver_ = -1;
};

TEST_F(PostgresStandbyTest, StandbyThatCommitsDoNotWaitForIsRefused) {
  EXPECT_THAT(std::string(Check().message()), HasSubstr("synchronous_standby_names is empty"));
  Change("synchronous_standby_names", "pg_receivewal");
  WaitForStandby("sync");
  EXPECT_TRUE(Check().ok()) << Check();
  for (const char* weak : {"local", "remote_write"}) {
    Change("synchronous_commit", weak);
    EXPECT_THAT(std::string(Check().message()),
                HasSubstr(absl::StrCat("synchronous_commit is ", weak)));
  }
  Change("synchronous_commit", "on");
  Change("synchronous_standby_names", "another");
  WaitForStandby("async");
  EXPECT_THAT(std::string(Check().message()), HasSubstr("does not name"));
}

}  // namespace
}  // namespace order1688
