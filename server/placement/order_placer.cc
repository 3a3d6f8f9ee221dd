#include "server/placement/order_placer.h"

#include <algorithm>
#include <utility>

#include "common/shared_text.h"
#include "server/ledger/row_transition.h"
#include "server/placement/business_mac.h"
#include "server/placement/order_placer_state.h"
#include "server/placement/placement_error.h"
#include "server/placement/request_fingerprint.h"

namespace order1688 {
namespace {

constexpr absl::Duration kLeastTimeLeft = absl::Seconds(1);
constexpr absl::Duration kLongestMargin = absl::Milliseconds(200);
constexpr absl::Duration kTimeBeyondGateway = absl::Seconds(5);
constexpr absl::Duration kLeaseBeyondGateway = absl::Seconds(60);
constexpr absl::Duration kPollInterval = absl::Milliseconds(200);
constexpr absl::Duration kRecordRetry = absl::Seconds(1);
constexpr absl::Duration kSignRetry = absl::Seconds(1);

// The outcome of an attempt, and what Reserve wrote of it.
OnArena<v1::Placement> WithReserved(OnArena<v1::Placement> outcome, const v1::Placement& reserved) {
  const v1::PlacementState state = outcome->state();
  outcome->MergeFrom(reserved);
  outcome->set_state(state);
  return outcome;
}

}  // namespace

OrderPlacer::OrderPlacer(const std::vector<PlacerAccount>& accounts, int max_placements_in_flight,
                         absl::Duration retention, Ledger& ledger, Timer& timer, const Clock& clock,
                         Metrics& metrics, const Log& log)
    : ledger_(ledger),
      timer_(timer),
      clock_(clock),
      metrics_(metrics),
      log_(log),
      report_(metrics, log),
      pauses_(std::make_shared<AccountPauses>(ledger, clock, metrics, log)),
      max_placements_in_flight_(max_placements_in_flight),
      retention_(retention),
      mac_(ledger.fingerprint_key()) {
  for (const PlacerAccount& account : accounts) {
    const std::string& name = account.gateway->account().name;
    AccountPacer& pacer = pauses_->Add(name, account.max_in_flight, account.orders_per_second);
    accounts_[name] = std::make_unique<Account>(Account{*account.gateway, pacer});
  }
}

OrderPlacer::~OrderPlacer() = default;

absl::StatusOr<std::string> OrderPlacer::Encode(absl::string_view account,
                                                absl::string_view batch) const {
  return accounts_.at(account)->gateway.Encode(batch);
}

void OrderPlacer::DescribeAccount(absl::string_view account, v1::Placement* placement) const {
  const GatewayAccount& gateway = accounts_.at(account)->gateway.account();
  placement->set_account(gateway.name);
  placement->set_gateway_host(gateway.host);
  placement->set_environment(gateway.environment);
}

// ---- The way of a call, step by step ----

std::shared_ptr<OrderPlacer::Call> OrderPlacer::Place(PlaceCommand command, Done done) {
  Account& account = *accounts_.at(command.account);
  const absl::Duration now = clock_.SinceBoot();
  const absl::Duration give_up =
      command.deadline == absl::InfiniteDuration()
          ? now + account.gateway.account().timeout + kTimeBeyondGateway
          : command.deadline - std::min(kLongestMargin, (command.deadline - now) / 10);
  Fingerprint fingerprint =
      FingerprintOf(mac_, command.account, command.request->reference(), command.body);
  // Needed once; they may be long.
  std::string wire = std::move(command.wire);
  std::string body = std::move(command.body);
  auto call = std::make_shared<Call>(std::move(command), account, std::move(fingerprint), give_up,
                                     std::move(done));
  {
    std::lock_guard lock(mutex_);
    ++calls_;
  }
  call->give_up_timer =
      timer_.RunAfter(give_up - now, [self = shared_from_this(), call] { self->GiveUp(call); });
  Reserve(call, std::move(wire), std::move(body));
  return call;
}

void OrderPlacer::Reserve(const CallPtr& call, std::string wire, std::string body) {
  const OrderGateway& gateway = call->account.gateway;
  const PlaceCommand& command = call->command;
  auto attempt = std::make_shared<Attempt>(call->account, call);
  absl::StatusOr<SignedRequest> signed_request = gateway.Sign(std::move(body));
  if (signed_request.ok()) {
    attempt->request = *std::move(signed_request);
  } else {
    // What the ledger knows already is answered all the same.
    attempt->refusal = MakeError(v1::ERROR_REASON_GATEWAY_UNREACHABLE,
                                 "the request could not be signed; nothing was sent", "");
    attempt->refusal->retry_delay = kSignRetry;
  }

  Reservation reservation;
  reservation.key = command.key;
  reservation.fingerprint = call->fingerprint;
  reservation.lease = gateway.account().timeout + kLeaseBeyondGateway;
  reservation.retention = retention_;
  reservation.request = std::move(wire);
  // Kept in the row also if nothing is looked for: the guard may be configured tomorrow.
  reservation.duplicates.business_mac = BusinessMacOf(mac_, reservation.request);
  reservation.duplicates.refuse = command.refuse_duplicates;
  if (!command.refuse_duplicates || !command.request->allow_duplicate()) {
    reservation.duplicates.window = command.duplicate_window;
  }
  reservation.admit = [self = shared_from_this(), attempt] { return self->Admit(*attempt); };
  v1::Placement& placement = *reservation.placement;
  DescribeAccount(command.account, &placement);
  placement.set_reference(command.request->reference());
  const int64_t sign_micros = absl::ToUnixMicros(attempt->request.sign_time);
  placement.mutable_sign_time()->set_seconds(sign_micros / 1000000);
  placement.mutable_sign_time()->set_nanos(static_cast<int32_t>(sign_micros % 1000000 * 1000));

  // Our lease is counted from before the ledger's own count begins, so it never ends later.
  attempt->lease_end = clock_.SinceBoot() + reservation.lease;
  ledger_.Reserve(std::move(reservation),
                  [self = shared_from_this(), call, attempt](absl::StatusOr<Reserved> reserved) {
                    self->OnReserved(call, attempt, std::move(reserved));
                  });
}

// Only what is new is paced, and before a row is written: a refused call never uses up its
// request_id. The first answer stays: the place is taken once.
bool OrderPlacer::Admit(Attempt& attempt) {
  if (!attempt.admitted.has_value()) {
    const bool wanted = !attempt.refusal.has_value() && !attempt.owner->finished();
    if (wanted) attempt.refusal = ReasonToRefuse(*attempt.owner);
    attempt.admitted = wanted && !attempt.refusal.has_value();
    if (*attempt.admitted) metrics_.PlacementsInFlight(attempt.owner->command.account, 1);
  }
  return *attempt.admitted;
}

std::optional<Error> OrderPlacer::ReasonToRefuse(const Call& call) {
  if (call.command.deadline - clock_.SinceBoot() < kLeastTimeLeft) {
    return MakeError(v1::ERROR_REASON_DEADLINE_TOO_SHORT,
                     "less than 1 s of the deadline is left; nothing was sent", "");
  }
  {
    // In one step with StopTaking: WaitUntilIdle waits for all that was let in, also if its caller
    // has gone.
    std::lock_guard lock(mutex_);
    if (stopping_) {
      return MakeError(v1::ERROR_REASON_SHUTTING_DOWN, "the server is stopping; nothing was sent",
                       "");
    }
    if (placements_in_flight_ >= max_placements_in_flight_) {
      Error error = MakeError(v1::ERROR_REASON_OVERLOADED,
                              "too many placements are on their way; nothing was sent", "");
      error.retry_delay = absl::Seconds(1);
      return error;
    }
    ++placements_in_flight_;
    ++open_attempts_;
  }
  std::optional<AccountPacer::Refusal> refusal = call.account.pacer.Admit();
  if (!refusal.has_value()) return std::nullopt;
  {
    std::lock_guard lock(mutex_);
    --placements_in_flight_;
    --open_attempts_;
    idle_.notify_all();
  }
  Error error =
      MakeError(refusal->reason, "the account takes no more placements now; nothing was sent", "");
  error.retry_delay = refusal->retry_after;
  return error;
}

void OrderPlacer::OnReserved(const CallPtr& call, const AttemptPtr& attempt,
                             absl::StatusOr<Reserved> reserved) {
  if (reserved.ok() && reserved->outcome == ReserveOutcome::kFresh) {
    attempt->fence = reserved->row.fence;
    attempt->reserved = std::move(reserved->row.placement);
    return Send(call, attempt);
  }
  const bool admitted = attempt->admitted.value_or(false);
  if (!reserved.ok()) {
    metrics_.Alarm("ledger_unavailable");
    FinishWithError(call, MakeError(v1::ERROR_REASON_LEDGER_UNAVAILABLE,
                                    admitted ? "the ledger cannot be written; nothing was sent"
                                             : "the ledger cannot be read; nothing was sent",
                                    ""));
  } else if (reserved->outcome == ReserveOutcome::kNotAdmitted) {
    // Without a reason its caller has gone or was answered.
    if (attempt->refusal.has_value()) FinishWithError(call, *std::move(attempt->refusal));
  } else if (reserved->outcome == ReserveOutcome::kDuplicate) {
    RefuseDuplicate(call, *reserved->row.placement);
  } else {
    AnswerFromRow(call, *attempt, reserved->row);
  }
  if (admitted) EndUnsent(attempt->account);
}

void OrderPlacer::AnswerFromRow(const CallPtr& call, const Attempt& attempt, const LedgerRow& row) {
  if (JudgeReservation(row, ComparableFingerprint(*call, attempt, row)) ==
      ReserveOutcome::kMismatch) {
    Error error = MakeError(
        v1::ERROR_REASON_REQUEST_ID_REUSED,
        "this request_id was used for another request; nothing was sent by this call", "");
    DescribePlacement(*row.placement, &error);
    return FinishWithError(call, std::move(error));
  }
  if (row.placement->state() == v1::PLACEMENT_STATE_SENDING) return Join(call);
  FinishWithPlacement(call, row.placement, /*replayed=*/true);
}

// Of the row's own version, if that is known here. The body is still there: nothing was sent.
Fingerprint OrderPlacer::ComparableFingerprint(const Call& call, const Attempt& attempt,
                                               const LedgerRow& row) const {
  const std::string& body = attempt.request.http.body;
  if (row.fingerprint.version == call.fingerprint.version || body.empty()) return call.fingerprint;
  const PlaceCommand& command = call.command;
  return FingerprintOf(mac_, command.account, command.request->reference(), body,
                       row.fingerprint.version);
}

void OrderPlacer::RefuseDuplicate(const CallPtr& call, const v1::Placement& earlier) {
  Error error = MakeError(v1::ERROR_REASON_POSSIBLE_DUPLICATE,
                          "the same cargo for the same receiver was placed under another "
                          "request_id; nothing was sent; set allow_duplicate if both are wanted",
                          "");
  DescribeAccountOf(*call, &error);
  error.metadata["earlierRequestId"] = earlier.request_id();
  FinishWithError(call, std::move(error));
}

// What was let in was not sent: its place is free again.
void OrderPlacer::EndUnsent(Account& account) {
  ReleasePlace(account);
  std::lock_guard lock(mutex_);
  --open_attempts_;
  idle_.notify_all();
}

void OrderPlacer::Send(const CallPtr& call, const AttemptPtr& attempt) {
  {
    std::lock_guard lock(mutex_);
    attempts_[call->command.key] = attempt;
  }
  SendGateTerms terms{attempt->request.signed_at, attempt->lease_end, call->give_up};
  attempt->gate = std::make_shared<SendGate>(clock_, terms);
  call->SetGate(attempt->gate);
  attempt->account.gateway.Send(
      std::move(attempt->request), attempt->gate,
      std::shared_ptr<const v1::OrderBatch>(call, &call->command.request->batch()),
      [self = shared_from_this(), attempt](GatewayVerdict verdict, HttpResult answer) {
        self->OnAnswered(attempt, std::move(verdict), std::move(answer));
      });
}

void OrderPlacer::OnAnswered(const AttemptPtr& attempt, GatewayVerdict verdict, HttpResult answer) {
  ReleasePlace(attempt->account);
  report_.Answered(attempt->account.gateway.account().name, attempt->owner->command.key, verdict,
                   answer);
  CountOutcome(*attempt, *verdict.outcome, answer.outcome);
  attempt->answer = std::move(answer);
  Record(attempt, std::move(verdict));
}

// An outcome may be large, and is never copied: it goes to the ledger and comes back as the row.
void OrderPlacer::Record(const AttemptPtr& attempt, GatewayVerdict verdict) {
  PlacementRecord record;
  record.key = attempt->owner->command.key;
  record.fence = attempt->fence;
  record.placement = WithReserved(std::move(verdict.outcome), *attempt->reserved);
  record.raw_answer = SharedText(attempt, attempt->answer.body);
  ledger_.Record(std::move(record),
                 [self = shared_from_this(), attempt](absl::StatusOr<Recorded> recorded) {
                   self->OnRecorded(attempt, std::move(recorded));
                 });
}

// If recording fails, the row stays SENDING and becomes IN_DOUBT when its lease ends: time may be
// lost, money never.
void OrderPlacer::OnRecorded(const AttemptPtr& attempt, absl::StatusOr<Recorded> recorded) {
  if (recorded.ok()) {
    OnArena<v1::Placement>& placement = recorded->row.placement;
    if (recorded->outcome == RecordOutcome::kSuperseded) {
      Alarm("late_answer", *attempt);
      // Whatever others concluded: this attempt has left, so nobody who waited for it may hear that
      // it did not.
      const bool denied =
          placement->state() == v1::PLACEMENT_STATE_NOT_PLACED && attempt->gate->opened();
      if (denied) placement->set_state(v1::PLACEMENT_STATE_IN_DOUBT);
      return EndAttempt(attempt, std::move(placement), "");
    }
    return EndAttempt(attempt, std::move(placement), std::move(recorded->bytes));
  }
  Alarm("outcome_not_recorded", *attempt);
  if (!stopping() && clock_.SinceBoot() < attempt->lease_end) {
    timer_.RunAfter(kRecordRetry, [self = shared_from_this(), attempt] {
      self->Record(attempt, self->JudgeAgain(*attempt));
    });
    return;
  }
  OnArena<v1::Placement> unrecorded =
      WithReserved(JudgeAgain(*attempt).outcome, *attempt->reserved);
  unrecorded->set_state(v1::PLACEMENT_STATE_SENDING);
  EndAttempt(attempt, std::move(unrecorded), "");
}

GatewayVerdict OrderPlacer::JudgeAgain(const Attempt& attempt) const {
  return attempt.account.gateway.Judge(attempt.owner->command.request->batch(), attempt.answer);
}

void OrderPlacer::EndAttempt(const AttemptPtr& attempt, OnArena<v1::Placement> placement,
                             std::string bytes) {
  std::vector<CallPtr> joiners;
  {
    std::lock_guard lock(mutex_);
    // A later attempt may have taken its place.
    auto current = attempts_.find(attempt->owner->command.key);
    if (current != attempts_.end() && current->second == attempt) attempts_.erase(current);
    joiners.swap(attempt->joiners);
  }
  for (const CallPtr& joiner : joiners) FinishWithPlacement(joiner, placement, /*replayed=*/true);
  FinishWithPlacement(attempt->owner, std::move(placement), /*replayed=*/false, std::move(bytes));
  std::lock_guard lock(mutex_);
  --open_attempts_;
  idle_.notify_all();
}

// ---- A call whose placement is already on its way ----

void OrderPlacer::Join(const CallPtr& call) {
  {
    std::lock_guard lock(mutex_);
    auto attempt = attempts_.find(call->command.key);
    if (attempt != attempts_.end()) {
      attempt->second->joiners.push_back(call);
      return;
    }
  }
  Poll(call);
}

// The sender is another process, or its answer could not be recorded: only the ledger can tell.
void OrderPlacer::Poll(const CallPtr& call) {
  {
    std::lock_guard lock(mutex_);
    ++polls_;
  }
  ledger_.Find(call->command.key,
               [self = shared_from_this(), call](absl::StatusOr<std::optional<LedgerRow>> found) {
                 self->OnPolled(call, std::move(found));
                 std::lock_guard lock(self->mutex_);
                 --self->polls_;
                 self->idle_.notify_all();
               });
}

void OrderPlacer::OnPolled(const CallPtr& call, absl::StatusOr<std::optional<LedgerRow>> found) {
  if (call->finished()) return;
  const bool settled = found.ok() && found->has_value() &&
                       (*found)->placement->state() != v1::PLACEMENT_STATE_SENDING;
  if (settled) return FinishWithPlacement(call, (*found)->placement, /*replayed=*/true);
  // The other sender may take longer than a server that stops can wait.
  if (stopping()) return GiveUp(call);
  timer_.RunAfter(kPollInterval, [self = shared_from_this(), call] {
    if (!call->finished()) self->Poll(call);
  });
}

// ---- The end of a call ----

void OrderPlacer::GiveUp(const CallPtr& call) {
  Error error = MakeError(
      v1::ERROR_REASON_PLACEMENT_IN_PROGRESS,
      "still running near the deadline; ask again with the same request_id to get the outcome", "");
  FinishWithError(call, std::move(error));
}

void OrderPlacer::Cancel(const std::shared_ptr<Call>& call) {
  call->CallerGone();
  GiveUp(call);
}

void OrderPlacer::FinishWithPlacement(const CallPtr& call, OnArena<v1::Placement> placement,
                                      bool replayed, std::string bytes) {
  PlaceResult result;
  result.error = ErrorOf(*placement, replayed);
  result.placement = std::move(placement);
  result.bytes = std::move(bytes);
  result.replayed = replayed;
  Finish(call, std::move(result));
}

void OrderPlacer::FinishWithError(const CallPtr& call, Error error) {
  error.request_id = call->command.key.request_id;
  if (error.metadata.empty()) DescribeAccountOf(*call, &error);
  PlaceResult result;
  result.error = std::move(error);
  Finish(call, std::move(result));
}

void OrderPlacer::DescribeAccountOf(const Call& call, Error* error) const {
  v1::Placement placement;
  DescribeAccount(call.command.account, &placement);
  DescribePlacement(placement, error);
}

void OrderPlacer::Finish(const CallPtr& call, PlaceResult result) {
  Done done = call->TakeDone();
  if (done == nullptr) return;
  timer_.Cancel(call->give_up_timer);
  std::move(done)(std::move(result));
  std::lock_guard lock(mutex_);
  --calls_;
  idle_.notify_all();
}

// ---- Around it ----

// A request that never left says nothing about the gateway.
void OrderPlacer::CountOutcome(const Attempt& attempt, const v1::Placement& outcome,
                               SendOutcome sent) {
  if (sent == SendOutcome::kNotSent) return;
  if (!attempt.account.pacer.CountOutcome(outcome.state() == v1::PLACEMENT_STATE_IN_DOUBT)) return;
  Alarm("account_paused", attempt);
  pauses_->KeepOwn(attempt.account.gateway.account().name);
}

void OrderPlacer::Alarm(absl::string_view kind, const Attempt& attempt) {
  report_.Alarm(kind, attempt.account.gateway.account().name, attempt.owner->command.key);
}

void OrderPlacer::ReleasePlace(Account& account) {
  account.pacer.Release();
  metrics_.PlacementsInFlight(account.gateway.account().name, -1);
  std::lock_guard lock(mutex_);
  --placements_in_flight_;
}

void OrderPlacer::StopTaking() {
  std::lock_guard lock(mutex_);
  stopping_ = true;
}

void OrderPlacer::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return calls_ == 0 && open_attempts_ == 0 && polls_ == 0; });
}

bool OrderPlacer::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

}  // namespace order1688
