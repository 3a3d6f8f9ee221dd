// Request ids that order1688 made itself, kept on disk so that a crash or an unknown outcome never
// leads to a second purchase.
#ifndef ORDER1688_CLIENT_CLI_REQUEST_ID_STORE_H_
#define ORDER1688_CLIENT_CLI_REQUEST_ID_STORE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/clock.h"
#include "order1688/v1/placement.pb.h"

namespace order1688 {

// What is known about a saved request id, and what the next `place` of the same content does.
enum class SavedState {
  kUnsettled,     // may have been sent: the same id is used again
  kNoOrder,       // proven that no order exists: the same id is used again
  kPartlyPlaced,  // some orders exist: the same id is used again, so that no seller's order is
                  // bought twice
  kSettled,       // placed, refused or closed: a new purchase under a new id
};

// What one `place` wants to buy, and where.
struct Purchase {
  std::string server;
  std::string account;     // empty: the caller's first one
  std::string batch_hash;  // HashOf(batch)
  std::string path;        // absolute path of the file; empty for the standard input
};

// A saved request id.
struct SavedRequest {
  std::string request_id;
  SavedState state = SavedState::kUnsettled;
  v1::Environment environment = v1::ENVIRONMENT_UNSPECIFIED;
  Purchase purchase;
  absl::Time update_time;
};

// The id to send under.
struct TakenId {
  std::string request_id;
  bool reused = false;
  // True unless it is proven that nothing was sent under this id.
  bool may_have_been_sent = false;
  // The last settled id of the same content, if `request_id` is a new purchase of it. Else empty.
  std::string earlier_request_id;
};

// A directory with one file for each content, server and account. Safe against other processes.
// Holds no token and no part of an order, only its hash.
class RequestIdStore {
 public:
  // `directory` is made with mode 0700. FAILED_PRECONDITION if it cannot be made or written.
  // `clock` must outlive the store.
  static absl::StatusOr<RequestIdStore> Open(const std::string& directory, const Clock& clock);

  // The id for a purchase, made now or used again; durable, as kUnsettled, before this returns.
  // FAILED_PRECONDITION:
  // - the directory cannot be read or written, or the saved file is damaged;
  // - an unsettled request, not known to be in a sandbox, may already have bought this: the same
  // content at another server or with
  //   another account, or the same file with other content. The message names its request id.
  absl::StatusOr<TakenId> Take(const Purchase& purchase);

  // True if `request_id` is saved here and may have been sent.
  bool MayHaveBeenSent(absl::string_view request_id) const;

  // Writes what was learnt about `request_id`; nothing happens if it is not saved here. A settled
  // id stays settled.
  absl::Status Learn(absl::string_view request_id, SavedState state, v1::Environment environment);

 private:
  RequestIdStore(std::string directory, const Clock& clock)
      : directory_(std::move(directory)), clock_(&clock) {}

  std::string PathOf(const Purchase& purchase) const;
  std::vector<SavedRequest> ReadAll() const;
  absl::Status Write(const SavedRequest& saved) const;

  std::string directory_;
  const Clock* clock_;
};

}  // namespace order1688

#endif  // ORDER1688_CLIENT_CLI_REQUEST_ID_STORE_H_
