// What may happen to a row of the ledger, and what the row is after it. Every store asks here, so
// that they cannot differ; it reads no clock and stores nothing.
#ifndef ORDER1688_SERVER_LEDGER_ROW_TRANSITION_H_
#define ORDER1688_SERVER_LEDGER_ROW_TRANSITION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/ledger/ledger.h"

namespace order1688 {

// Cause of a row that nobody settled before its lease ended.
inline constexpr char kLeaseExpired[] = "lease_expired";

// Most bytes of a raw answer that are kept; the rest is cut off.
inline constexpr size_t kMostRawAnswerBytes = 1 << 20;

// A raw answer as the ledger keeps it.
absl::string_view CutRawAnswer(absl::string_view raw_answer);

// What Reserve answers if `row` is stored. kFresh means: write RowForNextAttempt.
ReserveOutcome JudgeReservation(const LedgerRow& row, const Fingerprint& fingerprint);

// What Reserve answers before it looks for duplicates: kFresh means that a new attempt may begin.
// `row` is what is stored, null if nothing is. The one place that asks `reservation.admit`.
ReserveOutcome JudgeAdmission(const LedgerRow* row, const Reservation& reservation);

// The row of a first attempt.
LedgerRow RowForFirstAttempt(const Reservation& reservation, absl::Time now);

// The row of one more attempt, after `before` was NOT_PLACED.
LedgerRow RowForNextAttempt(const LedgerRow& before, const Reservation& reservation,
                            absl::Time now);

// What Record does.
enum class RecordVerdict {
  kWrite,       // write RecordedRow
  kUnchanged,   // the row holds exactly this already: an answer of the store was lost
  kSuperseded,  // leave the row, keep the answer as evidence
};

// What Record does if `row` is stored with `raw_answer`.
RecordVerdict JudgeRecord(const LedgerRow& row, absl::string_view raw_answer,
                          const PlacementRecord& record);

// `before` with what came of its attempt, PlacementRecord::placement. Keeps what Reserve wrote:
// ids, account, gateway_host, environment, reference, attempt, create_time, sign_time, erase_time.
LedgerRow RecordedRow(const LedgerRow& before, OnArena<v1::Placement> outcome, absl::Time now);

// `before`, which is SENDING, after its lease has ended. The fence stays, so that the attempt's own
// late answer still settles it.
LedgerRow ExpiredRow(const LedgerRow& before, absl::Time now);

// The revision of a row: grows with every change that callers see.
int64_t RevisionOf(const LedgerRow& row);

// Where the row stands in the order of List.
PlacementPosition PositionOf(const LedgerRow& row);

// What Settle does if `row` is stored: kSettled means: write SettledRow, unless an order id belongs
// to another placement.
SettleOutcome JudgeSettlement(const LedgerRow& row, const RowSettlement& settlement);

// `before` with the verdict.
LedgerRow SettledRow(const LedgerRow& before, const RowSettlement& settlement, absl::Time now);

// `before` with the candidates of a lookup; equal to `before` if they are the same.
LedgerRow NotedRow(const LedgerRow& before, const LookupNote& note, absl::Time now);

// True if personal data must be erased from it by now: its time has come, and it is settled.
bool IsErasable(const v1::Placement& placement, absl::Time now);

// An account after one more thing was said of it.
AccountState ChangedAccount(const AccountState& before, const AccountChange& change);

// A timestamp of a placement as a time; the epoch if it is unset.
absl::Time TimeOf(const google::protobuf::Timestamp& timestamp);

// Most unsettled rows that FindNeighbours gives.
inline constexpr size_t kMostUnsettledNeighbours = 1000;

// True if a row in this state may have bought its goods, so that a duplicate of it matters.
bool MayHaveBought(v1::PlacementState state);

// What is left of a placement when personal data is erased: ids, states, causes, codes, times and
// amounts. erase_time says when.
v1::Placement SkeletonOf(const v1::Placement& placement);

// An outcome is large: who wrote it as it was asked answers without it, and this puts it into the
// answer. `recorded` may be anything else, too.
void GiveBack(PlacementRecord written, absl::StatusOr<Recorded>* recorded);

// A message as bytes that are equal for equal messages of one program.
std::string StableBytes(const v1::Placement& placement);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_ROW_TRANSITION_H_
