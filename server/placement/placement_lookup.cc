#include "server/placement/placement_lookup.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "order1688/v1/order_service.pb.h"
#include "server/ledger/ownership_keys.h"
#include "server/ledger/row_transition.h"
#include "server/placement/order_fit.h"

namespace order1688 {
namespace {

using google::protobuf::util::TimeUtil;

constexpr absl::Duration kPoll = absl::Seconds(3);
constexpr absl::Duration kRetryLedger = absl::Seconds(10);
constexpr absl::Duration kLease = absl::Minutes(2);
// Wider than an order can lie from the signed time, so that there may be a control beside it. Its
// end is in the future at first: by our clock the list must not end before the gateway's now.
constexpr absl::Duration kAskedAround = absl::Minutes(30);
// The gateway refuses signatures that are older than 600 s; 120 s are spare.
constexpr absl::Duration kAfterSignature = absl::Seconds(720);
// And our clock may be 600 s ahead of the gateway's, or it would have refused the signature.
constexpr absl::Duration kMostSkew = absl::Seconds(600);
constexpr absl::Duration kBetweenTwo = absl::Minutes(5);
constexpr int kMostEmptyLookups = 8;
constexpr size_t kMostControls = 5;
constexpr int kFailuresThatAlarm = 5;
// After it the waiting time is a quarter of an hour and more: a person should look.
constexpr int kTriesThatAlarm = 7;
constexpr char kCause[] = "lookup";

constexpr absl::Duration kShortestBackoff = absl::Seconds(10);

absl::Duration BackoffAfter(int tries) {
  constexpr std::array<absl::Duration, 7> kSteps = {
      kShortestBackoff,  absl::Seconds(30), absl::Minutes(1), absl::Minutes(5),
      absl::Minutes(10), absl::Minutes(20), absl::Minutes(40)};
  const auto step = static_cast<size_t>(std::max(tries - 1, 0));
  return step < kSteps.size() ? kSteps[step] : absl::Hours(1);
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  return TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(time));
}

bool HasOrder(const std::vector<v1::OrderResult>& results) {
  return std::any_of(results.begin(), results.end(), [](const v1::OrderResult& result) {
    return result.outcome() == v1::ORDER_OUTCOME_PLACED;
  });
}

bool HasRefusal(const std::vector<v1::OrderResult>& results) {
  return std::any_of(results.begin(), results.end(), [](const v1::OrderResult& result) {
    return result.outcome() == v1::ORDER_OUTCOME_REFUSED;
  });
}

// One refused result per seller of the lines.
void AddAbsent(const v1::OrderBatch& batch, const std::vector<int>& lines,
               std::vector<v1::OrderResult>* results) {
  std::map<std::string, v1::OrderResult> of_seller;
  for (int line : lines) {
    const std::string& seller = batch.cargo_lines(line).seller_open_id();
    v1::OrderResult& result = of_seller[seller];
    result.set_seller_open_id(seller);
    result.set_outcome(v1::ORDER_OUTCOME_REFUSED);
    result.mutable_error()->set_message("no order was found by two complete lookups");
    result.add_cargo_indexes(line);
  }
  for (auto& [seller, result] : of_seller) results->push_back(std::move(result));
}

std::string StateWord(v1::PlacementState state) {
  switch (state) {
    case v1::PLACEMENT_STATE_PLACED:
      return "placed";
    case v1::PLACEMENT_STATE_PARTIALLY_PLACED:
      return "partially_placed";
    default:
      return "not_placed";
  }
}

}  // namespace

PlacementLookup::PlacementLookup(std::string account, const Parts& parts)
    : account_(std::move(account)), parts_(parts), next_call_(parts.clock.SinceBoot()) {}

void PlacementLookup::Start() {
  const std::lock_guard lock(mutex_);
  End(kPoll);
}

void PlacementLookup::Stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  running_ = nullptr;
}

// ---- One lookup, step by step ----

template <typename Work>
void PlacementLookup::RunLater(absl::Duration delay, Work work) {
  parts_.timer.RunAfter(delay, [self = shared_from_this(), work] {
    const std::lock_guard lock(self->mutex_);
    if (!self->stopping_) (self.get()->*work)();
  });
}

void PlacementLookup::Take() {
  parts_.ledger.TakeLookups({account_, 1, kLease}, [self = shared_from_this()](auto taken) {
    self->OnTaken(std::move(taken));
  });
}

