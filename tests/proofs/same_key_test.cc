// Proof: many callers with one request_id at once, at every server of the ledger, place one order
// and get one answer. ORDER1688_SAME_KEYS sets the number of keys.
#include <gtest/gtest.h>

#include <barrier>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/proofs/gateway_books.h"
#include "tests/proofs/proof_ledger.h"
#include "tests/proofs/proof_scale.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

constexpr int kUsualKeys = 40;
constexpr int kThreadsPerServer = 64;
constexpr int kChannelsPerServer = 4;
constexpr char kInProgress[] = "PLACEMENT_IN_PROGRESS";

class SameKeyProof : public testing::TestWithParam<LedgerKind> {
 protected:
  SameKeyProof() : ledger_(GetParam()) {
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", sandbox_.port());
    terms.ledger = ledger_.config();
    const int servers = ledger_.shared() ? 3 : 1;
    for (int i = 0; i < servers; ++i) {
      servers_.push_back(std::make_unique<ServerProcess>(terms));
      servers_.back()->Start();
      for (int channel = 0; channel < kChannelsPerServer; ++channel)
        channels_.push_back(servers_.back()->NewChannel());
    }
  }

  static std::string Key(int number) { return absl::StrCat("key-", number); }

  // Most orders take a while, so that the callers meet; some are refused, and some answers lost.
  void PlanFaults() {
    std::vector<std::string> plans;
    for (int number = 0; number < keys_; ++number) {
      const std::string fault = number % 10 == 7   ? R"({"kind": "drop_after_read"})"
                                : number % 10 == 3 ? R"({"kind": "empty_data"})"
                                : number % 10 == 5 ? R"({"kind": "envelope_code", "code": 400})"
                                                   : R"({"kind": "delay", "ms": 10})";
      plans.push_back(absl::StrCat(R"({"id": ")", Key(number),
                                   R"(", "times": -1, "match": {"full_name": ")", Key(number),
                                   R"("}, "fault": )", fault, "}"));
    }
    EXPECT_EQ(sandbox_.Plan(absl::StrCat("[", absl::StrJoin(plans, ","), "]")).size(),
              plans.size());
  }

  // What a caller hears, in one line.
  static std::string Heard(const PlaceAnswer& answer) {
    if (!answer.error.has_value() && !answer.status.ok())
      return absl::StrCat("NO ANSWER: ", answer.status.error_message());
    if (answer.error.has_value()) return NameOf(answer.error->reason);
    return absl::StrCat("OK ", absl::StrJoin(ShownOrderIds(answer.response.placement()), ","));
  }

  // All callers place all keys, each key at the same moment.
  void PlaceFromEverywhere() {
    const int threads = kThreadsPerServer * static_cast<int>(servers_.size());
    std::barrier together(threads);
    std::vector<std::thread> callers;
    for (int thread = 0; thread < threads; ++thread) {
      callers.emplace_back([&, thread] {
        grpc::Channel& channel = *channels_[thread % channels_.size()];
        for (int number = 0; number < keys_; ++number) {
          const v1::PlaceOrdersRequest request = KeyedRequest(Key(number));
          together.arrive_and_wait();
          const std::string heard = Heard(PlaceOrders(channel, kShopToken, request));
          const std::lock_guard lock(mutex_);
          ++heard_[number][heard];
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  const int keys_ = ProofScale("ORDER1688_SAME_KEYS", kUsualKeys);
  SandboxProcess sandbox_;
  ProofLedger ledger_;
  std::vector<std::unique_ptr<ServerProcess>> servers_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::mutex mutex_;
  std::map<int, std::map<std::string, int>> heard_;  // by key: answer -> callers; guarded by mutex_
};

TEST_P(SameKeyProof, OnePostForEachKeyAndOneAnswerForAllCallers) {
  PlanFaults();
  PlaceFromEverywhere();
  const GatewayBooks books = GatewayBooks::Read(sandbox_);
  EXPECT_EQ(books.keys().size(), static_cast<size_t>(keys_));
  std::map<std::string, int> answers;
  for (auto& [number, heard] : heard_) {
    SCOPED_TRACE(Key(number));
    EXPECT_EQ(books.Of(Key(number)).posts, 1);
    EXPECT_EQ(books.HitsOf(Key(number)), 1);
    heard.erase(kInProgress);
    ASSERT_EQ(heard.size(), 1u) << absl::StrJoin(heard, ", ", absl::PairFormatter(": "));
    const std::string& answer = heard.begin()->first;
    ++answers[answer.substr(0, answer.find(' '))];
    for (const auto& server : servers_) {
      const v1::Placement stored =
          GetPlacement(*server->NewChannel(), kShopToken, Key(number)).placement;
      EXPECT_EQ(BrokenPromise(stored, books.Of(Key(number))), "");
    }
  }
  EXPECT_EQ(answers.size(), 3u) << "placed, refused and in doubt must all occur";
  EXPECT_EQ(sandbox_.CountOf("max_same_body"), 1);
  std::printf("same key on %s: %d keys, %zu servers, %d callers each: %s\n",
              NameOf(GetParam()).c_str(), keys_, servers_.size(), kThreadsPerServer,
              absl::StrJoin(answers, ", ", absl::PairFormatter(": ")).c_str());
}

ORDER1688_PROVE_ON_EVERY_LEDGER(SameKeyProof);

}  // namespace
}  // namespace order1688
