// Many statements in one round trip: libpq's pipeline mode.
#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/postgres_connection.h"

namespace order1688 {

absl::StatusOr<std::vector<PostgresRows>> PostgresConnection::RunAll(
    const std::vector<PostgresStatement>& statements) {
  return Pipeline(statements, Around::kNothing);
}

absl::StatusOr<std::vector<PostgresRows>> PostgresConnection::BeginAndRun(
    const std::vector<PostgresStatement>& statements) {
  return Pipeline(statements, Around::kBegin);
}

absl::StatusOr<std::vector<PostgresRows>> PostgresConnection::RunAndCommit(
    const std::vector<PostgresStatement>& statements) {
  return Pipeline(statements, Around::kCommit);
}

absl::StatusOr<std::vector<PostgresRows>> PostgresConnection::Pipeline(
    const std::vector<PostgresStatement>& statements, Around around) {
  std::vector<std::string> names;
  for (const PostgresStatement& statement : statements) {
    absl::StatusOr<std::string> name = Prepared(statement.sql, statement.values);
    if (!name.ok()) return name.status();
    names.push_back(*std::move(name));
  }
  warned_ = false;
  if (lost_) return absl::UnavailableError("PostgreSQL: the session is over");
  if (SendAll(statements, names, around) == 0) return Lose(PQerrorMessage(connection_.get()));
  const size_t more = around == Around::kNothing ? 0 : 1;
  absl::StatusOr<std::vector<PostgresRows>> answers =
      AwaitAll(statements.size() + more, around == Around::kCommit);
  if (lost_) return answers;
  if (PQexitPipelineMode(connection_.get()) == 0) return Lose("the pipeline does not end");
  if (!answers.ok()) return answers;
  if (around == Around::kBegin) answers->erase(answers->begin());
  if (around == Around::kCommit) {
    absl::StatusOr<PostgresRows> done = std::move(answers->back());
    answers->pop_back();
    if (absl::Status status = JudgeCommit(done); !status.ok()) return status;
  }
  return answers;
}

int PostgresConnection::SendAll(const std::vector<PostgresStatement>& statements,
                                const std::vector<std::string>& names, Around around) {
  if (PQenterPipelineMode(connection_.get()) == 0) return 0;
  if (around == Around::kBegin && SendPlain(kBegin) == 0) return 0;
  for (size_t i = 0; i < statements.size(); ++i) {
    if (SendPrepared(names[i], statements[i].values) == 0) return 0;
  }
  if (around == Around::kCommit && SendPlain(kCommit) == 0) return 0;
  return PQpipelineSync(connection_.get());
}

int PostgresConnection::SendPlain(const char* sql) {
  return PQsendQueryParams(connection_.get(), sql, 0, nullptr, nullptr, nullptr, nullptr,
                           /*resultFormat=*/1);
}

absl::StatusOr<std::vector<PostgresRows>> PostgresConnection::AwaitAll(size_t count, bool commits) {
  const int64_t until_ms = DeadlineAfter(kAnswerTimeout);
  if (absl::Status status = Flush(until_ms); !status.ok()) return status;
  std::vector<PostgresRows> answers;
  absl::Status status;
  bool between = true;  // libpq gives a null after each statement's result
  while (true) {
    absl::StatusOr<PostgresRows> next = NextResult(until_ms);
    if (!next.ok()) return next.status();
    const PGresult* result = next->result_.get();
    if (result == nullptr) {
      if (between) return Lose("no answer");
      between = true;
      continue;
    }
    between = false;
    const ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_PIPELINE_SYNC) break;
    // Not run, after one that failed.
    if (kind == PGRES_PIPELINE_ABORTED) continue;
    absl::Status judged = ToStatus(result);
    if (lost_) return judged;
    if (judged.ok()) {
      answers.push_back(*std::move(next));
      continue;
    }
    const bool is_commit = commits && answers.size() + 1 == count;
    status = is_commit ? JudgeCommit(judged) : judged;
    if (lost_) return status;
  }
  if (!status.ok()) return status;
  if (answers.size() != count) return Lose("answers are missing");
  return answers;
}

}  // namespace order1688
