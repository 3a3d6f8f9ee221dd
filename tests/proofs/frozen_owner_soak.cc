// Proof: a real server that is stopped (SIGSTOP) past its lease at each stage of an order, while
// another acts where the ledger is shared, and goes on (SIGCONT) afterwards, places no second
// order. It takes longer than a lease, over a minute, so it runs in bazel-free-scripts/soak.sh
// only.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/proofs/gateway_books.h"
#include "tests/proofs/proof_ledger.h"
#include "tests/support/process_faults.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

// The gateway's shortest timeout and the least lease beyond it; then the longest time to a sweep.
constexpr absl::Duration kLease = absl::Seconds(61);
constexpr absl::Duration kSweep = absl::Seconds(10);

// Where it stops, and what must come of it.
struct StopPoint {
  const char* name;
  bool gate_is_shut;    // on waking up it finds the lease over: never sent, and asked again it is
  bool answer_is_late;  // it has the answer: the row is settled by it
};

constexpr StopPoint kPoints[] = {
    {"after_reserve_sync", true, false}, {"before_connect", true, false},
    {"before_head", false, false},       {"before_body", false, false},
    {"after_body", false, false},        {"before_answer_read", false, false},
    {"after_answer_read", false, true},  {"before_record_write", false, true},
    {"after_record_sync", false, true},
};

class FrozenOwnerSoak : public testing::TestWithParam<LedgerKind> {
 protected:
  // One order and the server that is stopped while it sends it.
  struct Owner {
    Owner(const StopPoint& point, int gateway_port)
        : point(point), key(point.name), faults(folder.path(), gateway_port) {}

    const StopPoint& point;
    const std::string key;
    TempFolder folder;
    ProcessFaults faults;
    std::unique_ptr<ProofLedger> own_ledger;
    std::unique_ptr<ServerProcess> server;
    std::unique_ptr<BackgroundPlace> call;
    v1::Placement while_frozen;
  };

