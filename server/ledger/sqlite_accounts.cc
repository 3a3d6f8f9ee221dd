#include "server/ledger/sqlite_accounts.h"

#include "absl/time/time.h"
#include "server/ledger/row_transition.h"

namespace order1688 {
namespace {

constexpr char kSelectState[] = "SELECT paused, pause_reason FROM account_state WHERE account = ?";
constexpr char kSelectCodes[] = "SELECT code FROM refusal_code WHERE account = ? ORDER BY code";
constexpr char kWriteState[] =
    "INSERT OR REPLACE INTO account_state (account, paused, pause_reason) VALUES (?, ?, ?)";
constexpr char kWriteCode[] = "INSERT OR IGNORE INTO refusal_code (account, code) VALUES (?, ?)";
constexpr char kAudit[] =
    "INSERT INTO account_audit (time, account, change, code, actor, reason)"
    " VALUES (?, ?, ?, ?, ?, ?)";

const char* NameOf(AccountChange::Kind kind) {
  switch (kind) {
    case AccountChange::Kind::kPause:
      return "pause";
    case AccountChange::Kind::kResume:
      return "resume";
    case AccountChange::Kind::kDeclareRefusal:
      return "declare_refusal";
  }
  return "";
}

}  // namespace

absl::StatusOr<AccountState> SqliteAccounts::FindAccount(const std::string& account) {
  AccountState state;
  SqliteQuery of_account(rows_.connection(), kSelectState);
  const absl::StatusOr<bool> found = of_account.Text(account).Step();
  if (!found.ok()) return found.status();
  if (*found) {
    state.paused = of_account.IntAt(0) != 0;
    state.pause_reason = of_account.BytesAt(1);
  }
  SqliteQuery codes(rows_.connection(), kSelectCodes);
  codes.Text(account);
  while (true) {
    const absl::StatusOr<bool> more = codes.Step();
    if (!more.ok()) return more.status();
    if (!*more) return state;
    state.refusal_codes.push_back(codes.BytesAt(0));
  }
}

absl::StatusOr<AccountState> SqliteAccounts::ChangeAccount(const AccountChange& change) {
  const absl::StatusOr<AccountState> before = FindAccount(change.account);
  if (!before.ok()) return before.status();
  AccountState after = ChangedAccount(*before, change);
  absl::Status status = WriteState(change.account, after);
  if (status.ok() && change.kind == AccountChange::Kind::kDeclareRefusal) {
    status = WriteRefusalCode(change);
  }
  if (status.ok()) status = Audit(change);
  if (!status.ok()) return status;
  return after;
}

absl::Status SqliteAccounts::WriteState(const std::string& account, const AccountState& state) {
  SqliteQuery query(rows_.connection(), kWriteState);
  return query.Text(account).Int(state.paused ? 1 : 0).Text(state.pause_reason).Run();
}

absl::Status SqliteAccounts::WriteRefusalCode(const AccountChange& change) {
  return SqliteQuery(rows_.connection(), kWriteCode).Text(change.account).Text(change.code).Run();
}

absl::Status SqliteAccounts::Audit(const AccountChange& change) {
  SqliteQuery query(rows_.connection(), kAudit);
  query.Int(absl::ToUnixMicros(rows_.clock().Now())).Text(change.account);
  query.Text(NameOf(change.kind)).Text(change.code).Text(change.actor).Text(change.reason);
  return query.Run();
}

}  // namespace order1688
