// Turns what a ledger knows of a placement into the columns that a store keeps, and back. Every
// store uses it, so that they seal alike.
#ifndef ORDER1688_SERVER_LEDGER_ROW_CODEC_H_
#define ORDER1688_SERVER_LEDGER_ROW_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/ledger/column_cipher.h"
#include "server/ledger/ledger_row.h"

namespace order1688 {

// A row in the clear.
struct RowContent {
  LedgerRow row;
  std::string request;     // as in Reservation
  std::string raw_answer;  // as in PlacementRecord
  std::string progress;    // as in LookupNote
};

// The columns of a row that hold its content. state, attempt and fence repeat what is sealed, for
// the store's own conditions.
struct StoredRow {
  std::string key_id;
  int64_t state = 0;
  int64_t attempt = 0;
  int64_t fence = 0;
  Fingerprint fingerprint;
  std::string placement;  // sealed
  std::string request;    // sealed; the rest too
  std::string raw_answer;
  std::string progress;
};

// The columns of an evidence that hold its content.
struct StoredEvidence {
  std::string key_id;
  std::string placement;   // sealed
  std::string raw_answer;  // sealed
};

// Seals all of a row with the first key. UNAVAILABLE: it cannot encrypt.
absl::StatusOr<StoredRow> SealRow(const ColumnCipher& cipher, const PlacementKey& key,
                                  const RowContent& content);

// The same of a row that has neither answer nor progress yet.
absl::StatusOr<StoredRow> SealReserved(const ColumnCipher& cipher, const PlacementKey& key,
                                       const LedgerRow& row, absl::string_view request);

// The same without request and progress: what an outcome changes. `placement` is StableBytes of
// row.placement.
absl::StatusOr<StoredRow> SealOutcome(const ColumnCipher& cipher, const PlacementKey& key,
                                      const LedgerRow& row, absl::string_view placement,
                                      absl::string_view raw_answer);

// Opens the placement alone; the other sealed columns need not be read. DATA_LOSS: the key is not
// there, the bytes are damaged, or the placement contradicts its columns.
absl::StatusOr<LedgerRow> OpenPlacement(const ColumnCipher& cipher, const PlacementKey& key,
                                        const StoredRow& stored);

// Opens all of a row; errors as above.
absl::StatusOr<RowContent> OpenRow(const ColumnCipher& cipher, const PlacementKey& key,
                                   const StoredRow& stored);

// Seals the placement and the raw answer of an evidence.
absl::StatusOr<StoredEvidence> SealEvidence(const ColumnCipher& cipher, const PlacementKey& key,
                                            const Evidence& evidence);

// Fills the placement and the raw answer of `evidence`; errors as in OpenPlacement.
absl::Status OpenEvidence(const ColumnCipher& cipher, const PlacementKey& key,
                          const StoredEvidence& stored, Evidence* evidence);

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_ROW_CODEC_H_
