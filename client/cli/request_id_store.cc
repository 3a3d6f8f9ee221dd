#include "client/cli/request_id_store.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/new_request_id.h"
#include "client/cli/order_file.h"
#include "client/cli/saved_request_json.h"
#include "client/cli/state_file.h"

namespace order1688 {
namespace {

// After this a settled id is forgotten, so that the directory does not grow for ever.
constexpr absl::Duration kSettledIsKept = absl::Hours(24 * 90);

bool IsSamePlace(const Purchase& a, const Purchase& b) {
  return a.server == b.server && a.account == b.account;
}

// Why `saved` forbids to buy `purchase` under a new id; empty if it does not.
std::string Obstacle(const SavedRequest& saved, const Purchase& purchase) {
  if (saved.state != SavedState::kUnsettled || saved.environment == v1::ENVIRONMENT_SANDBOX)
    return "";
  const bool same_content = saved.purchase.batch_hash == purchase.batch_hash;
  const bool same_place = IsSamePlace(saved.purchase, purchase);
  if (same_content && !same_place) {
    return absl::StrCat("the same content may already have been ordered at ", saved.purchase.server,
                        " (account ",
                        saved.purchase.account.empty() ? "by default" : saved.purchase.account,
                        ") under request id ", saved.request_id);
  }
  const bool same_file = !purchase.path.empty() && saved.purchase.path == purchase.path;
  if (!same_content && same_file && same_place) {
    return absl::StrCat("the file has changed since it was sent under request id ",
                        saved.request_id, ", and that order may exist");
  }
  return "";
}

}  // namespace

absl::StatusOr<RequestIdStore> RequestIdStore::Open(const std::string& directory,
                                                    const Clock& clock) {
  if (absl::Status made = MakePrivateDirectory(directory); !made.ok()) return made;
  if (absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(directory); !lock.ok())
    return lock.status();
  return RequestIdStore(directory, clock);
}

absl::StatusOr<TakenId> RequestIdStore::Take(const Purchase& purchase) {
  absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(directory_);
  if (!lock.ok()) return lock.status();
  const std::string path = PathOf(purchase);
  absl::StatusOr<std::optional<std::string>> content = ReadStateFile(path);
  if (!content.ok()) return content.status();

  TakenId taken;
  SavedRequest saved;
  if (content->has_value()) {
    std::optional<SavedRequest> found = SavedRequestFromJson(**content);
    if (!found.has_value()) return absl::FailedPreconditionError(absl::StrCat(path, " is damaged"));
    saved = *std::move(found);
    taken.reused = saved.state != SavedState::kSettled;
    taken.may_have_been_sent = taken.reused && saved.state != SavedState::kNoOrder;
    if (!taken.reused) taken.earlier_request_id = saved.request_id;
  }
  if (!taken.reused) {
    for (const SavedRequest& other : ReadAll()) {
      if (std::string obstacle = Obstacle(other, purchase); !obstacle.empty()) {
        return absl::FailedPreconditionError(obstacle);
      }
    }
    absl::StatusOr<std::string> fresh = NewRequestId();
    if (!fresh.ok()) return fresh.status();
    saved = SavedRequest{};
    saved.request_id = *std::move(fresh);
  }
  saved.purchase = purchase;
  // A partial purchase stays what it is: its id can only give the stored answer.
  if (saved.state != SavedState::kPartlyPlaced) saved.state = SavedState::kUnsettled;
  if (absl::Status written = Write(saved); !written.ok()) return written;
  taken.request_id = saved.request_id;
  return taken;
}

bool RequestIdStore::MayHaveBeenSent(absl::string_view request_id) const {
  for (const SavedRequest& saved : ReadAll()) {
    if (saved.request_id == request_id) return saved.state != SavedState::kNoOrder;
  }
  return false;
}

absl::Status RequestIdStore::Learn(absl::string_view request_id, SavedState state,
                                   v1::Environment environment) {
  absl::StatusOr<DirectoryLock> lock = DirectoryLock::Take(directory_);
  if (!lock.ok()) return lock.status();
  for (SavedRequest& saved : ReadAll()) {
    if (saved.request_id != request_id || saved.state == SavedState::kSettled) continue;
    saved.state = state;
    if (environment != v1::ENVIRONMENT_UNSPECIFIED) saved.environment = environment;
    return Write(saved);
  }
  return absl::OkStatus();
}

std::string RequestIdStore::PathOf(const Purchase& purchase) const {
  constexpr absl::string_view kSeparator("\0", 1);
  const std::string key = Sha256Hex(
      absl::StrCat(purchase.server, kSeparator, purchase.account, kSeparator, purchase.batch_hash));
  return absl::StrCat(directory_, "/", key, ".json");
}

std::vector<SavedRequest> RequestIdStore::ReadAll() const {
  std::vector<SavedRequest> all;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (entry.path().extension() != ".json") continue;
    absl::StatusOr<std::optional<std::string>> content = ReadStateFile(entry.path().string());
    if (!content.ok() || !content->has_value()) continue;
    std::optional<SavedRequest> saved = SavedRequestFromJson(**content);
    if (!saved.has_value()) continue;
    const bool old = clock_->Now() - saved->update_time > kSettledIsKept;
    if (old && saved->state == SavedState::kSettled) {
      std::filesystem::remove(entry.path(), error);
      continue;
    }
    all.push_back(*std::move(saved));
  }
  return all;
}

absl::Status RequestIdStore::Write(const SavedRequest& saved) const {
  SavedRequest now = saved;
  now.update_time = clock_->Now();
  return WriteDurably(PathOf(saved.purchase), ToJson(now));
}

}  // namespace order1688
