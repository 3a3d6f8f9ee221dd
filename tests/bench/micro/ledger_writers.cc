#include "tests/bench/micro/ledger_writers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "order1688/v1/order_service.pb.h"
#include "tests/bench/sample_order.h"

namespace order1688 {
namespace {

constexpr int64_t kFirstOrderId = 2540608320348880794;

std::string SampleRequest() {
  v1::PlaceOrdersRequest request;
  *request.mutable_batch() = SampleBatch();
  return request.SerializeAsString();
}

}  // namespace

LedgerWriters::LedgerWriters(Ledger& ledger, int at_once)
    : ledger_(ledger),
      at_once_(at_once),
      outcome_(SampleResponse().placement()),
      request_(SampleRequest()),
      raw_answer_(SharedText(SampleAnswerText(1))) {}

void LedgerWriters::StartOne() {
  const std::string number = absl::StrCat(kFirstOrderId + started_++);
  Reservation reservation;
  reservation.key = {"bench", absl::StrCat("placement-", number)};
  reservation.fingerprint = {1, std::string(32, 'f')};
  reservation.placement->set_account(outcome_.account());
  reservation.placement->set_gateway_host(outcome_.gateway_host());
  reservation.placement->set_environment(outcome_.environment());
  *reservation.placement->mutable_sign_time() = outcome_.sign_time();
  reservation.request = request_;
  reservation.lease = absl::Seconds(90);
  reservation.duplicates.business_mac = absl::StrCat("business-mac-", number);
  {
    std::unique_lock lock(mutex_);
    fewer_.wait(lock, [this] { return under_way_ < at_once_; });
    ++under_way_;
  }
  ledger_.Reserve(std::move(reservation), [this](absl::StatusOr<Reserved> reserved) {
    if (reserved.ok() && reserved->outcome == ReserveOutcome::kFresh) {
      Record(reserved->row);
    } else {
      Finish(false);
    }
  });
}

bool LedgerWriters::AwaitAll() {
  std::unique_lock lock(mutex_);
  fewer_.wait(lock, [this] { return under_way_ == 0; });
  return !failed_;
}

void LedgerWriters::Record(const LedgerRow& row) {
  PlacementRecord record;
  record.key = {row.placement->caller(), row.placement->request_id()};
  record.fence = row.fence;
  record.placement = row.placement;
  record.placement->set_state(outcome_.state());
  record.placement->set_cause(outcome_.cause());
  record.placement->set_gateway_request_id(outcome_.gateway_request_id());
  *record.placement->mutable_results() = outcome_.results();
  // Every order belongs to one placement, so every one has an id of its own.
  record.placement->mutable_results(0)->mutable_order()->mutable_base_info()->set_order_id(
      row.placement->request_id().substr(sizeof("placement-") - 1));
  record.raw_answer = raw_answer_;
  ledger_.Record(std::move(record), [this](absl::StatusOr<Recorded> recorded) {
    Finish(recorded.ok() && recorded->outcome == RecordOutcome::kRecorded);
  });
}

void LedgerWriters::Finish(bool written) {
  // Under the lock: after it this object may be gone.
  const std::lock_guard lock(mutex_);
  if (!written) failed_ = true;
  --under_way_;
  fewer_.notify_one();
}

}  // namespace order1688
