// Proof: a server that is killed at any point of an order's way duplicates no order and loses none.
// ORDER1688_CRASH_ROUNDS sets how often every point is tried.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/proofs/gateway_books.h"
#include "tests/proofs/proof_ledger.h"
#include "tests/proofs/proof_scale.h"
#include "tests/support/process_faults.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

// What may be found after a crash.
struct CrashPoint {
  const char* name;
  bool may_be_absent;
  bool may_be_in_doubt;
  bool may_be_placed;
  int posts;  // that the gateway has read whole
  bool needs_database = false;
};

constexpr CrashPoint kPoints[] = {
    {"before_reserve_write", true, false, false, 0},
    {"torn_reserve_write", true, false, false, 0},
    {"before_reserve_sync", true, true, false, 0},  // the kernel may have it
    {"unread_reserve_sync", true, true, false, 0, true},
    {"after_reserve_sync", false, true, false, 0},
    {"before_connect", false, true, false, 0},
    {"before_head", false, true, false, 0},
    {"torn_head", false, true, false, 0},
    {"before_body", false, true, false, 0},
    {"torn_body", false, true, false, 0},
    {"after_body", false, true, false, 1},
    {"before_answer_read", false, true, false, 1},
    {"torn_answer_read", false, true, false, 1},
    {"after_answer_read", false, true, false, 1},
    {"before_record_write", false, true, false, 1},
    {"torn_record_write", false, true, false, 1},
    {"before_record_sync", false, true, true, 1},
    {"unread_record_sync", false, true, true, 1, true},
    {"after_record_sync", false, false, true, 1},
};

constexpr int kAsksEach = 3;

class CrashProof : public testing::TestWithParam<LedgerKind> {
 protected:
  CrashProof() : ledger_(GetParam()), faults_(folder_.path(), sandbox_.port()) {}

  ServerTerms Terms() const {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox_.port());
    terms.account_lines =
        absl::StrCat("  timeout { seconds: ", absl::ToInt64Seconds(timeout()), " }\n");
    terms.ledger = ledger_.config();
    return terms;
  }

  // Short where the proof waits for the end of a lease.
  absl::Duration timeout() const { return absl::Seconds(ledger_.shared() ? 5 : 30); }

  // Places the order `key` with a server that dies at the point. That server is also the one that
  // finds what those before it left.
  void CrashAt(const CrashPoint& point, const std::string& key) {
    ServerTerms terms = Terms();
    terms.environment = faults_.environment();
    ServerProcess server(terms);
    server.Start();
    const int hits = faults_.HitsOf(point.name);
    faults_.Set(point.name);
    BackgroundPlace call(server.NewChannel(), kShopToken, KeyedRequest(key));
    EXPECT_EQ(server.Wait(), -1) << "it was not killed";
    faults_.Set("");
    EXPECT_EQ(faults_.HitsOf(point.name), hits + 1) << "the point was not reached";
    EXPECT_FALSE(call.Wait().error.has_value()) << "a dead server has no answer of its own";
    posts_ += point.posts;
    EXPECT_TRUE(posts_ == 0 || sandbox_.WaitForRequests(posts_));
    point_of_[key] = &point;
  }

  // The row as the first look of a healthy server shows it; state UNSPECIFIED if there is none.
  static v1::Placement FirstLook(ServerProcess& server, const std::string& key,
                                 absl::Time deadline) {
    while (true) {
      const GetAnswer found = GetPlacement(*server.NewChannel(), kShopToken, key);
      if (!found.status.ok()) {
        EXPECT_EQ(found.status.error_code(), grpc::NOT_FOUND) << found.status.error_message();
        return {};
      }
      if (found.placement.state() != v1::PLACEMENT_STATE_SENDING) return found.placement;
      if (absl::Now() > deadline) {
        ADD_FAILURE() << "still SENDING after its lease";
        return found.placement;
      }
      absl::SleepFor(absl::Milliseconds(200));  // between two looks
    }
  }

  static void CheckFirstLook(const CrashPoint& point, const v1::Placement& row,
                             const GatewayCount& got) {
    EXPECT_EQ(BrokenPromise(row, got), "");
    EXPECT_EQ(got.posts, point.posts);
    const v1::PlacementState state = row.state();
    const bool expected = (point.may_be_absent && state == v1::PLACEMENT_STATE_UNSPECIFIED) ||
                          (point.may_be_in_doubt && state == v1::PLACEMENT_STATE_IN_DOUBT) ||
                          (point.may_be_placed && state == v1::PLACEMENT_STATE_PLACED);
    EXPECT_TRUE(expected) << v1::PlacementState_Name(state);
  }

  // The caller asks again and again, at once and one after the other.
  static void AskAgain(ServerProcess& server, const std::string& key, const v1::Placement& before) {
    auto channel = server.NewChannel();
    std::vector<std::unique_ptr<BackgroundPlace>> calls;
    for (int i = 0; i < kAsksEach; ++i) {
      calls.push_back(std::make_unique<BackgroundPlace>(channel, kShopToken, KeyedRequest(key)));
    }
    for (auto& call : calls) CheckAnswer(call->Wait(), before);
    for (int i = 0; i < kAsksEach; ++i)
      CheckAnswer(PlaceOrders(*channel, kShopToken, KeyedRequest(key)), before);
  }

  static void CheckAnswer(const PlaceAnswer& answer, const v1::Placement& before) {
    if (before.state() != v1::PLACEMENT_STATE_IN_DOUBT) {
      EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
      return;
    }
    ASSERT_TRUE(answer.error.has_value()) << answer.status.error_message();
    EXPECT_EQ(NameOf(answer.error->reason), "OUTCOME_IN_DOUBT");
    EXPECT_TRUE(answer.error->order_may_exist);
  }

  SandboxProcess sandbox_;
  ProofLedger ledger_;
  TempFolder folder_;
  ProcessFaults faults_;
  int posts_ = 0;
  std::map<std::string, const CrashPoint*> point_of_;
};

