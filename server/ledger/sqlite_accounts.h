// What an SQLite ledger keeps of accounts. SqliteLedger calls it on its writer thread, inside a
// transaction.
#ifndef ORDER1688_SERVER_LEDGER_SQLITE_ACCOUNTS_H_
#define ORDER1688_SERVER_LEDGER_SQLITE_ACCOUNTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/ledger/ledger.h"
#include "server/ledger/sqlite_rows.h"

namespace order1688 {

// Transactions, threads and errors as with SqliteRows, which must outlive this.
class SqliteAccounts {
 public:
  explicit SqliteAccounts(SqliteRows& rows) : rows_(rows) {}

  // As in Ledger.
  absl::StatusOr<AccountState> FindAccount(const std::string& account);
  absl::StatusOr<AccountState> ChangeAccount(const AccountChange& change);

 private:
  absl::Status WriteState(const std::string& account, const AccountState& state);
  absl::Status WriteRefusalCode(const AccountChange& change);
  absl::Status Audit(const AccountChange& change);

  SqliteRows& rows_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_SQLITE_ACCOUNTS_H_
