#include "server/ledger/row_transition.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/time_util.h"

namespace order1688 {
namespace {

using google::protobuf::util::TimeUtil;

// update_time must grow with every change, or a reader that asks for "later than T" misses one.
google::protobuf::Timestamp NextUpdateTime(const LedgerRow& before, absl::Time now) {
  const int64_t last = TimeUtil::TimestampToMicroseconds(before.placement->update_time());
  return TimeUtil::MicrosecondsToTimestamp(std::max(absl::ToUnixMicros(now), last + 1));
}

OnArena<v1::Placement> WithIdentityOf(const v1::Placement& stored,
                                      OnArena<v1::Placement> placement) {
  placement->set_request_id(stored.request_id());
  placement->set_caller(stored.caller());
  placement->set_account(stored.account());
  placement->set_gateway_host(stored.gateway_host());
  placement->set_environment(stored.environment());
  placement->set_reference(stored.reference());
  placement->set_attempt(stored.attempt());
  *placement->mutable_create_time() = stored.create_time();
  placement->clear_sign_time();
  if (stored.has_sign_time()) *placement->mutable_sign_time() = stored.sign_time();
  placement->clear_erase_time();
  if (stored.has_erase_time()) *placement->mutable_erase_time() = stored.erase_time();
  placement->set_possible_duplicate_of(stored.possible_duplicate_of());
  return placement;
}

bool HoldsAlready(const LedgerRow& row, absl::string_view raw_answer,
                  const PlacementRecord& record) {
  if (raw_answer != CutRawAnswer(record.raw_answer.view())) return false;
  OnArena<v1::Placement> asked = WithIdentityOf(*row.placement, record.placement);
  *asked->mutable_update_time() = row.placement->update_time();
  return StableBytes(*asked) == StableBytes(*row.placement);
}

}  // namespace

absl::string_view CutRawAnswer(absl::string_view raw_answer) {
  return raw_answer.substr(0, kMostRawAnswerBytes);
}

ReserveOutcome JudgeReservation(const LedgerRow& row, const Fingerprint& fingerprint) {
  const v1::PlacementState state = row.placement->state();
  const bool comparable = row.fingerprint.version == fingerprint.version;
  if (comparable && row.fingerprint.mac != fingerprint.mac) return ReserveOutcome::kMismatch;
  if (state == v1::PLACEMENT_STATE_NOT_PLACED) {
    // Only the same content may be sent again. Elsewhere a mismatch that is not proven would make
    // the caller take a new id, while the order may exist.
    return comparable ? ReserveOutcome::kFresh : ReserveOutcome::kMismatch;
  }
  return state == v1::PLACEMENT_STATE_SENDING ? ReserveOutcome::kBusy : ReserveOutcome::kReplay;
}

ReserveOutcome JudgeAdmission(const LedgerRow* row, const Reservation& reservation) {
  const ReserveOutcome outcome =
      row == nullptr ? ReserveOutcome::kFresh : JudgeReservation(*row, reservation.fingerprint);
  const bool refused =
      outcome == ReserveOutcome::kFresh && reservation.admit != nullptr && !reservation.admit();
  return refused ? ReserveOutcome::kNotAdmitted : outcome;
}

LedgerRow RowForFirstAttempt(const Reservation& reservation, absl::Time now) {
  LedgerRow row{reservation.placement, reservation.fingerprint, 1};
  row.placement->set_request_id(reservation.key.request_id);
  row.placement->set_caller(reservation.key.caller);
  row.placement->set_state(v1::PLACEMENT_STATE_SENDING);
  row.placement->set_attempt(1);
  *row.placement->mutable_create_time() =
      TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now));
  *row.placement->mutable_update_time() = row.placement->create_time();
  if (reservation.retention > absl::ZeroDuration()) {
    *row.placement->mutable_erase_time() =
        TimeUtil::MicrosecondsToTimestamp(absl::ToUnixMicros(now + reservation.retention));
  }
  return row;
}

LedgerRow RowForNextAttempt(const LedgerRow& before, const Reservation& reservation,
                            absl::Time now) {
  LedgerRow row = RowForFirstAttempt(reservation, now);
  row.fence = before.fence + 1;
  row.placement->set_attempt(before.placement->attempt() + 1);
  *row.placement->mutable_create_time() = before.placement->create_time();
  *row.placement->mutable_update_time() = NextUpdateTime(before, now);
  return row;
}