TEST_P(CrashProof, NoPointDuplicatesOrLosesAnOrder) {
  const int rounds = ProofScale("ORDER1688_CRASH_ROUNDS", 1);
  for (int round = 0; round < rounds; ++round) {
    for (const CrashPoint& point : kPoints) {
      SCOPED_TRACE(point.name);
      if (point.needs_database && !ledger_.shared()) continue;
      CrashAt(point, absl::StrCat(point.name, "-", round));
      if (HasFatalFailure()) return;
    }
  }
  ServerProcess server(Terms());
  server.Start();
  const absl::Time deadline = absl::Now() + ledger_.longest_open(timeout());
  const GatewayBooks books = GatewayBooks::Read(sandbox_);
  std::map<std::string, v1::Placement> rows;
  std::map<v1::PlacementState, int> states;
  for (const auto& [key, point] : point_of_) {
    SCOPED_TRACE(key);
    rows[key] = FirstLook(server, key, deadline);
    ++states[rows[key].state()];
    CheckFirstLook(*point, rows[key], books.Of(key));
  }
  for (const auto& [key, row] : rows) {
    SCOPED_TRACE(key);
    AskAgain(server, key, row);
  }
  const GatewayBooks at_end = GatewayBooks::Read(sandbox_);
  for (const auto& [key, row] : rows) {
    SCOPED_TRACE(key);
    const GatewayCount got = at_end.Of(key);
    EXPECT_EQ(BrokenPromise(GetPlacement(*server.NewChannel(), kShopToken, key).placement, got),
              "");
    EXPECT_LE(got.posts, 1);
    EXPECT_EQ(row.state() == v1::PLACEMENT_STATE_IN_DOUBT ? books.Of(key).posts : 1, got.posts);
  }
  std::printf("crashes on %s: %zu kills at %zu points: %d absent, %d in doubt, %d placed\n",
              NameOf(GetParam()).c_str(), rows.size(), rows.size() / rounds,
              states[v1::PLACEMENT_STATE_UNSPECIFIED], states[v1::PLACEMENT_STATE_IN_DOUBT],
              states[v1::PLACEMENT_STATE_PLACED]);
}

ORDER1688_PROVE_ON_EVERY_LEDGER(CrashProof);

}  // namespace
}  // namespace order1688
