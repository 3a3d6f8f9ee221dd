// Proof: with a disk that is full, or that fails to sync, nothing is sent without a durable row,
// callers hear LEDGER_UNAVAILABLE, and no outcome is guessed. SQLite's part; the real server.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/proofs/gateway_books.h"
#include "tests/support/process_faults.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

class DiskProof : public testing::Test {
 protected:
  DiskProof() : faults_(folder_.path(), sandbox_.port()), server_(Terms()) { server_.Start(); }

  ServerTerms Terms() const {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox_.port());
    terms.ledger =
        absl::StrCat("ledger { sqlite { path: \"", ledger_folder_.File("ledger.db"), "\" } }\n");
    terms.environment = faults_.environment();
    return terms;
  }

  PlaceAnswer Place(const std::string& key) {
    return PlaceOrders(*server_.NewChannel(), kShopToken, KeyedRequest(key));
  }
  v1::Placement Stored(const std::string& key) {
    return GetPlacement(*server_.NewChannel(), kShopToken, key).placement;
  }
  GatewayCount Count(const std::string& key) { return GatewayBooks::Read(sandbox_).Of(key); }

  void ExpectUnavailable(const PlaceAnswer& answer) {
    ASSERT_TRUE(answer.error.has_value()) << answer.status.error_message();
    EXPECT_EQ(NameOf(answer.error->reason), "LEDGER_UNAVAILABLE");
    EXPECT_EQ(answer.status.error_code(), grpc::UNAVAILABLE);
    EXPECT_FALSE(answer.error->order_may_exist);
  }

  void ExpectPlacedOnce(const std::string& key, const PlaceAnswer& answer) {
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_EQ(Count(key).posts, 1);
    EXPECT_EQ(BrokenPromise(Stored(key), Count(key)), "");
  }

  // An order whose answer the gateway holds back until Release.
  std::unique_ptr<BackgroundPlace> PlaceHeld(const std::string& key) {
    sandbox_.Plan(R"([{"id": "held", "fault": {"kind": "hold"}}])");
    auto call =
        std::make_unique<BackgroundPlace>(server_.NewChannel(), kShopToken, KeyedRequest(key));
    EXPECT_TRUE(sandbox_.WaitForHolding("held", 1));
    return call;
  }

  void WaitForHits(const std::string& fault, int hits) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (faults_.HitsOf(fault) < hits && absl::Now() < deadline)
      absl::SleepFor(absl::Milliseconds(10));  // between two looks
    EXPECT_GE(faults_.HitsOf(fault), hits);
  }

  SandboxProcess sandbox_;
  TempFolder folder_;
  TempFolder ledger_folder_;
  ProcessFaults faults_;
  ServerProcess server_;
};

TEST_F(DiskProof, AFullDiskSendsNothingAndRecoversByItself) {
  ASSERT_TRUE(Place("before").status.ok());
  faults_.Set(kDiskFull);
  for (int ask = 0; ask < 3; ++ask) ExpectUnavailable(Place("during"));
  EXPECT_GE(faults_.HitsOf(kDiskFull), 3);
  EXPECT_EQ(Count("during").posts, 0);
  EXPECT_TRUE(Place("before").response.replayed()) << "reading needs no space";
  faults_.Set("");
  ExpectPlacedOnce("during", Place("during"));
}

TEST_F(DiskProof, AnOutcomeThatMeetsAFullDiskIsRecordedWhenThereIsSpace) {
  const auto call = PlaceHeld("outcome");
  faults_.Set(kDiskFull);
  sandbox_.Release("held");
  WaitForHits(kDiskFull, 2);  // the first try and another
  faults_.Set("");
  ExpectPlacedOnce("outcome", call->Wait());
}

