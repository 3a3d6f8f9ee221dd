#include "server/ledger/postgres_values.h"

#include <utility>

#include "absl/strings/numbers.h"

namespace order1688 {
namespace {

constexpr Oid kBytea = 17;
constexpr Oid kInt8 = 20;
constexpr Oid kText = 25;

std::string BigEndian(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  std::string bytes(sizeof(bits), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bits >> (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

}  // namespace

void PostgresValues::Add(Oid type, std::optional<std::string> bytes, bool is_binary) {
  types_.push_back(type);
  bytes_.push_back(std::move(bytes));
  formats_.push_back(is_binary ? 1 : 0);
}

PostgresValues& PostgresValues::Int(std::optional<int64_t> value) {
  std::optional<std::string> bytes;
  if (value.has_value()) bytes = BigEndian(*value);
  Add(kInt8, std::move(bytes), true);
  return *this;
}

PostgresValues& PostgresValues::Text(absl::string_view value) {
  Add(kText, std::string(value), true);
  return *this;
}

PostgresValues& PostgresValues::Bytes(absl::string_view value) {
  Add(kBytea, std::string(value), true);
  return *this;
}

int64_t PostgresRows::changed() const {
  int64_t changed = 0;
  return absl::SimpleAtoi(PQcmdTuples(result_.get()), &changed) ? changed : 0;
}

int64_t PostgresRows::IntAt(int row, int column) const {
  const std::string bytes = BytesAt(row, column);
  if (bytes.size() != sizeof(uint64_t)) return 0;
  uint64_t bits = 0;
  for (const char byte : bytes) bits = (bits << 8) | static_cast<unsigned char>(byte);
  return static_cast<int64_t>(bits);
}

std::string PostgresRows::BytesAt(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

}  // namespace order1688
