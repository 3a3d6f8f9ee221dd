// Proof: whatever the gateway does after it has accepted a connection, the placement ends in the
// state and with the reason that the table says, is PLACED only with an id, and is sent once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "tests/proofs/gateway_books.h"
#include "tests/proofs/gateway_fault_cases.h"
#include "tests/proofs/proof_ledger.h"
#include "tests/support/raw_peer.h"
#include "tests/support/sandbox_process.h"
#include "tests/support/server_process.h"

namespace order1688 {
namespace {

constexpr size_t kLeastCases = 60;
constexpr int kAtOnce = 16;
constexpr char kToken[] = "prover-token-0123456789abcdef";

class GatewayFaultProof : public testing::TestWithParam<LedgerKind> {
 protected:
  GatewayFaultProof() : ledger_(GetParam()), cases_(GatewayFaultCases()), server_(ServerTerms()) {
    for (size_t i = 0; i < cases_.size(); ++i) {
      // Such a fault cannot choose its request, so that it needs a gateway of its own.
      own_.push_back(cases_[i].before_reading ? std::make_unique<SandboxProcess>() : nullptr);
      sandbox(i).Plan(absl::StrCat(
          R"([{"id": ")", Key(i), R"(", "match": {)",
          cases_[i].before_reading ? "" : absl::StrCat(R"("full_name": ")", Key(i), "\""),
          R"(}, "fault": )", cases_[i].fault, "}]"));
    }
    ServerTerms terms;
    terms.base_url = absl::StrCat("http://127.0.0.1:", shared_.port());
    terms.ledger = ledger_.config();
    terms.more_lines = AccountsAndCaller();
    server_.SetTerms(terms);
    server_.Start();
  }

  // Of one length, so that the faults at a byte meet the same byte everywhere.
  static std::string Key(size_t i) { return absl::StrCat("case-", 100 + i); }
  SandboxProcess& sandbox(size_t i) { return own_[i] != nullptr ? *own_[i] : shared_; }

  // An account for each case, because five doubts in a row pause one.
  std::string AccountsAndCaller() {
    std::string lines = "limits { max_placements_in_flight: 1000 }\n";
    std::string names;
    for (size_t i = 0; i < cases_.size(); ++i) {
      // Only what hangs may run into the timeout, however slow the machine is.
      absl::StrAppend(&lines, "accounts { name: \"", Key(i),
                      "\" environment: SANDBOX base_url: \"http://127.0.0.1:", sandbox(i).port(),
                      "\" access_key: \"58c0201dfdf148eca63cbf6bb5e7cf03\" user_id: "
                      "\"2100007341207\" access_secret_file: \"",
                      server_.folder().File("secret"),
                      "\" refusal_codes: \"OUT_OF_STOCK\" timeout { seconds: ",
                      cases_[i].hangs ? 1 : 40, " } }\n");
      absl::StrAppend(&names, " accounts: \"", Key(i), "\"");
    }
    return absl::StrCat(lines, "callers { id: \"prover\" token_sha256: \"", TokenDigest(kToken),
                        "\"", names, " permissions: PLACE permissions: READ }\n");
  }

  PlaceAnswer Place(size_t i) {
    v1::PlaceOrdersRequest request = KeyedRequest(Key(i));
    request.set_account(Key(i));
    for (int seller = 2; seller <= cases_[i].sellers; ++seller) {
      AddSeller(absl::StrCat("seller-", seller), absl::StrCat("spec-", seller), &request);
    }
    return PlaceOrders(*channel_, kToken, request);
  }

