#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "client/cli/new_request_id.h"
#include "client/cli/request_id_store.h"
#include "client/cli/state_file.h"
#include "common/request_id.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace order1688 {
namespace {

class RequestIdStoreTest : public testing::Test {
 protected:
  RequestIdStore Open() { return *RequestIdStore::Open(Directory(), clock_); }
  std::string Directory() const { return folder_.File("state/order1688"); }

  TempFolder folder_;
  FakeClock clock_;
  const Purchase purchase_{"h:1", "main", "hash-a", "/orders/a.json"};
};

TEST_F(RequestIdStoreTest, AnUnsettledIdIsUsedAgainAfterACrash) {
  const std::string first = Open().Take(purchase_)->request_id;
  // Another process, which cannot know whether the first one sent.
  absl::StatusOr<TakenId> second = Open().Take(purchase_);
  EXPECT_EQ(second->request_id, first);
  EXPECT_TRUE(second->reused);
  EXPECT_TRUE(second->may_have_been_sent);
}

TEST_F(RequestIdStoreTest, AProvenNoOrderKeepsTheIdAndForgetsTheDoubt) {
  RequestIdStore store = Open();
  const std::string first = store.Take(purchase_)->request_id;
  ASSERT_TRUE(store.Learn(first, SavedState::kNoOrder, v1::ENVIRONMENT_UNSPECIFIED).ok());
  EXPECT_FALSE(store.MayHaveBeenSent(first));
  absl::StatusOr<TakenId> second = store.Take(purchase_);
  EXPECT_EQ(second->request_id, first);
  EXPECT_FALSE(second->may_have_been_sent);
  // It was taken to be sent: after a crash now nobody knows.
  EXPECT_TRUE(store.Take(purchase_)->may_have_been_sent);
}

TEST_F(RequestIdStoreTest, ASettledIdIsANewPurchaseThatNamesTheOldOne) {
  RequestIdStore store = Open();
  const std::string first = store.Take(purchase_)->request_id;
  ASSERT_TRUE(store.Learn(first, SavedState::kSettled, v1::ENVIRONMENT_REAL).ok());
  absl::StatusOr<TakenId> second = store.Take(purchase_);
  EXPECT_NE(second->request_id, first);
  EXPECT_FALSE(second->reused);
  EXPECT_FALSE(second->may_have_been_sent);
  EXPECT_EQ(second->earlier_request_id, first);
}

TEST_F(RequestIdStoreTest, APartialPurchaseIsNeverBoughtAgain) {
  RequestIdStore store = Open();
  const std::string first = store.Take(purchase_)->request_id;
  ASSERT_TRUE(store.Learn(first, SavedState::kPartlyPlaced, v1::ENVIRONMENT_REAL).ok());
  EXPECT_EQ(store.Take(purchase_)->request_id, first);
  EXPECT_EQ(store.Take(purchase_)->request_id, first);
}

TEST_F(RequestIdStoreTest, ALateAnswerDoesNotUnsettle) {
  RequestIdStore store = Open();
  const std::string first = store.Take(purchase_)->request_id;
  ASSERT_TRUE(store.Learn(first, SavedState::kSettled, v1::ENVIRONMENT_REAL).ok());
  ASSERT_TRUE(store.Learn(first, SavedState::kUnsettled, v1::ENVIRONMENT_REAL).ok());
  EXPECT_FALSE(store.Take(purchase_)->reused);
}

TEST_F(RequestIdStoreTest, RefusesAChangedFileWhileTheOldContentIsUnsettled) {
  RequestIdStore store = Open();
  const std::string first = store.Take(purchase_)->request_id;
  Purchase changed = purchase_;
  changed.batch_hash = "hash-b";
  const absl::Status refused = store.Take(changed).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find(first), absl::string_view::npos);
  ASSERT_TRUE(store.Learn(first, SavedState::kNoOrder, v1::ENVIRONMENT_UNSPECIFIED).ok());
  EXPECT_TRUE(store.Take(changed).ok());
}

TEST_F(RequestIdStoreTest, RefusesTheSameContentElsewhereWhileItIsUnsettled) {
  RequestIdStore store = Open();
  const std::string first = store.Take(purchase_)->request_id;
  Purchase elsewhere = purchase_;
  elsewhere.server = "localhost:1";
  EXPECT_FALSE(store.Take(elsewhere).ok());
  ASSERT_TRUE(store.Learn(first, SavedState::kUnsettled, v1::ENVIRONMENT_SANDBOX).ok());
  EXPECT_TRUE(store.Take(elsewhere).ok());
}

TEST_F(RequestIdStoreTest, OtherContentFromStandardInputIsFree) {
  RequestIdStore store = Open();
  Purchase a{"h:1", "", "hash-a", ""};
  Purchase b{"h:1", "", "hash-b", ""};
  EXPECT_NE(store.Take(a)->request_id, store.Take(b)->request_id);
}

TEST_F(RequestIdStoreTest, TwoProcessesGetOneId) {
  std::set<std::string> ids;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const std::string id = Open().Take(purchase_)->request_id;
      const std::lock_guard lock(mutex);
      ids.insert(id);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), 1);
}

TEST_F(RequestIdStoreTest, FilesArePrivate) {
  Open().Take(purchase_).IgnoreError();
  struct stat found;
  ASSERT_EQ(stat(Directory().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700);
  for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
    ASSERT_EQ(stat(entry.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600) << entry.path();
  }
}

TEST_F(RequestIdStoreTest, RefusesADamagedEntry) {
  Open().Take(purchase_).IgnoreError();
  for (const auto& entry : std::filesystem::directory_iterator(Directory())) {
    if (entry.path().extension() == ".json") std::ofstream(entry.path()) << "{";
  }
  EXPECT_EQ(Open().Take(purchase_).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RequestIdStoreTest, RefusesADirectoryThatCannotBe) {
  std::ofstream(folder_.File("file")) << "x";
  EXPECT_EQ(RequestIdStore::Open(folder_.File("file/order1688"), clock_).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(RequestIdStoreTest, ForgetsSettledIdsAfterNinetyDaysAndNoOthers) {
  RequestIdStore store = Open();
  const std::string settled = store.Take(purchase_)->request_id;
  ASSERT_TRUE(store.Learn(settled, SavedState::kSettled, v1::ENVIRONMENT_REAL).ok());
  const Purchase other{"h:1", "main", "hash-b", "/orders/b.json"};
  const std::string unsettled = store.Take(other)->request_id;
  clock_.Advance(absl::Hours(24 * 91));
  EXPECT_TRUE(store.MayHaveBeenSent(unsettled));
  EXPECT_EQ(store.Take(purchase_)->earlier_request_id, "");
}

TEST(NewRequestIdTest, IsARandomUuid) {
  const std::string a = *NewRequestId();
  EXPECT_TRUE(IsRequestId(a));
  ASSERT_EQ(a.size(), 36);
  EXPECT_EQ(a[14], '4');
  EXPECT_EQ(a[8], '-');
  EXPECT_NE(a, *NewRequestId());
}

TEST(StateDirectoryTest, FollowsXdg) {
  const auto with = [](std::map<std::string, std::string> values) {
    return StateDirectory([values](const char* name) mutable { return values[name]; });
  };
  EXPECT_EQ(*with({{"XDG_STATE_HOME", "/s"}, {"HOME", "/h"}}), "/s/order1688");
  EXPECT_EQ(*with({{"XDG_STATE_HOME", "relative"}, {"HOME", "/h"}}), "/h/.local/state/order1688");
  EXPECT_FALSE(with({}).ok());
}

}  // namespace
}  // namespace order1688
