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
constexpr char kBegin[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

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

absl::Status PostgresSession::RunTogether(const std::vector<PostgresCall*>& calls,
                                          Clock::time_point* patience) {
  if (absl::Status status = Connect(*patience); !status.ok()) return status;
  absl::Status status = connection_->Execute(kBegin).status();
  for (auto call = calls.begin(); status.ok() && call != calls.end(); ++call) {
    PostgresTransaction transaction(*connection_, cipher_, options_.now_sql, (*call)->writer());
    status = (*call)->Work(transaction);
  }
  if (status.ok()) {
    status = connection_->Commit();
  } else {
    connection_->Rollback();
  }
  if (connection_->lost()) {
    connection_.reset();
    *patience = std::max(*patience, Clock::now() + kPatienceAfterLoss);
  }
  return status;
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
  absl::Status status = connection_->Execute(kBegin).status();
  if (!status.ok()) return status;
  status = work(transaction);
  if (!status.ok()) {
    connection_->Rollback();
    return status;
  }
  status = connection_->Commit();
  *may_be_done = !status.ok() && connection_->lost();
  return status;
}

}  // namespace order1688
