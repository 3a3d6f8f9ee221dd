// The use case of the service: place one batch of cargo at most once. The one file that knows every
// stage of a placement.
#ifndef ORDER1688_SERVER_PLACEMENT_ORDER_PLACER_H_
#define ORDER1688_SERVER_PLACEMENT_ORDER_PLACER_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/on_arena.h"
#include "order1688/v1/order_service.pb.h"
#include "server/ledger/ledger.h"
#include "server/ops/metrics.h"
#include "server/placement/account_pauses.h"
#include "server/placement/keyed_mac.h"
#include "server/placement/outcome_report.h"
#include "server/timer.h"
#include "server/upstream/order_gateway.h"

namespace order1688 {

// A checked and normalised call of PlaceOrders.
struct PlaceCommand {
  PlacementKey key;
  std::string account;                              // a configured one
  std::shared_ptr<v1::PlaceOrdersRequest> request;  // normalised; nobody changes it any more
  std::string wire;                                 // request, serialised
  std::string body;                                 // what OrderGateway::Encode made of its batch
  absl::Duration deadline;  // by Clock::SinceBoot; InfiniteDuration() if the caller gave none
  // The caller's duplicate guard: how far back to look for the same purchase (zero: off), and
  // whether to refuse it rather than name it.
  absl::Duration duplicate_window = absl::ZeroDuration();
  bool refuse_duplicates = false;
};

// What a call is answered with.
struct PlaceResult {
  std::optional<Error> error;        // set: the answer is this error
  OnArena<v1::Placement> placement;  // else: PLACED or PARTIALLY_PLACED
  std::string bytes;                 // the placement, serialised; empty if it was not at hand
  bool replayed = false;             // settled by another call
};

// One account that orders are placed with. `gateway` must outlive the placer.
struct PlacerAccount {
  const OrderGateway* gateway;
  int max_in_flight;
  double orders_per_second;
};

// Places orders. Thread-safe; every method but WaitUntilIdle returns at once. Hold it by
// shared_ptr: work that is on its way keeps it. The other objects must live until WaitUntilIdle has
// returned and the threads of timer, transports and ledger have ended.
//
// Each call is a state machine with one method per step, which stand in order_placer.cc in the
// order in which they run:
//   Place -> Reserve -> OnReserved -> Send -> OnAnswered -> Record -> OnRecorded -> Finish
// and for a call that finds its placement on its way: Join -> (Poll ->) Finish. Admit is asked by
// the ledger, inside its Reserve. Plain methods rather than coroutines, because the lint tools of
// Debian 12 cannot read C++20 coroutines.
class OrderPlacer : public std::enable_shared_from_this<OrderPlacer> {
 public:
  using Done = absl::AnyInvocable<void(PlaceResult) &&>;
  class Call;

  // Personal data is erased `retention` after a placement was taken; zero: never.
  OrderPlacer(const std::vector<PlacerAccount>& accounts, int max_placements_in_flight,
              absl::Duration retention, Ledger& ledger, Timer& timer, const Clock& clock,
              Metrics& metrics, const Log& log);
  ~OrderPlacer();

  // The JSON body that would be sent with the account, which must be a configured one, for a
  // serialised OrderBatch. INVALID_ARGUMENT if it cannot be written as JSON.
  absl::StatusOr<std::string> Encode(absl::string_view account, absl::string_view batch) const;

  // Sets what a placement with the account says of it: account, gateway_host, environment.
  void DescribeAccount(absl::string_view account, v1::Placement* placement) const;

  // Calls `done` once, at the latest shortly before the caller's deadline, on some thread, never
  // from inside Place. A deadline or a cancellation never cuts a send that has passed the gate.
  std::shared_ptr<Call> Place(PlaceCommand command, Done done);

  // The caller has gone: the order is not sent if it has not passed the gate. `done` is called, if
  // it was not yet.
  void Cancel(const std::shared_ptr<Call>& call);

  // From now on new placements are refused with SHUTTING_DOWN; those on their way go on.
  void StopTaking();

  // Blocks until nothing is on its way. Call StopTaking first.
  void WaitUntilIdle();

  // The pauses of its accounts.
  const std::shared_ptr<AccountPauses>& pauses() const { return pauses_; }

 private:
  struct Account;
  struct Attempt;
  using CallPtr = std::shared_ptr<Call>;
  using AttemptPtr = std::shared_ptr<Attempt>;

  void Reserve(const CallPtr& call, std::string wire, std::string body);
  bool Admit(Attempt& attempt);
  std::optional<Error> ReasonToRefuse(const Call& call);
  void OnReserved(const CallPtr& call, const AttemptPtr& attempt,
                  absl::StatusOr<Reserved> reserved);
  void AnswerFromRow(const CallPtr& call, const Attempt& attempt, const LedgerRow& row);
  Fingerprint ComparableFingerprint(const Call& call, const Attempt& attempt,
                                    const LedgerRow& row) const;
  void RefuseDuplicate(const CallPtr& call, const v1::Placement& earlier);
  void EndUnsent(Account& account);
  void Send(const CallPtr& call, const AttemptPtr& attempt);
  void OnAnswered(const AttemptPtr& attempt, GatewayVerdict verdict, HttpResult answer);
  void Record(const AttemptPtr& attempt, GatewayVerdict verdict);
  void OnRecorded(const AttemptPtr& attempt, absl::StatusOr<Recorded> recorded);
  GatewayVerdict JudgeAgain(const Attempt& attempt) const;
  // `bytes` as in PlaceResult.
  void EndAttempt(const AttemptPtr& attempt, OnArena<v1::Placement> placement, std::string bytes);
  void Join(const CallPtr& call);
  void Poll(const CallPtr& call);
  void OnPolled(const CallPtr& call, absl::StatusOr<std::optional<LedgerRow>> found);
  void GiveUp(const CallPtr& call);
  void FinishWithPlacement(const CallPtr& call, OnArena<v1::Placement> placement, bool replayed,
                           std::string bytes = "");
  void FinishWithError(const CallPtr& call, Error error);
  void DescribeAccountOf(const Call& call, Error* error) const;
  void Finish(const CallPtr& call, PlaceResult result);

  void CountOutcome(const Attempt& attempt, const v1::Placement& outcome, SendOutcome sent);
  void Alarm(absl::string_view kind, const Attempt& attempt);
  void ReleasePlace(Account& account);
  bool stopping() const;

  Ledger& ledger_;
  Timer& timer_;
  const Clock& clock_;
  Metrics& metrics_;
  const Log& log_;
  OutcomeReport report_;
  const std::shared_ptr<AccountPauses> pauses_;
  const int max_placements_in_flight_;
  const absl::Duration retention_;
  const KeyedMac mac_;
  absl::flat_hash_map<std::string, std::unique_ptr<Account>> accounts_;

  mutable std::mutex mutex_;
  std::condition_variable idle_;
  absl::flat_hash_map<PlacementKey, AttemptPtr> attempts_;
  int calls_ = 0;
  int placements_in_flight_ = 0;
  int open_attempts_ = 0;
  int polls_ = 0;
  bool stopping_ = false;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_PLACEMENT_ORDER_PLACER_H_
