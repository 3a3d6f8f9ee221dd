// What a statement of PostgreSQL is given, and what it gives.
#ifndef ORDER1688_SERVER_LEDGER_POSTGRES_VALUES_H_
#define ORDER1688_SERVER_LEDGER_POSTGRES_VALUES_H_

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace order1688 {

// Values of one run of a statement, for $1, $2 … from left to right. Copies what it is given.
class PostgresValues {
 public:
  PostgresValues& Int(std::optional<int64_t> value);  // BIGINT
  PostgresValues& Text(absl::string_view value);
  PostgresValues& Bytes(absl::string_view value);  // BYTEA

  friend bool operator==(const PostgresValues&, const PostgresValues&) = default;

 private:
  friend class PostgresConnection;
  void Add(Oid type, std::optional<std::string> bytes, bool is_binary);

  std::vector<Oid> types_;
  std::vector<std::optional<std::string>> bytes_;
  std::vector<int> formats_;
};

// A statement and its values.
struct PostgresStatement {
  std::string sql;
  PostgresValues values;
};

// What a statement gave.
class PostgresRows {
 public:
  int size() const { return PQntuples(result_.get()); }
  // Rows that an INSERT or UPDATE changed.
  int64_t changed() const;

  // A BIGINT; 0 if it is NULL or not a BIGINT.
  int64_t IntAt(int row, int column) const;
  // TEXT or BYTEA as it is; empty if it is NULL.
  std::string BytesAt(int row, int column) const;

 private:
  friend class PostgresConnection;
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  explicit PostgresRows(PGresult* result) : result_(result) {}

  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace order1688

#endif  // ORDER1688_SERVER_LEDGER_POSTGRES_VALUES_H_
