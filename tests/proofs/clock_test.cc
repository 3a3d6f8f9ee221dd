// Proof: a clock that is wrong or jumps costs refusals at most, never a second order and never a
// doubt.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/proofs/gateway_books.h"
#include "tests/proofs/proof_ledger.h"
#include "tests/proofs/proof_scale.h"
#include "tests/support/placement_rig.h"
#include "tests/support/process_faults.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

constexpr absl::Duration kFar = absl::Minutes(15);

void ExpectRefusedByTheClock(const PlaceAnswer& answer) {
  ASSERT_TRUE(answer.error.has_value()) << answer.status.error_message();
  EXPECT_EQ(NameOf(answer.error->reason), "GATEWAY_AUTHENTICATION");
  EXPECT_FALSE(answer.error->order_may_exist);
}

class ClockProof : public testing::TestWithParam<LedgerKind> {
 protected:
  ClockProof() : ledger_(GetParam()) {}

  ServerTerms Terms(const SandboxProcess& sandbox) const {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox.port());
    terms.ledger = ledger_.config();
    return terms;
  }

  ProofLedger ledger_;
  TempFolder folder_;
};

TEST_P(ClockProof, AGatewayFifteenMinutesOffRefusesAndTheSameIdIsPlacedAfterwards) {
  for (const int offset : {900, -900}) {
    SCOPED_TRACE(offset);
    SandboxProcess sandbox({"--clock-offset", std::to_string(offset)});
    ServerProcess server(Terms(sandbox));
    server.Start();
    const std::string key = absl::StrCat("off-by", offset);
    auto channel = server.NewChannel();
    ExpectRefusedByTheClock(PlaceOrders(*channel, kShopToken, KeyedRequest(key)));
    const v1::Placement refused = GetPlacement(*channel, kShopToken, key).placement;
    EXPECT_EQ(refused.state(), v1::PLACEMENT_STATE_NOT_PLACED);
    EXPECT_EQ(refused.evidence(), v1::NOT_PLACED_EVIDENCE_REFUSED_FOR_NOW);
    ExpectRefusedByTheClock(PlaceOrders(*channel, kShopToken, KeyedRequest(key)));

    sandbox.Call("POST", "/clock", R"({"offset_seconds": 0})");
    const PlaceAnswer placed = PlaceOrders(*channel, kShopToken, KeyedRequest(key));
    ASSERT_TRUE(placed.status.ok()) << placed.status.error_message();
    EXPECT_EQ(placed.response.placement().attempt(), 3);
    const GatewayCount got = GatewayBooks::Read(sandbox).Of(key);
    EXPECT_EQ(got.posts, 3);
    EXPECT_EQ(BrokenPromise(placed.response.placement(), got), "");
  }
}

