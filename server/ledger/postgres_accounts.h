// What operators said of accounts, in PostgreSQL.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_ACCOUNTS_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_ACCOUNTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/ledger/ledger_row.h"
#include "server/ledger/postgres_transaction.h"

namespace order1688 {

// Does what Ledger says, inside one transaction. Errors as in PostgresPlacements. Change may be run
// again after a COMMIT whose answer was lost: it is audited once.
class PostgresAccounts {
 public:
  // The transaction must outlive this.
  explicit PostgresAccounts(PostgresTransaction& transaction) : transaction_(transaction) {}

  // Needs no transaction.
  absl::StatusOr<AccountState> Find(const std::string& account);
  absl::StatusOr<AccountState> Change(const AccountChange& change);

 private:
  absl::Status Audit(const AccountChange& change);

  PostgresTransaction& transaction_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_ACCOUNTS_H_