void PlacementLookup::OnTaken(absl::StatusOr<std::vector<LookupTask>> taken) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!taken.ok()) {
    Report("ledger_unavailable");
    return End(kRetryLedger);
  }
  if (taken->empty()) return End(kPoll);
  running_ = std::make_unique<Running>();
  running_->task = std::move(taken->front());
  const v1::Placement& placement = *running_->task.row.placement;
  running_->key = {placement.caller(), placement.request_id()};
  running_->signed_at = TimeOf(placement.sign_time());
  running_->begin = parts_.clock.Now();
  // Progress that cannot be read is no progress: only time is lost.
  if (!running_->progress.ParseFromString(running_->task.progress)) running_->progress.Clear();
  running_->progress.set_tries(running_->progress.tries() + 1);
  AskPage();
}

void PlacementLookup::AskPage() {
  RunLater(next_call_ - parts_.clock.SinceBoot(), &PlacementLookup::RunAskPage);
}

void PlacementLookup::RunAskPage() {
  next_call_ = parts_.clock.SinceBoot() + parts_.list.terms().least_interval;
  if (running_->listing.pages() == 0) running_->begin = parts_.clock.Now();
  PageQuestion question;
  question.page = running_->listing.pages() + 1;
  question.page_size = parts_.list.terms().page_size;
  question.created_after = running_->signed_at - kAskedAround;
  question.created_before = running_->signed_at + kAskedAround;
  const absl::Status asked = parts_.list.ReadPage(
      question, [self = shared_from_this()](OrderPage page) { self->OnPage(std::move(page)); });
  if (!asked.ok()) Note("failed", {}, Backoff());
}

void PlacementLookup::OnPage(OrderPage page) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  switch (running_->listing.Add(std::move(page))) {
    case OrderListing::Status::kMore:
      return AskPage();
    case OrderListing::Status::kFailed:
      if (++failures_in_a_row_ == kFailuresThatAlarm) Alarm("lookup_failing");
      parts_.log.Warn("lookup_failed",
                      {{"account", account_}, {"problem", running_->listing.problem()}});
      return Note("failed", {}, Backoff());
    case OrderListing::Status::kWhole:
      running_->whole = true;
      break;
    case OrderListing::Status::kIncomplete:
      break;
  }
  failures_in_a_row_ = 0;
  AskNeighbours();
}

void PlacementLookup::AskNeighbours() {
  NeighbourQuery query;
  query.account = account_;
  query.signed_from = running_->signed_at - kAskedAround;
  query.signed_to = running_->signed_at + kAskedAround;
  for (const ListedOrder& listed : running_->listing.orders()) {
    const std::string& id = listed.order.base_info().order_id();
    if (id.empty()) continue;
    query.order_ids.push_back(id);
    if (std::string key = RoundedIdKey(id); !key.empty()) query.order_ids.push_back(std::move(key));
  }
  parts_.ledger.FindNeighbours(std::move(query), [self = shared_from_this()](auto neighbours) {
    self->OnNeighbours(std::move(neighbours));
  });
}

void PlacementLookup::OnNeighbours(absl::StatusOr<Neighbours> neighbours) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!neighbours.ok()) {
    Report("ledger_unavailable");
    return End(kRetryLedger);
  }
  for (const OwnedOrder& owned : neighbours->owned) {
    const bool of_that_time = owned.sign_time >= running_->signed_at - kAskedAround &&
                              owned.sign_time <= running_->signed_at + kAskedAround;
    // A rounded id may be another order's.
    if (of_that_time && !IsRoundedIdKey(owned.order_id) && !(owned.owner == running_->key) &&
        running_->controls.size() < kMostControls)
      running_->controls.push_back(owned);
  }
  running_->neighbours = *std::move(neighbours);
  // Not on the ledger's thread, which every placement waits for.
  RunLater(absl::ZeroDuration(), &PlacementLookup::Match);
}

void PlacementLookup::Match() {
  Conclude(MatchLookup(
      {running_->task, running_->listing.orders(), running_->whole, running_->neighbours}));
}

// ---- What follows from what was found ----

void PlacementLookup::Conclude(LookupFinding finding) {
  if (!finding.unclear_lines.empty()) {
    if (!running_->whole) return Note("incomplete", finding, Backoff());
    running_->progress.clear_empty_lookups();
    return Note(finding.candidates.empty() ? "unclear" : "candidates", finding, Backoff());
  }
  if (finding.absent_lines.empty())
    return SettlePlaced(std::move(finding), "the order list has an order for every line");
  running_->finding = std::move(finding);
  CheckControl();
}