  ServerTerms Terms(const ProofLedger& ledger) const {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox_.port());
    terms.account_lines = "  timeout { seconds: 1 }\n";
    terms.ledger = ledger.config();
    return terms;
  }

  void StartAndFreeze() {
    for (const StopPoint& point : kPoints) {
      SCOPED_TRACE(point.name);
      auto owner = std::make_unique<Owner>(point, sandbox_.port());
      const ProofLedger* ledger = &shared_ledger_;
      if (!shared_ledger_.shared()) {
        owner->own_ledger = std::make_unique<ProofLedger>(GetParam());
        ledger = owner->own_ledger.get();
      }
      ServerTerms terms = Terms(*ledger);
      terms.environment = owner->faults.environment();
      owner->server = std::make_unique<ServerProcess>(terms);
      owner->server->Start();
      const std::string fault = absl::StrCat("stop_", point.name);
      owner->faults.Set(fault);
      owner->call = std::make_unique<BackgroundPlace>(owner->server->NewChannel(), kShopToken,
                                                      KeyedRequest(owner->key));
      const absl::Time deadline = absl::Now() + absl::Seconds(30);
      while (owner->faults.HitsOf(fault) == 0 && absl::Now() < deadline)
        absl::SleepFor(absl::Milliseconds(5));  // between two looks
      EXPECT_EQ(owner->faults.HitsOf(fault), 1) << "the point was not reached";
      owner->faults.Set("");
      owners_.push_back(std::move(owner));
    }
  }

  // Another server of the same ledger sees doubt, and sends nothing, while the owners are frozen.
  void ActBesideThem() {
    ServerProcess other(Terms(shared_ledger_));
    other.Start();
    const absl::Time deadline = absl::Now() + kLease + absl::Seconds(30);
    for (auto& owner : owners_) {
      SCOPED_TRACE(owner->key);
      auto channel = other.NewChannel();
      do {
        owner->while_frozen = GetPlacement(*channel, kShopToken, owner->key).placement;
        absl::SleepFor(absl::Milliseconds(100));  // between two looks
      } while (owner->while_frozen.state() == v1::PLACEMENT_STATE_SENDING &&
               absl::Now() < deadline);
      EXPECT_NE(owner->while_frozen.state(), v1::PLACEMENT_STATE_SENDING);
      EXPECT_NE(owner->while_frozen.state(), v1::PLACEMENT_STATE_NOT_PLACED);
      const GatewayCount before = GatewayBooks::Read(sandbox_).Of(owner->key);
      const PlaceAnswer answer = PlaceOrders(*channel, kShopToken, KeyedRequest(owner->key));
      EXPECT_EQ(answer.status.ok(), owner->while_frozen.state() == v1::PLACEMENT_STATE_PLACED);
      EXPECT_EQ(GatewayBooks::Read(sandbox_).Of(owner->key).posts, before.posts);
    }
  }

  // The caller asks the owner, awake again, until it has an outcome.
  static v1::Placement AskUntilSettled(const Owner& owner) {
    const absl::Time deadline = absl::Now() + kSweep + absl::Seconds(60);
    auto channel = owner.server->NewChannel();
    while (absl::Now() < deadline) {
      const PlaceAnswer answer = PlaceOrders(*channel, kShopToken, KeyedRequest(owner.key));
      const std::string reason = answer.error.has_value() ? NameOf(answer.error->reason) : "";
      if (answer.status.ok() || reason == "OUTCOME_IN_DOUBT") break;
      absl::SleepFor(absl::Milliseconds(200));  // between two asks
    }
    return GetPlacement(*channel, kShopToken, owner.key).placement;
  }

  static void CheckSettled(const Owner& owner, const v1::Placement& row, const GatewayCount& got) {
    EXPECT_EQ(BrokenPromise(row, got), "");
    EXPECT_LE(got.posts, 1);
    EXPECT_LE(got.order_ids.size(), 1u);
    if (owner.point.gate_is_shut) {
      EXPECT_EQ(row.state(), v1::PLACEMENT_STATE_PLACED);
      EXPECT_EQ(row.attempt(), 2) << "the first attempt was never sent";
    }
    if (owner.point.answer_is_late) {
      EXPECT_EQ(row.state(), v1::PLACEMENT_STATE_PLACED);
      EXPECT_EQ(row.attempt(), 1);
    }
  }

  SandboxProcess sandbox_;
  ProofLedger shared_ledger_{GetParam()};
  std::vector<std::unique_ptr<Owner>> owners_;
};

TEST_P(FrozenOwnerSoak, AnOwnerThatWakesAfterItsLeaseRepeatsNothing) {
  StartAndFreeze();
  const absl::Time frozen = absl::Now();
  if (shared_ledger_.shared()) ActBesideThem();
  // How long they are frozen is the fault itself.
  absl::SleepFor(frozen + kLease + kSweep - absl::Now());
  for (auto& owner : owners_) owner->server->Signal(SIGCONT);
  std::map<std::string, v1::Placement> rows;
  for (auto& owner : owners_) {
    owner->call->Wait();
    rows[owner->key] = AskUntilSettled(*owner);
  }
  const GatewayBooks books = GatewayBooks::Read(sandbox_);
  std::map<std::string, int> states;
  for (auto& owner : owners_) {
    SCOPED_TRACE(owner->key);
    CheckSettled(*owner, rows[owner->key], books.Of(owner->key));
    ++states[v1::PlacementState_Name(rows[owner->key].state())];
  }
  std::printf("frozen owners on %s: %zu stops, %d placed, %d in doubt\n",
              NameOf(GetParam()).c_str(), owners_.size(), states["PLACEMENT_STATE_PLACED"],
              states["PLACEMENT_STATE_IN_DOUBT"]);
}

ORDER1688_PROVE_ON_EVERY_LEDGER(FrozenOwnerSoak);

}  // namespace
}  // namespace order1688
