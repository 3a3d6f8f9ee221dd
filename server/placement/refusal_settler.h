// Settles placements in doubt whose gateway code was later found to be a refusal.
#ifndef ORDER1688_SERVER_PLACEMENT_REFUSAL_SETTLER_H_
#define ORDER1688_SERVER_PLACEMENT_REFUSAL_SETTLER_H_

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "absl/time/time.h"
#include "common/log.h"
#include "server/ledger/ledger.h"
#include "server/timer.h"
#include "server/upstream/order_gateway.h"

namespace order1688 {

// Once a minute, and when told, looks through the placements that are IN_DOUBT because of an
// unknown code (cause `unknown_code`), judges the stored answer of those whose code is a refusal
// now, and settles them if they are not in doubt any more. An answer that names an order stays what
// it is. It asks the gateway nothing. Thread-safe. Hold it by shared_ptr; it ends when the timer
// ends. All else must outlive the timer and the threads of the ledger.
class RefusalSettler : public std::enable_shared_from_this<RefusalSettler> {
 public:
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  RefusalSettler(std::vector<const OrderGateway*> gateways, Ledger& ledger, Timer& timer,
                 const Log& log);

  // Looks once a minute from now on.
  void Start();

  // Looks now; while it is looking, once more afterwards. Returns at once.
  void LookNow();

  // Ends what it is doing at the next step, and begins nothing more.
  void Stop() { stopping_ = true; }

 private:
  // How far one look has come. Only one step of it runs at a time.
  struct Look {
    size_t gateway = 0;
    std::optional<PlacementPosition> after;
    std::deque<PlacementKey> waiting;
    bool last_page = false;
  };
  using LookPtr = std::shared_ptr<Look>;

  void ReadPage(const LookPtr& look);
  void OnPage(const LookPtr& look, absl::StatusOr<std::vector<LedgerRow>> rows);
  void JudgeNext(const LookPtr& look);
  void OnWhole(const LookPtr& look, absl::StatusOr<std::optional<WholeRow>> found);
  void OnSettled(const LookPtr& look, absl::StatusOr<Settled> settled);
  void End();

  const std::vector<const OrderGateway*> gateways_;
  Ledger& ledger_;
  Timer& timer_;
  const Log& log_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  bool looking_ = false;  // guarded by mutex_
  bool again_ = false;    // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_REFUSAL_SETTLER_H_