void PlacementLookup::CheckControl() {
  if (running_->controls.empty()) {
    if (running_->unlike_control) Alarm("lookup_control_unlike");
    return Note(running_->unlike_control ? "control_unlike" : "no_control", running_->finding,
                Backoff());
  }
  const OwnedOrder control = running_->controls.back();
  running_->controls.pop_back();
  parts_.ledger.FindWhole(control.owner,
                          [self = shared_from_this(), id = control.order_id](auto owner) {
                            self->OnControl(id, std::move(owner));
                          });
}

void PlacementLookup::OnControl(const std::string& order_id,
                                absl::StatusOr<std::optional<WholeRow>> owner) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!owner.ok()) {
    Report("ledger_unavailable");
    return End(kRetryLedger);
  }
  if (owner->has_value() && IsKnownAgain(order_id, **owner)) return ConcludeAbsence(order_id);
  running_->unlike_control = true;
  CheckControl();
}

bool PlacementLookup::IsKnownAgain(const std::string& order_id, const WholeRow& owner) const {
  const WantedOrder wanted({owner.row, owner.request, ""});
  if (!wanted.readable()) return false;
  const std::vector<ListedOrder>& orders = running_->listing.orders();
  return std::any_of(orders.begin(), orders.end(), [&](const ListedOrder& listed) {
    return listed.order.base_info().order_id() == order_id &&
           wanted.FitOf(listed) >= OrderFit::kPossible;
  });
}

void PlacementLookup::ConcludeAbsence(const std::string& control_order_id) {
  LookupFinding& finding = running_->finding;
  if (!BeganLateEnough()) {
    const absl::Time late_enough = running_->signed_at + kAfterSignature;
    const absl::Duration left = late_enough - parts_.clock.Now();
    return Note("too_early", finding, std::clamp(left, kShortestBackoff, Backoff()));
  }
  wire::v1::EmptyLookup empty;
  *empty.mutable_begin_time() = ToProto(running_->begin);
  if (const std::optional<absl::Time> gateway = BelievedGatewayBegin())
    *empty.mutable_gateway_begin_time() = ToProto(*gateway);
  empty.set_control_order_id(control_order_id);
  empty.mutable_absent_lines()->Assign(finding.absent_lines.begin(), finding.absent_lines.end());
  if (!IsSecondOfTwo(empty)) {
    auto* kept = running_->progress.mutable_empty_lookups();
    if (kept->size() == kMostEmptyLookups) kept->erase(kept->begin());
    *kept->Add() = std::move(empty);
    return Note("absent", finding, kBetweenTwo + absl::Seconds(1));
  }
  if (!HasOrder(finding.results)) return SettleNotPlaced();
  v1::PlaceOrdersRequest request;
  request.ParseFromString(running_->task.request);
  AddAbsent(request.batch(), finding.absent_lines, &finding.results);
  SettlePlaced(std::move(finding), "two complete order lists lack some of the lines");
}

// An earlier lookup that lacked the same lines, at least 5 minutes before by every clock we have.
bool PlacementLookup::IsSecondOfTwo(const wire::v1::EmptyLookup& second) const {
  for (const wire::v1::EmptyLookup& first : running_->progress.empty_lookups()) {
    const bool same_lines =
        std::includes(first.absent_lines().begin(), first.absent_lines().end(),
                      second.absent_lines().begin(), second.absent_lines().end());
    const bool of_this_attempt = TimeOf(first.begin_time()) > running_->signed_at;
    const bool apart = TimeOf(second.begin_time()) - TimeOf(first.begin_time()) >= kBetweenTwo;
    const bool apart_there =
        !first.has_gateway_begin_time() || !second.has_gateway_begin_time() ||
        TimeOf(second.gateway_begin_time()) - TimeOf(first.gateway_begin_time()) >= kBetweenTwo;
    if (same_lines && of_this_attempt && apart && apart_there) return true;
  }
  return false;
}

// The gateway has just taken a signature of ours, so a Date further away than it allows is not its
// clock.
std::optional<absl::Time> PlacementLookup::BelievedGatewayBegin() const {
  const std::optional<absl::Time>& begin = running_->listing.gateway_begin();
  if (!begin.has_value()) return std::nullopt;
  const absl::Duration skew = *begin - running_->begin;
  return skew <= kMostSkew && skew >= -kMostSkew ? begin : std::nullopt;
}

bool PlacementLookup::BeganLateEnough() const {
  const std::optional<absl::Time> gateway = BelievedGatewayBegin();
  if (gateway.has_value()) return *gateway > running_->signed_at + kAfterSignature;
  return running_->begin > running_->signed_at + kAfterSignature + kMostSkew;
}