// The server's own wall clock jumps under it while it works.
TEST_P(ClockProof, AServerWhoseClockJumpsPlacesEachOrderOnceAndDoubtsNone) {
  constexpr int kCallers = 4;
  const int keys = ProofScale("ORDER1688_CLOCK_KEYS", 40);
  SandboxProcess sandbox;
  ProcessFaults faults(folder_.path(), sandbox.port());
  ServerTerms terms = Terms(sandbox);
  terms.environment = faults.environment();
  ServerProcess server(terms);
  server.Start();
  const std::array<absl::Duration, 4> offsets = {absl::ZeroDuration(), kFar, -kFar,
                                                 absl::Seconds(30)};
  std::atomic<int> next = 0;
  std::mutex mutex;
  std::map<std::string, int> heard;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&] {
      auto channel = server.NewChannel();
      for (int number = next++; number < keys; number = next++) {
        for (int ask = 0; ask < 3; ++ask) {
          faults.SetClock(offsets[(number + ask) % offsets.size()]);
          const PlaceAnswer answer =
              PlaceOrders(*channel, kShopToken, KeyedRequest(absl::StrCat("jump-", number)));
          const std::lock_guard lock(mutex);
          ++heard[answer.error.has_value() ? NameOf(answer.error->reason) : "OK"];
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  faults.SetClock(absl::ZeroDuration());
  auto channel = server.NewChannel();
  for (int number = 0; number < keys; ++number) {
    PlaceOrders(*channel, kShopToken, KeyedRequest(absl::StrCat("jump-", number)));
  }
  const GatewayBooks books = GatewayBooks::Read(sandbox);
  for (int number = 0; number < keys; ++number) {
    const std::string key = absl::StrCat("jump-", number);
    SCOPED_TRACE(key);
    const v1::Placement stored = GetPlacement(*channel, kShopToken, key).placement;
    EXPECT_EQ(stored.state(), v1::PLACEMENT_STATE_PLACED);
    EXPECT_EQ(BrokenPromise(stored, books.Of(key)), "");
  }
  EXPECT_EQ(heard.count("OUTCOME_IN_DOUBT"), 0u);
  EXPECT_GT(heard["GATEWAY_AUTHENTICATION"], 0) << "the clock never jumped far enough";
  EXPECT_GT(heard["OK"], 0);
  std::printf("clock jumps on %s: %d keys, refused %d times, 0 in doubt\n",
              NameOf(GetParam()).c_str(), keys, heard["GATEWAY_AUTHENTICATION"]);
}

ORDER1688_PROVE_ON_EVERY_LEDGER(ClockProof);

// At each stage of an order's way the wall clock jumps, and nothing else does.
class ClockJumpTest : public testing::TestWithParam<absl::Duration> {
 protected:
  void Jump() { rig_.clock.SetNow(rig_.clock.Now() + GetParam()); }
  std::vector<PlacementKey> Expire() {
    std::vector<PlacementKey> expired;
    rig_.ledger.ExpireLeases([&](auto keys) { expired = *keys; });
    rig_.ledger.RunPending();
    return expired;
  }

  PlacementRig rig_;
};

TEST_P(ClockJumpTest, AJumpAtAnyStageNeitherStopsNorRepeatsTheOrder) {
  const PlaceOutcomePtr outcome = rig_.Start(rig_.Command("r1"));
  Jump();
  rig_.ledger.RunPending();
  Jump();
  ASSERT_TRUE(rig_.transport.OpenGate()) << "the gate goes by the time since boot";
  Jump();
  EXPECT_TRUE(Expire().empty()) << "the lease goes by the time since boot";
  const PlaceOutcomePtr joiner = rig_.Place("r1");
  Jump();
  rig_.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(outcome->ok());
  EXPECT_TRUE(joiner->ok());
  Jump();
  EXPECT_TRUE(rig_.Place("r1")->ok());
  EXPECT_EQ(rig_.transport.requests().size(), 1u);
}

TEST_P(ClockJumpTest, ASignatureThatTheGatewayRefusesForTheClockIsNotPlacedAndMayBeSentAnew) {
  Jump();
  const PlaceOutcomePtr refused = rig_.Place("r1");
  rig_.Deliver(Answered("{}", 401));
  EXPECT_EQ(refused->reason(), "GATEWAY_AUTHENTICATION");
  EXPECT_EQ(rig_.row("r1").state(), v1::PLACEMENT_STATE_NOT_PLACED);
  rig_.clock.SetNow(rig_.clock.Now() - GetParam());
  const PlaceOutcomePtr placed = rig_.Place("r1");
  rig_.Deliver(Answered(SampleAnswer()));
  EXPECT_TRUE(placed->ok());
  EXPECT_EQ(rig_.row("r1").attempt(), 2);
  EXPECT_EQ(rig_.transport.sent().size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(BothWays, ClockJumpTest, testing::Values(kFar, -kFar),
                         [](const testing::TestParamInfo<absl::Duration>& info) {
                           return info.param > absl::ZeroDuration() ? "Forward" : "Backward";
                         });

}  // namespace
}  // namespace order1688
