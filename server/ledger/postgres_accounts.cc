#include "server/ledger/postgres_accounts.h"

#include <algorithm>

#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kSelect[] = "SELECT paused, pause_reason FROM order1688_account WHERE account = $1";
constexpr char kSelectCodes[] = "SELECT code FROM order1688_refusal_code WHERE account = $1";
constexpr char kInsert[] =
    "INSERT INTO order1688_account (account, paused, pause_reason) VALUES ($1, 0, $2)"
    " ON CONFLICT DO NOTHING";
constexpr char kLock[] = "SELECT paused FROM order1688_account WHERE account = $1 FOR UPDATE";
constexpr char kUpdate[] =
    "UPDATE order1688_account SET paused = $2, pause_reason = $3 WHERE account = $1";
constexpr char kInsertCode[] =
    "INSERT INTO order1688_refusal_code (account, code) VALUES ($1, $2) ON CONFLICT DO NOTHING";
constexpr char kInsertAudit[] =
    "INSERT INTO order1688_account_audit (writer, account, time, kind, code, actor, reason)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";

}  // namespace

absl::StatusOr<AccountState> PostgresAccounts::Find(const std::string& account) {
  const absl::StatusOr<PostgresRows> rows =
      transaction_.Run(kSelect, PostgresValues().Text(account));
  if (!rows.ok()) return rows.status();
  AccountState state;
  if (rows->size() == 1) {
    state.paused = rows->IntAt(0, 0) != 0;
    state.pause_reason = rows->BytesAt(0, 1);
  }
  const absl::StatusOr<PostgresRows> codes =
      transaction_.Run(kSelectCodes, PostgresValues().Text(account));
  if (!codes.ok()) return codes.status();
  for (int i = 0; i < codes->size(); ++i) state.refusal_codes.push_back(codes->BytesAt(i, 0));
  std::sort(state.refusal_codes.begin(), state.refusal_codes.end());
  return state;
}

absl::StatusOr<AccountState> PostgresAccounts::Change(const AccountChange& change) {
  const std::string& account = change.account;
  absl::Status status =
      transaction_.Run(kInsert, PostgresValues().Text(account).Bytes("")).status();
  if (status.ok()) status = transaction_.Run(kLock, PostgresValues().Text(account)).status();
  if (!status.ok()) return status;
  const absl::StatusOr<AccountState> before = Find(account);
  if (!before.ok()) return before.status();

  const AccountState after = ChangedAccount(*before, change);
  PostgresValues values;
  values.Text(account).Int(after.paused ? 1 : 0).Bytes(after.pause_reason);
  transaction_.WriteOne(kUpdate, std::move(values));
  for (const std::string& code : after.refusal_codes) {
    transaction_.Write(kInsertCode, PostgresValues().Text(account).Bytes(code));
  }
  if (status = Audit(change); !status.ok()) return status;
  return after;
}

absl::Status PostgresAccounts::Audit(const AccountChange& change) {
  const absl::StatusOr<absl::Time> now = transaction_.Now();
  if (!now.ok()) return now.status();
  PostgresValues values;
  values.Text(transaction_.writer()).Text(change.account).Int(absl::ToUnixMicros(*now));
  values.Int(static_cast<int>(change.kind)).Bytes(change.code).Text(change.actor);
  values.Bytes(change.reason);
  transaction_.Write(kInsertAudit, std::move(values));
  return absl::OkStatus();
}

}  // namespace order1688