void PlacementLookup::SettlePlaced(LookupFinding finding, std::string reason) {
  OnArena<v1::Placement> placement = running_->task.row.placement;
  placement->set_state(HasRefusal(finding.results) ? v1::PLACEMENT_STATE_PARTIALLY_PLACED
                                                   : v1::PLACEMENT_STATE_PLACED);
  placement->clear_results();
  for (v1::OrderResult& result : finding.results) *placement->add_results() = std::move(result);
  Settle(std::move(placement), std::move(reason));
}

void PlacementLookup::SettleNotPlaced() {
  OnArena<v1::Placement> placement = running_->task.row.placement;
  placement->set_state(v1::PLACEMENT_STATE_NOT_PLACED);
  placement->set_evidence(v1::NOT_PLACED_EVIDENCE_LOOKUP);
  placement->clear_results();
  Settle(std::move(placement), "two complete order lists lack it");
}

void PlacementLookup::Settle(OnArena<v1::Placement> placement, std::string reason) {
  const v1::PlacementState state = placement->state();
  placement->clear_error();
  placement->set_cause(kCause);
  placement->mutable_settlement()->set_source(v1::SETTLEMENT_SOURCE_LOOKUP);
  placement->mutable_settlement()->set_reason(std::move(reason));
  RowSettlement settlement;
  settlement.key = running_->key;
  settlement.fence = running_->task.row.fence;
  settlement.revision = RevisionOf(running_->task.row);
  settlement.placement = std::move(placement);
  // The stored answer stays: the list's holds receivers of other placements.
  parts_.ledger.Settle(std::move(settlement), [self = shared_from_this(), state](auto settled) {
    self->OnSettled(state, std::move(settled));
  });
}

void PlacementLookup::OnSettled(v1::PlacementState state, absl::StatusOr<Settled> settled) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (!settled.ok()) {
    Report("ledger_unavailable");
    return End(kRetryLedger);
  }
  switch (settled->outcome) {
    case SettleOutcome::kSettled:
      parts_.metrics.PlacementEnded(account_, state, kCause);
      Report(StateWord(state));
      break;
    case SettleOutcome::kChanged:
      Report("changed");
      break;
    case SettleOutcome::kOrderOwned:
      Alarm("lookup_order_owned");
      return Note("order_owned", {}, Backoff());
  }
  End(absl::ZeroDuration());
}

void PlacementLookup::Note(absl::string_view result, const LookupFinding& finding,
                           absl::Duration next_in) {
  Report(result);
  const int tries = running_->progress.tries();
  if (tries == kTriesThatAlarm) Alarm("lookup_undecided");
  LookupNote note;
  note.key = running_->key;
  note.fence = running_->task.row.fence;
  note.progress = running_->progress.SerializeAsString();
  note.candidates = finding.candidates;
  // A lookup that failed saw nothing, so it changes nothing that callers see.
  if (result == "failed") {
    const auto& known = running_->task.row.placement->candidates();
    note.candidates.assign(known.begin(), known.end());
  }
  note.next_in = next_in;
  parts_.ledger.NoteLookup(std::move(note), [self = shared_from_this()](auto noted) {
    self->OnNoted(std::move(noted));
  });
}

void PlacementLookup::OnNoted(absl::StatusOr<bool> noted) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (noted.ok()) return End(absl::ZeroDuration());
  Report("ledger_unavailable");
  End(kRetryLedger);
}

absl::Duration PlacementLookup::Backoff() const { return BackoffAfter(running_->progress.tries()); }

void PlacementLookup::Report(absl::string_view result) {
  parts_.metrics.LookupEnded(account_, result);
  if (running_ == nullptr) {
    parts_.log.Warn("lookup", {{"account", account_}, {"result", result}});
    return;
  }
  parts_.log.Info("lookup", {{"account", account_},
                             {"caller", running_->key.caller},
                             {"request_id", running_->key.request_id},
                             {"result", result},
                             {"orders", static_cast<int64_t>(running_->listing.orders().size())},
                             {"pages", running_->listing.pages()},
                             {"tries", running_->progress.tries()}});
}

void PlacementLookup::Alarm(absl::string_view kind) {
  parts_.metrics.Alarm(kind);
  parts_.log.Error("alarm", {{"kind", kind},
                             {"account", account_},
                             {"caller", running_->key.caller},
                             {"request_id", running_->key.request_id}});
}

void PlacementLookup::End(absl::Duration next_in) {
  running_ = nullptr;
  RunLater(next_in, &PlacementLookup::Take);
}

}  // namespace order1688