  // Runs `work(i)` for every case, some at once.
  template <typename Work>
  void ForEveryCase(Work work) {
    channel_ = server_.NewChannel();
    std::atomic<size_t> next = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kAtOnce; ++thread) {
      threads.emplace_back([&] {
        for (size_t i = next++; i < cases_.size(); i = next++) {
          SCOPED_TRACE(cases_[i].name);
          work(i);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  void CheckFirstAnswer(size_t i) {
    const GatewayFaultCase& expected = cases_[i];
    const PlaceAnswer answer = Place(i);
    const v1::ErrorReason reason =
        answer.error.has_value() ? answer.error->reason : v1::ERROR_REASON_UNSPECIFIED;
    EXPECT_EQ(NameOf(reason), NameOf(expected.reason)) << answer.status.error_message();
    EXPECT_EQ(answer.status.ok(), expected.reason == v1::ERROR_REASON_UNSPECIFIED);
    if (answer.error.has_value()) {
      EXPECT_EQ(answer.error->order_may_exist, expected.state == v1::PLACEMENT_STATE_IN_DOUBT);
    }
  }

  void CheckStored(size_t i, const GatewayBooks& shared_books) {
    const GatewayCount got = BooksOf(i, shared_books).Of(Key(i));
    const GatewayFaultCase& expected = cases_[i];
    const v1::Placement stored = GetPlacement(*channel_, kToken, Key(i)).placement;
    EXPECT_EQ(v1::PlacementState_Name(stored.state()), v1::PlacementState_Name(expected.state));
    EXPECT_EQ(stored.cause(), expected.cause.empty() ? stored.cause() : expected.cause);
    EXPECT_EQ(got.posts, expected.before_reading ? 0 : 1);
    if (expected.id_inexact) {
      ASSERT_EQ(stored.results_size(), 1);
      EXPECT_TRUE(stored.results(0).order_id_inexact());
      EXPECT_EQ(stored.results(0).order().base_info().order_id(), "");
      EXPECT_GT(stored.results(0).order().base_info().id_number(), 0);
    } else if (!expected.ids_differ) {
      EXPECT_EQ(BrokenPromise(stored, got, expected.sellers), "");
    }
  }

  // The same request_id again: a new attempt after a proof that no order exists, else the stored
  // outcome.
  void CheckSecondAnswer(size_t i) {
    const GatewayFaultCase& expected = cases_[i];
    const PlaceAnswer again = Place(i);
    if (expected.state == v1::PLACEMENT_STATE_NOT_PLACED) {
      EXPECT_TRUE(again.status.ok()) << again.status.error_message();
      EXPECT_EQ(again.response.placement().attempt(), 2);
      return;
    }
    EXPECT_EQ(again.error.has_value() ? again.error->reason : v1::ERROR_REASON_UNSPECIFIED,
              expected.reason);
    EXPECT_TRUE(again.error.has_value() ? again.error->replayed : again.response.replayed());
  }

  void CheckEnd(size_t i, const GatewayBooks& shared_books) {
    const GatewayBooks books = BooksOf(i, shared_books);
    const GatewayCount got = books.Of(Key(i));
    const GatewayFaultCase& expected = cases_[i];
    const bool sent_again = expected.state == v1::PLACEMENT_STATE_NOT_PLACED;
    EXPECT_EQ(got.posts, (expected.before_reading ? 0 : 1) + (sent_again ? 1 : 0));
    EXPECT_LE(static_cast<int>(got.order_ids.size()), expected.sellers);
    EXPECT_TRUE(!sent_again || got.order_ids.size() == 1) << got.order_ids.size();
    EXPECT_EQ(books.HitsOf(Key(i)), 1) << "the fault was not hit: the case says nothing";
  }

  GatewayBooks BooksOf(size_t i, const GatewayBooks& shared_books) {
    return own_[i] != nullptr ? GatewayBooks::Read(*own_[i]) : shared_books;
  }

  SandboxProcess shared_;
  ProofLedger ledger_;
  const std::vector<GatewayFaultCase> cases_;
  std::vector<std::unique_ptr<SandboxProcess>> own_;
  ServerProcess server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_P(GatewayFaultProof, EveryFaultEndsAsTheTableSaysAndIsSentOnce) {
  ASSERT_GE(cases_.size(), kLeastCases);
  ForEveryCase([&](size_t i) { CheckFirstAnswer(i); });
  GatewayBooks books = GatewayBooks::Read(shared_);
  ForEveryCase([&](size_t i) { CheckStored(i, books); });
  ForEveryCase([&](size_t i) { CheckSecondAnswer(i); });
  books = GatewayBooks::Read(shared_);
  ForEveryCase([&](size_t i) { CheckEnd(i, books); });
  std::printf("gateway faults on %s: %zu cases\n", NameOf(GetParam()).c_str(), cases_.size());
}

ORDER1688_PROVE_ON_EVERY_LEDGER(GatewayFaultProof);

using SilentGatewayProof = testing::TestWithParam<LedgerKind>;

TEST_P(SilentGatewayProof, AcceptedAndNeverReadIsInDoubtAndNotSentAgain) {
  absl::Notification over;
  RawPeer peer([&](RawConnection&) { over.WaitForNotification(); });
  ProofLedger ledger(GetParam());
  ServerTerms terms;
  terms.base_url = absl::StrCat("http://127.0.0.1:", peer.port());
  terms.account_lines = "  timeout { seconds: 1 }\n";
  terms.ledger = ledger.config();
  ServerProcess server(terms);
  server.Start();
  for (int call = 0; call < 3; ++call) {
    const PlaceAnswer answer =
        PlaceOrders(*server.NewChannel(), kShopToken, KeyedRequest("silence"));
    ASSERT_TRUE(answer.error.has_value());
    EXPECT_EQ(NameOf(answer.error->reason), "OUTCOME_IN_DOUBT");
  }
  EXPECT_EQ(peer.accepted(), 1);
  EXPECT_EQ(GetPlacement(*server.NewChannel(), kShopToken, "silence").placement.cause(),
            "no_answer");
  over.Notify();
}

ORDER1688_PROVE_ON_EVERY_LEDGER(SilentGatewayProof);

}  // namespace
}  // namespace order1688
