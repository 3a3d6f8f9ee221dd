// The lookup: asks the gateway's order list what became of placements in doubt, and settles them by
// what it proves. It never sends an order.
#ifndef ORDER1688_SERVER_PLACEMENT_PLACEMENT_LOOKUP_H_
#define ORDER1688_SERVER_PLACEMENT_PLACEMENT_LOOKUP_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/log.h"
#include "order1688/wire/v1/ledger_progress.pb.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/lookup_matcher.h"
#include "server/timer.h"
#include "server/upstream/order_list.h"
#include "server/upstream/order_listing.h"

namespace order1688 {

// Looks after the placements in doubt of one account: takes one that is due from the ledger, reads
// the order list around its signed time, asks the ledger whose the listed orders are, and
//  - settles it PLACED (or PARTIALLY_PLACED, beside refusals of the gateway) when every cargo line
//    has an order with an exact id or a refusal (MatchLookup says how an order is matched);
//  - settles it NOT_PLACED when two complete lookups, 5 minutes apart, found nothing. Both began
//    when the gateway's own Date was past the signed time + 720 s (without a Date that can be
//    believed: our clock past + 1,320 s). Each needs a positive control: the same question returned
//    an order that another placement of the account owns, signed within the asked time, and the
//    matcher knows it again. Without the last, a list that writes sellers, goods, receivers or
//    times in another form than we do would look empty to us. If some lines have an order and the
//    others are absent in this way, it is PARTIALLY_PLACED;
//  - else leaves it IN_DOUBT, with the candidates, and comes back after 10 s, 30 s, 1, 5, 10 ... 60
//    minutes.
// The row's own late answer, a person's verdict and other replicas win by the ledger's
// compare-and-set. One lookup at a time; between two calls of the order list at least its
// least_interval. Thread-safe. Hold it by shared_ptr.
class PlacementLookup : public std::enable_shared_from_this<PlacementLookup> {
 public:
  // What it works with; all must outlive Stop, `ledger`, `metrics` and `log` also the ledger's last
  // answer, `list` the transport's.
  struct Parts {
    const OrderList& list;
    Ledger& ledger;
    Timer& timer;
    const Clock& clock;
    Metrics& metrics;
    const Log& log;
  };

  PlacementLookup(std::string account, const Parts& parts);

  // Call it once.
  void Start();

  // After it nothing new is asked of anything; what is on its way is forgotten, and its row is due
  // again when its lease ends. May wait for a step that is just running. Never call it from one.
  void Stop();

 private:
  // The lookup that is running.
  struct Running {
    LookupTask task;
    wire::v1::LookupProgress progress;
    PlacementKey key;
    absl::Time signed_at;
    absl::Time begin;  // by our clock
    OrderListing listing;
    bool whole = false;
    Neighbours neighbours;
    std::vector<OwnedOrder> controls;  // that were not looked at yet
    bool unlike_control = false;       // one of them was not known again
    LookupFinding finding;             // while controls are looked at
  };

  // All below need mutex_, but for the On..., which take it.
  template <typename Work>
  void RunLater(absl::Duration delay, Work work);
  void Take();
  void OnTaken(absl::StatusOr<std::vector<LookupTask>> taken);
  void AskPage();
  void RunAskPage();
  void OnPage(OrderPage page);
  void AskNeighbours();
  void OnNeighbours(absl::StatusOr<Neighbours> neighbours);
  void Match();
  void Conclude(LookupFinding finding);
  void CheckControl();
  void OnControl(const std::string& order_id, absl::StatusOr<std::optional<WholeRow>> owner);
  bool IsKnownAgain(const std::string& order_id, const WholeRow& owner) const;
  void ConcludeAbsence(const std::string& control_order_id);
  bool IsSecondOfTwo(const wire::v1::EmptyLookup& second) const;
  std::optional<absl::Time> BelievedGatewayBegin() const;
  bool BeganLateEnough() const;
  void SettlePlaced(LookupFinding finding, std::string reason);
  void SettleNotPlaced();
  void Settle(OnArena<v1::Placement> placement, std::string reason);
  void OnSettled(v1::PlacementState state, absl::StatusOr<Settled> settled);
  void Note(absl::string_view result, const LookupFinding& finding, absl::Duration next_in);
  absl::Duration Backoff() const;
  void OnNoted(absl::StatusOr<bool> noted);
  void Report(absl::string_view result);
  void Alarm(absl::string_view kind);
  void End(absl::Duration next_in);

  const std::string account_;
  const Parts parts_;
  std::mutex mutex_;
  bool stopping_ = false;             // guarded by mutex_
  std::unique_ptr<Running> running_;  // guarded by mutex_
  absl::Duration next_call_;          // guarded by mutex_; Clock::SinceBoot
  int failures_in_a_row_ = 0;         // guarded by mutex_
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_PLACEMENT_LOOKUP_H_