TEST_F(DiskProof, AFailedSyncBeforeTheSendSendsNothingUntilARestart) {
  faults_.Set(kSyncFails);
  ExpectUnavailable(Place("unsynced"));
  EXPECT_GE(faults_.HitsOf(kSyncFails), 1);
  faults_.Set("");
  ExpectUnavailable(Place("later"));
  EXPECT_EQ(sandbox_.CountOf("requests_begun"), 0);

  server_.Stop();
  server_.Start();
  ExpectPlacedOnce("later", Place("later"));
  // Whether the kernel has the row is open: if it has, the row is in doubt, and never sent.
  const bool there = Stored("unsynced").state() == v1::PLACEMENT_STATE_IN_DOUBT;
  const PlaceAnswer again = Place("unsynced");
  EXPECT_EQ(again.status.ok(), !there) << again.status.error_message();
  EXPECT_EQ(Count("unsynced").posts, there ? 0 : 1);
}

TEST_F(DiskProof, AFailedSyncAfterTheSendLosesNoOrder) {
  const auto call = PlaceHeld("sent");
  faults_.Set(kSyncFails);
  sandbox_.Release("held");
  WaitForHits(kSyncFails, 1);
  faults_.Set("");
  server_.Kill();
  EXPECT_FALSE(call->Wait().status.ok());
  server_.Start();
  for (int ask = 0; ask < 3; ++ask) Place("sent");
  EXPECT_EQ(Count("sent").posts, 1);
  EXPECT_EQ(BrokenPromise(Stored("sent"), Count("sent")), "");
}

// A small file system of its own, as long as the object lives, that only this test and its children
// see: nothing stays mounted if the test dies.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder)
      : folder_(std::move(folder)),
        mounted_(unshare(CLONE_NEWNS) == 0 &&
                 mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                 mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=1m") == 0) {}
  ~SmallDisk() {
    if (mounted_) umount2(folder_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  void Fill() const {
    std::ofstream filler(folder_ + "/filler");
    const std::string block(4096, 'x');
    while (filler.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
    }
  }
  void Free() const { std::filesystem::remove(folder_ + "/filler"); }

 private:
  const std::string folder_;
  const bool mounted_;
};

TEST(SmallDiskProof, AReallyFullFileSystemSendsNothingAndRecoversByItself) {
  TempFolder folder;
  SmallDisk disk(folder.path());
  if (!disk.mounted()) GTEST_SKIP() << "only root can mount a small tmpfs";
  SandboxProcess sandbox;
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
  terms.ledger = absl::StrCat("ledger { sqlite { path: \"", folder.File("ledger.db"), "\" } }\n");
  ServerProcess server(terms);
  server.Start();
  auto channel = server.NewChannel();
  ASSERT_TRUE(PlaceOrders(*channel, kShopToken, KeyedRequest("before")).status.ok());
  disk.Fill();
  int refused = 0;
  // The log file may still have room for some.
  for (int number = 0; refused < 3 && number < 300; ++number) {
    const std::string key = absl::StrCat("full-", number);
    const PlaceAnswer answer =
        PlaceOrders(*channel, kShopToken, KeyedRequest(key), std::chrono::seconds(3));
    if (answer.status.ok()) continue;
    ASSERT_TRUE(answer.error.has_value());
    if (NameOf(answer.error->reason) != "LEDGER_UNAVAILABLE") continue;
    ++refused;
    EXPECT_EQ(GatewayBooks::Read(sandbox).Of(key).posts, 0);
  }
  EXPECT_EQ(refused, 3);
  disk.Free();
  EXPECT_TRUE(PlaceOrders(*channel, kShopToken, KeyedRequest("after")).status.ok());
  const GatewayBooks books = GatewayBooks::Read(sandbox);
  for (const auto& [key, got] : books.keys()) {
    const PlaceAnswer again = PlaceOrders(*channel, kShopToken, KeyedRequest(key));
    EXPECT_TRUE(again.status.ok()) << key << ": " << again.status.error_message();
    EXPECT_EQ(BrokenPromise(again.response.placement(), got), "") << key;
  }
  EXPECT_EQ(sandbox.CountOf("max_same_body"), 1);
}

}  // namespace
}  // namespace order1688
