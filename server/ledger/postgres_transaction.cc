#include "server/ledger/postgres_transaction.h"

#include "absl/strings/str_cat.h"

namespace order1688 {

absl::StatusOr<PostgresRows> PostgresTransaction::Run(const std::string& sql,
                                                      const PostgresValues& values) {
  if (answer_.has_value() && asked_.sql == sql && asked_.values == values) {
    PostgresRows answer = *std::move(answer_);
    answer_.reset();
    return answer;
  }
  if (absl::Status status = Flush(); !status.ok()) return status;
  return connection_.Run(sql, values);
}

void PostgresTransaction::Write(const std::string& sql, PostgresValues values) {
  written_.push_back({sql, std::move(values)});
  must_change_one_.resize(written_.size(), false);
}

void PostgresTransaction::WriteOne(const std::string& sql, PostgresValues values) {
  written_.push_back({sql, std::move(values)});
  must_change_one_.resize(written_.size(), true);
}

absl::StatusOr<absl::Time> PostgresTransaction::Now() {
  if (now_.has_value()) return *now_;
  const PostgresStatement now = SelectNow(now_sql_);
  const absl::StatusOr<PostgresRows> rows = Run(now.sql, now.values);
  if (!rows.ok()) return rows.status();
  return NowIn(*rows);
}

void PostgresTransaction::Ask(const std::string& sql, PostgresValues values) {
  asked_ = {sql, std::move(values)};
}

void PostgresTransaction::Answer(PostgresRows answer, absl::Time now) {
  answer_ = std::move(answer);
  now_ = now;
}

absl::Status PostgresTransaction::JudgeWritten(const std::vector<PostgresRows>& answers,
                                               size_t first) const {
  for (size_t i = 0; i < must_change_one_.size(); ++i) {
    if (must_change_one_[i] && answers[first + i].changed() != 1) {
      return absl::AbortedError("the row was changed by somebody else");
    }
  }
  return absl::OkStatus();
}

absl::Status PostgresTransaction::Flush() {
  if (written_.empty()) return absl::OkStatus();
  const absl::StatusOr<std::vector<PostgresRows>> answers = connection_.RunAll(TakeWritten());
  absl::Status status = answers.ok() ? JudgeWritten(*answers, 0) : answers.status();
  must_change_one_.clear();
  return status;
}

PostgresStatement SelectNow(const std::string& now_sql) {
  return {absl::StrCat("SELECT CAST(round(extract(epoch FROM ", now_sql, ") * 1000000) AS BIGINT)"),
          PostgresValues()};
}

absl::StatusOr<absl::Time> NowIn(const PostgresRows& rows) {
  if (rows.size() != 1) return absl::UnavailableError("PostgreSQL does not know the time");
  return absl::FromUnixMicros(rows.IntAt(0, 0));
}

}  // namespace order1688