RecordVerdict JudgeRecord(const LedgerRow& row, absl::string_view raw_answer,
                          const PlacementRecord& record) {
  const v1::PlacementState from = row.placement->state();
  const v1::PlacementState to = record.placement->state();
  if (record.fence != row.fence) return RecordVerdict::kSuperseded;
  // Only Reserve starts an attempt.
  if (to == v1::PLACEMENT_STATE_SENDING || to == v1::PLACEMENT_STATE_UNSPECIFIED) {
    return RecordVerdict::kSuperseded;
  }
  if (IsDeclaredEdge(from, to)) return RecordVerdict::kWrite;
  if (from == to && HoldsAlready(row, raw_answer, record)) return RecordVerdict::kUnchanged;
  // The sender was late, and is in doubt too, but it knows more: its cause, perhaps some orders.
  if (from == v1::PLACEMENT_STATE_IN_DOUBT && to == from &&
      row.placement->cause() == kLeaseExpired) {
    return RecordVerdict::kWrite;
  }
  return RecordVerdict::kSuperseded;
}

LedgerRow RecordedRow(const LedgerRow& before, OnArena<v1::Placement> outcome, absl::Time now) {
  LedgerRow row{WithIdentityOf(*before.placement, std::move(outcome)), before.fingerprint,
                before.fence};
  row.placement->clear_candidates();
  row.placement->clear_settlement();
  *row.placement->mutable_update_time() = NextUpdateTime(before, now);
  return row;
}

LedgerRow ExpiredRow(const LedgerRow& before, absl::Time now) {
  LedgerRow row = before;
  row.placement->set_state(v1::PLACEMENT_STATE_IN_DOUBT);
  row.placement->set_cause(kLeaseExpired);
  *row.placement->mutable_update_time() = NextUpdateTime(before, now);
  return row;
}

int64_t RevisionOf(const LedgerRow& row) {
  return TimeUtil::TimestampToMicroseconds(row.placement->update_time());
}

PlacementPosition PositionOf(const LedgerRow& row) {
  return {RevisionOf(row), row.placement->caller(), row.placement->request_id()};
}

SettleOutcome JudgeSettlement(const LedgerRow& row, const RowSettlement& settlement) {
  const bool same = row.fence == settlement.fence && RevisionOf(row) == settlement.revision;
  const bool allowed = row.placement->state() == v1::PLACEMENT_STATE_IN_DOUBT &&
                       IsDeclaredEdge(row.placement->state(), settlement.placement->state());
  return same && allowed ? SettleOutcome::kSettled : SettleOutcome::kChanged;
}

LedgerRow SettledRow(const LedgerRow& before, const RowSettlement& settlement, absl::Time now) {
  LedgerRow row = before;
  row.placement = WithIdentityOf(*before.placement, settlement.placement);
  row.placement->clear_candidates();
  *row.placement->mutable_update_time() = NextUpdateTime(before, now);
  *row.placement->mutable_settlement()->mutable_time() = row.placement->update_time();
  return row;
}

LedgerRow NotedRow(const LedgerRow& before, const LookupNote& note, absl::Time now) {
  LedgerRow row = before;
  row.placement->mutable_candidates()->Assign(note.candidates.begin(), note.candidates.end());
  if (StableBytes(*row.placement) == StableBytes(*before.placement)) return before;
  *row.placement->mutable_update_time() = NextUpdateTime(before, now);
  return row;
}

bool IsErasable(const v1::Placement& placement, absl::Time now) {
  const v1::PlacementState state = placement.state();
  return state != v1::PLACEMENT_STATE_SENDING && state != v1::PLACEMENT_STATE_IN_DOUBT &&
         placement.has_erase_time() && TimeOf(placement.erase_time()) <= now;
}

AccountState ChangedAccount(const AccountState& before, const AccountChange& change) {
  AccountState after = before;
  switch (change.kind) {
    case AccountChange::Kind::kPause:
      after.paused = true;
      after.pause_reason = change.reason;
      break;
    case AccountChange::Kind::kResume:
      after.paused = false;
      after.pause_reason.clear();
      break;
    case AccountChange::Kind::kDeclareRefusal:
      after.refusal_codes.push_back(change.code);
      std::sort(after.refusal_codes.begin(), after.refusal_codes.end());
      after.refusal_codes.erase(std::unique(after.refusal_codes.begin(), after.refusal_codes.end()),
                                after.refusal_codes.end());
      break;
  }
  return after;
}

absl::Time TimeOf(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixMicros(TimeUtil::TimestampToMicroseconds(timestamp));
}

bool MayHaveBought(v1::PlacementState state) {
  return state != v1::PLACEMENT_STATE_REJECTED && state != v1::PLACEMENT_STATE_NOT_PLACED;
}

void GiveBack(PlacementRecord written, absl::StatusOr<Recorded>* recorded) {
  if (!recorded->ok() || (*recorded)->outcome != RecordOutcome::kRecorded) return;
  OnArena<v1::Placement>& placement = (*recorded)->row.placement;
  if (placement->request_id().empty()) placement = std::move(written.placement);
}

std::string StableBytes(const v1::Placement& placement) {
  std::string bytes(placement.ByteSizeLong(), '\0');
  {
    google::protobuf::io::ArrayOutputStream stream(bytes.data(), static_cast<int>(bytes.size()));
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    placement.SerializeWithCachedSizes(&coded);
  }
  return bytes;
}

}  // namespace order1688
