#include "server/ledger/postgres_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/ledger/postgres_durability.h"

namespace order1688 {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{20};
constexpr milliseconds kLongestPause{500};
constexpr milliseconds kPatienceAfterLoss{2000};
// Two calls meet rarely; many in a row is a fault.
constexpr int kMostConflicts = 10;

}  // namespace

absl::StatusOr<std::unique_ptr<PostgresConnection>> OpenPostgres(const PostgresOptions& options) {
  absl::StatusOr<std::unique_ptr<PostgresConnection>> connection =
      PostgresConnection::Open(options.dsn);
  if (!connection.ok() || options.allow_unsafe_durability) return connection;
  if (absl::Status status = CheckDurability(**connection); !status.ok()) return status;
  return connection;
}

absl::Status PostgresSession::Run(PostgresCallKind kind, const std::string& writer,
                                  Clock::time_point patience,
                                  absl::FunctionRef<absl::Status(PostgresTransaction&)> work) {
  bool lost_before = false;
  int conflicts = 0;
  while (true) {
    if (absl::Status status = Connect(patience); !status.ok()) return status;
    bool may_be_done = false;
    absl::Status status = RunOnce(kind, writer, &may_be_done, work);
    if (status.ok()) return status;
    if (connection_->lost()) {
      connection_.reset();
      if (may_be_done && kind == PostgresCallKind::kOnce) return status;
      if (lost_before && Clock::now() >= patience) return status;
      // How long the loss took to show must not eat up the time to find out what became of it.
      if (!lost_before) patience = std::max(patience, Clock::now() + kPatienceAfterLoss);
      lost_before = true;
      continue;
    }
    if (!absl::IsAborted(status)) return status;
    if (++conflicts == kMostConflicts) return absl::UnavailableError(status.message());
  }
}

std::vector<bool> PostgresSession::RunTogether(const std::vector<PostgresCall*>& calls,
                                               Clock::time_point* patience) {
  std::vector<bool> none(calls.size(), false);
  if (!Connect(*patience).ok()) return none;
  std::deque<PostgresTransaction> transactions;
  const absl::Status worked = WorkTogether(calls, &transactions);
  absl::StatusOr<std::vector<bool>> done = worked.ok() ? CommitTogether(&transactions) : worked;
  if (done.ok()) return *std::move(done);
  connection_->Rollback();
  if (connection_->lost()) {
    connection_.reset();
    *patience = std::max(*patience, Clock::now() + kPatienceAfterLoss);
  }
  return none;
}

absl::Status PostgresSession::WorkTogether(const std::vector<PostgresCall*>& calls,
                                           std::deque<PostgresTransaction>* transactions) {
  std::vector<PostgresStatement> asked;
  for (PostgresCall* call : calls) {
    PostgresTransaction& transaction =
        transactions->emplace_back(*connection_, cipher_, options_.now_sql, call->writer());
    call->Ask(transaction);
    asked.push_back(transaction.asked());
  }
  asked.push_back(SelectNow(options_.now_sql));
  absl::StatusOr<std::vector<PostgresRows>> answers = connection_->BeginAndRun(asked);
  if (!answers.ok()) return answers.status();
  const absl::StatusOr<absl::Time> now = NowIn(answers->back());
  if (!now.ok()) return now.status();
  for (size_t i = 0; i < calls.size(); ++i) {
    (*transactions)[i].Answer(std::move((*answers)[i]), *now);
    if (absl::Status status = calls[i]->Work((*transactions)[i]); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<bool>> PostgresSession::CommitTogether(
    std::deque<PostgresTransaction>* transactions) {
  std::vector<PostgresStatement> written;
  std::vector<size_t> first;
  for (PostgresTransaction& transaction : *transactions) {
    first.push_back(written.size());
    for (PostgresStatement& statement : transaction.TakeWritten()) {
      written.push_back(std::move(statement));
    }
  }
  const absl::StatusOr<std::vector<PostgresRows>> answers = connection_->RunAndCommit(written);
  if (!answers.ok()) return answers.status();
  std::vector<bool> done;
  for (size_t i = 0; i < first.size(); ++i) {
    done.push_back((*transactions)[i].JudgeWritten(*answers, first[i]).ok());
  }
  return done;
}

absl::Status PostgresSession::Connect(Clock::time_point patience) {
  milliseconds pause = kFirstPause;
  while (connection_ == nullptr) {
    if (Clock::now() >= patience && !why_not_.ok()) return why_not_;
    absl::StatusOr<std::unique_ptr<PostgresConnection>> connection = OpenPostgres(options_);
    if (connection.ok()) {
      connection_ = *std::move(connection);
      why_not_ = absl::OkStatus();
      break;
    }
    why_not_ = absl::UnavailableError(connection.status().message());
    const auto left = std::chrono::duration_cast<milliseconds>(patience - Clock::now());
    if (left <= milliseconds::zero() || !pause_(std::min(pause, left))) return why_not_;
    pause = std::min(2 * pause, kLongestPause);
  }
  return absl::OkStatus();
}

absl::Status PostgresSession::RunOnce(PostgresCallKind kind, const std::string& writer,
                                      bool* may_be_done,
                                      absl::FunctionRef<absl::Status(PostgresTransaction&)> work) {
  PostgresTransaction transaction(*connection_, cipher_, options_.now_sql, writer);
  if (kind == PostgresCallKind::kRead) return work(transaction);
  absl::Status status = connection_->Begin();
  if (!status.ok()) return status;
  status = work(transaction);
  if (status.ok()) status = transaction.Flush();
  if (!status.ok()) {
    connection_->Rollback();
    return status;
  }
  status = connection_->Commit();
  *may_be_done = !status.ok() && connection_->lost();
  return status;
}

}  // namespace order1688
