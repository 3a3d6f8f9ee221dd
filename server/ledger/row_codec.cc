#include "server/ledger/row_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

// Names of the columns. They are authenticated: a new name makes old rows unreadable.
constexpr char kPlacement[] = "placement.placement";
constexpr char kRequest[] = "placement.request";
constexpr char kRawAnswer[] = "placement.raw_answer";
constexpr char kProgress[] = "placement.lookup_progress";
constexpr char kEvidencePlacement[] = "evidence.placement";
constexpr char kEvidenceRawAnswer[] = "evidence.raw_answer";

// Keeps the first error of several steps.
class Steps {
 public:
  void Take(absl::StatusOr<std::string> bytes, std::string* to) {
    if (!bytes.ok()) {
      status_.Update(bytes.status());
      return;
    }
    *to = *std::move(bytes);
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

}  // namespace

absl::StatusOr<StoredRow> SealRow(const ColumnCipher& cipher, const PlacementKey& key,
                                  const RowContent& content) {
  absl::StatusOr<StoredRow> stored = SealOutcome(
      cipher, key, content.row, StableBytes(*content.row.placement), content.raw_answer);
  if (!stored.ok()) return stored;
  Steps steps;
  steps.Take(cipher.Seal(key, kRequest, content.request), &stored->request);
  steps.Take(cipher.Seal(key, kProgress, content.progress), &stored->progress);
  if (!steps.status().ok()) return steps.status();
  return stored;
}

absl::StatusOr<StoredRow> SealReserved(const ColumnCipher& cipher, const PlacementKey& key,
                                       const LedgerRow& row, absl::string_view request) {
  absl::StatusOr<StoredRow> stored = SealOutcome(cipher, key, row, StableBytes(*row.placement), "");
  if (!stored.ok()) return stored;
  absl::StatusOr<std::string> sealed = cipher.Seal(key, kRequest, request);
  if (!sealed.ok()) return sealed.status();
  stored->request = *std::move(sealed);
  return stored;
}

absl::StatusOr<StoredRow> SealOutcome(const ColumnCipher& cipher, const PlacementKey& key,
                                      const LedgerRow& row, absl::string_view placement,
                                      absl::string_view raw_answer) {
  StoredRow stored;
  stored.key_id = cipher.key_id();
  stored.state = row.placement->state();
  stored.attempt = row.placement->attempt();
  stored.fence = row.fence;
  stored.fingerprint = row.fingerprint;
  Steps steps;
  steps.Take(cipher.Seal(key, kPlacement, placement), &stored.placement);
  steps.Take(cipher.Seal(key, kRawAnswer, raw_answer), &stored.raw_answer);
  if (!steps.status().ok()) return steps.status();
  return stored;
}

absl::StatusOr<LedgerRow> OpenPlacement(const ColumnCipher& cipher, const PlacementKey& key,
                                        const StoredRow& stored) {
  const absl::StatusOr<std::string> bytes =
      cipher.Open(key, kPlacement, stored.key_id, stored.placement);
  if (!bytes.ok()) return bytes.status();
  LedgerRow row{{}, stored.fingerprint, stored.fence};
  if (!row.placement->ParseFromString(*bytes) || row.placement->state() != stored.state ||
      row.placement->attempt() != stored.attempt) {
    return absl::DataLossError("a row cannot be read: its placement contradicts its columns");
  }
  return row;
}

absl::StatusOr<RowContent> OpenRow(const ColumnCipher& cipher, const PlacementKey& key,
                                   const StoredRow& stored) {
  absl::StatusOr<LedgerRow> row = OpenPlacement(cipher, key, stored);
  if (!row.ok()) return row.status();
  RowContent content;
  content.row = *std::move(row);
  Steps steps;
  steps.Take(cipher.Open(key, kRequest, stored.key_id, stored.request), &content.request);
  steps.Take(cipher.Open(key, kRawAnswer, stored.key_id, stored.raw_answer), &content.raw_answer);
  steps.Take(cipher.Open(key, kProgress, stored.key_id, stored.progress), &content.progress);
  if (!steps.status().ok()) return steps.status();
  return content;
}

absl::StatusOr<StoredEvidence> SealEvidence(const ColumnCipher& cipher, const PlacementKey& key,
                                            const Evidence& evidence) {
  StoredEvidence stored;
  stored.key_id = cipher.key_id();
  Steps steps;
  steps.Take(cipher.Seal(key, kEvidencePlacement, StableBytes(*evidence.placement)),
             &stored.placement);
  steps.Take(cipher.Seal(key, kEvidenceRawAnswer, evidence.raw_answer), &stored.raw_answer);
  if (!steps.status().ok()) return steps.status();
  return stored;
}

absl::Status OpenEvidence(const ColumnCipher& cipher, const PlacementKey& key,
                          const StoredEvidence& stored, Evidence* evidence) {
  std::string placement;
  Steps steps;
  steps.Take(cipher.Open(key, kEvidencePlacement, stored.key_id, stored.placement), &placement);
  steps.Take(cipher.Open(key, kEvidenceRawAnswer, stored.key_id, stored.raw_answer),
             &evidence->raw_answer);
  if (!steps.status().ok()) return steps.status();
  if (!evidence->placement->ParseFromString(placement)) {
    return absl::DataLossError("an evidence cannot be read");
  }
  return absl::OkStatus();
}

}  // namespace order1688
