#include "server/ledger/postgres_transaction.h"

#include "absl/strings/str_cat.h"

namespace order1688 {

absl::StatusOr<absl::Time> PostgresTransaction::Now() {
  const absl::StatusOr<PostgresRows> rows = Run(
      absl::StrCat("SELECT CAST(round(extract(epoch FROM ", now_sql_, ") * 1000000) AS BIGINT)"),
      PostgresValues());
  if (!rows.ok()) return rows.status();
  if (rows->size() != 1) return absl::UnavailableError("PostgreSQL does not know the time");
  return absl::FromUnixMicros(rows->IntAt(0, 0));
}

absl::Status ExpectOneChange(const absl::StatusOr<PostgresRows>& rows) {
  if (!rows.ok()) return rows.status();
  if (rows->changed() == 1) return absl::OkStatus();
  return absl::AbortedError("the row was changed by somebody else");
}

}  // namespace order1688
